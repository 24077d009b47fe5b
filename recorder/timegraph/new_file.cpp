#include "new_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "database.h"
#include "teatime/state/whole_file.h"

namespace teatime::timegraph {
namespace {

[[noreturn]] void cannot_write(const std::string& path) {
    throw Failure{failed(fmt::format("{}: {}", path, std::strerror(errno)))};
}

}  // namespace

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
    int file = ::open(part_.c_str(), O_RDONLY | O_CLOEXEC);
    bool synced = file >= 0 && ::fsync(file) == 0;
    if (file >= 0) ::close(file);
    if (!synced) cannot_write(part_);
    if (::rename(part_.c_str(), path_.c_str()) != 0) cannot_write(path_);
    auto folder = sync_folder(std::filesystem::path(path_).parent_path().string());
    if (!folder) throw Failure{folder.error()};
}

void go_on(const Watch& watch, double fraction) {
    if (watch.stop.stop_requested()) throw Failure{failed("interrupted; nothing was written")};
    if (watch.progress) watch.progress(fraction);
}

}  // namespace teatime::timegraph
