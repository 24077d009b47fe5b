#include "new_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "need.h"
#include "teatime/state/whole_file.h"

namespace teatime::timegraph {

void create_empty_file(const std::string& path) {
    int descriptor = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0644);
    if (descriptor >= 0) {
        ::close(descriptor);
        return;
    }
    if (errno == EEXIST) {
        throw Failure{wrong_usage(fmt::format(
            "{} exists already; recordings are never overwritten, choose another name", path))};
    }
    throw Failure{failed(fmt::format("cannot create {}: {}", path, std::strerror(errno)))};
}

NewFile::NewFile(const std::string& path) : path_(path), part_(path + std::string(kHalfWritten)) {
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) {
        throw Failure{wrong_usage(fmt::format(
            "{} exists already; recordings are never overwritten, choose another name", path))};
    }
    ::unlink(part_.c_str());  // of one that was cut off
}

NewFile::~NewFile() {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) ::unlink((part_ + suffix).c_str());
}

void NewFile::keep() {
    need(keep_whole_file(path_));
}

void go_on(const Watch& watch, double fraction) {
    if (watch.stop.stop_requested()) throw Failure{failed("interrupted; nothing was written")};
    if (watch.progress) watch.progress(fraction);
}

}  // namespace teatime::timegraph
