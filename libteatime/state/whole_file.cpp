#include "teatime/state/whole_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace teatime {
namespace {

Error cannot(const char* what, const std::string& path) {
    return failed(std::string("cannot ") + what + " " + path + ": " + std::strerror(errno));
}

result<void> write_all(int file, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        ssize_t written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return cannot("write", path);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

}  // namespace

result<void> write_whole_file(const std::string& path, std::string_view bytes) {
    std::string beside = path + std::string(kHalfWritten);
    int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) return cannot("create", beside);
    result<void> written = write_all(file, bytes, beside);
    if (::close(file) != 0 && written) written = cannot("write", beside);
    if (written) return keep_whole_file(path);
    ::unlink(beside.c_str());
    return written;
}

result<void> keep_whole_file(const std::string& path) {
    std::string beside = path + std::string(kHalfWritten);
    int file = ::open(beside.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return cannot("open", beside);
    result<void> kept;
    if (::fsync(file) != 0) kept = cannot("write", beside);
    ::close(file);
    if (kept && std::rename(beside.c_str(), path.c_str()) != 0) kept = cannot("create", path);
    if (kept) return sync_folder(std::filesystem::path(path).parent_path().string());
    ::unlink(beside.c_str());
    return kept;
}

result<void> sync_folder(const std::string& folder) {
    const std::string& path = folder.empty() ? std::string(".") : folder;
    int file = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0) return cannot("open", path);
    result<void> synced;
    // Some file systems cannot sync a folder, and say so: there is nothing more to be done there.
    if (::fsync(file) != 0 && errno != EINVAL) synced = cannot("write", path);
    ::close(file);
    return synced;
}

}  // namespace teatime
