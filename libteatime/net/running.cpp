#include "teatime/net/running.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <tuple>
#include <utility>

namespace teatime::net {
namespace {

namespace fs = std::filesystem;

/// Nobody else may write there: what stands in it is joined without asking.
bool is_ours_alone(const fs::path& folder) {
    struct stat is {};
    return lstat(folder.c_str(), &is) == 0 && S_ISDIR(is.st_mode) && is.st_uid == geteuid() &&
           (is.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

fs::path notes_folder() {
    const char* runtime = std::getenv("XDG_RUNTIME_DIR");
    if (runtime && fs::path(runtime).is_absolute() && is_ours_alone(runtime)) {
        return fs::path(runtime) / "teatime";
    }
    std::error_code none;
    return fs::temp_directory_path(none) / fmt::format("teatime-{}", geteuid());
}

std::string own_address(const std::string& address) {
    auto url = parse_url(address);
    if (!url) return address;
    if (url->host == "0.0.0.0") url->host = "127.0.0.1";
    if (url->host == "::") url->host = "::1";
    return url->authority();
}

/// The address in it; empty where its process is gone. Then it is removed.
std::string read_note(const fs::path& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) return {};
    std::array<char, 256> text;
    std::string address;
    if (flock(file, LOCK_SH | LOCK_NB) == 0) {
        unlink(path.c_str());
    } else if (errno == EWOULDBLOCK) {
        const ssize_t size = read(file, text.data(), text.size());
        if (size > 0) address.assign(text.data(), static_cast<std::size_t>(size));
    }
    close(file);
    return address.substr(0, address.find('\n'));
}

constexpr const char* kNoteEnding = ".running";

}  // namespace

result<RunningNote> RunningNote::leave(const std::string& address) {
    const fs::path folder = notes_folder();
    const auto cannot = [&](const char* why) {
        return unavailable(fmt::format(
            "{}: {}; other programs on this machine will not find this reflector by themselves",
            folder.string(), why));
    };
    if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return cannot(std::strerror(errno));
    if (!is_ours_alone(folder)) return cannot("is not a folder of this user alone");
    std::string name = (folder / "XXXXXX").string();
    const int file = mkostemp(name.data(), O_CLOEXEC);
    if (file < 0) return cannot(std::strerror(errno));
    RunningNote note(name, file);
    const std::string text = own_address(address) + "\n";
    if (flock(file, LOCK_EX | LOCK_NB) != 0 ||
        write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        return cannot(std::strerror(errno));
    }
    // Not read before it is locked.
    if (rename(name.c_str(), (name + kNoteEnding).c_str()) != 0) {
        return cannot(std::strerror(errno));
    }
    note.path_ += kNoteEnding;
    return note;
}

RunningNote::RunningNote(RunningNote&& other) noexcept
    : path_(std::exchange(other.path_, {})), file_(std::exchange(other.file_, -1)) {}

RunningNote& RunningNote::operator=(RunningNote&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(file_, other.file_);
    return *this;
}

RunningNote::~RunningNote() {
    if (file_ < 0) return;
    unlink(path_.c_str());
    close(file_);
}

std::vector<Url> running_reflectors() {
    const fs::path folder = notes_folder();
    std::vector<Url> found;
    if (!is_ours_alone(folder)) return found;
    std::error_code none;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, none)) {
        if (entry.path().extension() != kNoteEnding) continue;
        if (auto url = parse_url(read_note(entry.path()))) found.push_back(std::move(*url));
    }
    std::sort(found.begin(), found.end(), [](const Url& a, const Url& b) {
        return std::tie(a.port, a.host) < std::tie(b.port, b.host);
    });
    return found;
}

std::optional<Url> unnoted_reflector(const std::vector<Url>& noted, std::uint16_t port) {
    if (std::any_of(noted.begin(), noted.end(), [&](const Url& url) { return url.port == port; }))
        return std::nullopt;
    return Url{"ws", "127.0.0.1", port};
}

}  // namespace teatime::net
