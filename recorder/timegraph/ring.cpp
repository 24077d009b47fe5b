#include "teatime/timegraph/ring.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "database.h"
#include "need.h"
#include "teatime/timegraph/reader.h"

namespace teatime::timegraph {
namespace {

/// What stands beside a recording is named after the file, also where `path` is a link to it.
std::string beside(const std::string& path, std::string_view suffix) {
    std::error_code missing;
    const auto file = std::filesystem::canonical(path, missing);
    return (missing ? path : file.string()) + std::string(suffix);
}

std::string keep_file(const std::string& path) {
    return beside(path, kKeepSuffix);
}

void make_keep_file(const std::string& path) {
    int descriptor = ::open(keep_file(path).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    if (descriptor < 0) {
        throw Failure{
            failed(fmt::format("cannot create {}: {}", keep_file(path), std::strerror(errno)))};
    }
    ::close(descriptor);
}

}  // namespace

result<bool> freeze_ring(const std::string& path) {
    return guarded([&] {
        auto info = need(need(Reader::open(path)).info());
        if (!info.meta.more.contains(kRing)) {
            throw Failure{wrong_usage(path + " is no ring: nothing is ever dropped from it")};
        }
        if (!is_being_written(path)) return false;
        make_keep_file(path);
        // A drop that did not see the file yet ends before this lock is there.
        Database database(path, Database::Use::write);
        database.run("BEGIN IMMEDIATE");
        database.run("ROLLBACK");
        return true;
    });
}

result<bool> release_ring(const std::string& path) {
    if (::unlink(keep_file(path).c_str()) == 0) return true;
    if (errno == ENOENT) return false;
    return failed(fmt::format("cannot remove {}: {}", keep_file(path), std::strerror(errno)));
}

bool ring_is_frozen(const std::string& path) {
    return ::access(keep_file(path).c_str(), F_OK) == 0;
}

bool is_being_written(const std::string& path) {
    return ::access(beside(path, "-wal").c_str(), F_OK) == 0;
}

}  // namespace teatime::timegraph
