#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace teatime {

/// What sort of thing went wrong; the command line turns it into an exit code.
enum class ErrorKind {
    wrong_usage,  ///< the request makes no sense: unknown name, bad syntax, time outside (exit 2)
    unreadable,   ///< damaged, foreign, newer or missing input (exit 3)
    damaged,      ///< a recording of which more may be saved than can be read here (exit 3)
    unavailable,  ///< the other side is not there, refuses, or took too long (exit 3)
    failed        ///< the operation was tried and failed: disk full, module crashed (exit 1)
};

/// An error outside our control, as a value: one sentence that names the thing, the limit and
/// what to do next.
struct Error {
    ErrorKind kind = ErrorKind::failed;
    std::string message;
};

/// Found by argument-dependent look-up when value() is called on a result that holds an error:
/// our own mistake, not the user's.
[[noreturn]] inline void throw_exception_from_error(const Error& error,
                                                    const boost::source_location&) {
    throw std::logic_error(error.message);
}

template <class T>
using result = boost::system::result<T, Error>;

inline Error wrong_usage(std::string message) {
    return {ErrorKind::wrong_usage, std::move(message)};
}
inline Error unreadable(std::string message) {
    return {ErrorKind::unreadable, std::move(message)};
}
inline Error unavailable(std::string message) {
    return {ErrorKind::unavailable, std::move(message)};
}
inline Error failed(std::string message) {
    return {ErrorKind::failed, std::move(message)};
}

}  // namespace teatime
