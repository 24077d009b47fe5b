#pragma once

#include <type_traits>
#include <utility>

#include "database.h"

namespace teatime::timegraph {

/// What a result has; throws its error as a Failure.
template <class T>
T need(result<T>&& result) {
    if (!result) throw Failure{result.error()};
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}
inline void need(const result<void>& result) {
    if (!result) throw Failure{result.error()};
}

}  // namespace teatime::timegraph
