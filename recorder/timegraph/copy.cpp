#include "teatime/timegraph/copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "database.h"

namespace teatime::timegraph {
namespace {

/// What is not kept when this ends.
struct Unfinished {
    std::string path;
    ~Unfinished() { ::unlink(path.c_str()); }
};

[[noreturn]] void fail(const std::string& path) {
    throw Failure{failed(fmt::format("{}: {}", path, std::strerror(errno)))};
}

void sync(const std::string& path) {
    int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    bool done = file >= 0 && ::fsync(file) == 0;
    if (file >= 0) ::close(file);
    if (!done) fail(path);
}

}  // namespace

result<void> copy(const std::string& from, const std::string& to) {
    return guarded([&] {
        Database database(from, Database::Use::read);
        std::error_code ignored;
        if (std::filesystem::exists(to, ignored)) {
            throw Failure{wrong_usage(fmt::format(
                "{} exists already; recordings are never overwritten, choose another name", to))};
        }
        Unfinished part{to + ".part"};
        ::unlink(part.path.c_str());  // of one that was cut off
        database.run("VACUUM INTO ?1", {Text{part.path}});
        sync(part.path);
        if (::rename(part.path.c_str(), to.c_str()) != 0) fail(to);
        std::size_t slash = to.rfind('/');
        sync(slash == std::string::npos ? "." : to.substr(0, slash + 1));
    });
}

}  // namespace teatime::timegraph
