#include "teatime/net/file_store.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <optional>

#include "teatime/state/hash.h"
#include "teatime/state/whole_file.h"

namespace teatime::net {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> read_file(const fs::path& place) {
    std::ifstream in(place, std::ios::binary);
    if (!in) return std::nullopt;
    std::string bytes(std::istreambuf_iterator<char>(in), {});
    if (in.bad()) return std::nullopt;
    return bytes;
}

}  // namespace

result<std::unique_ptr<FileStore>> FileStore::open(fs::path folder, const FileStoreLimits& limits) {
    std::error_code error;
    bool made = fs::create_directories(folder, error);
    auto unusable = [&] {
        return unavailable(fmt::format("cannot keep files in {}: {}; name another folder",
                                       folder.string(), error.message()));
    };
    if (error) return unusable();
    std::unique_ptr<FileStore> store(new FileStore(folder, limits));
    fs::directory_iterator entries(folder, error);
    if (error) return unusable();
    for (const fs::directory_entry& entry : entries) {
        if (entry.path().extension() == kHalfWritten) {
            fs::remove(entry.path(), error);
        } else if (auto size = entry.is_regular_file(error) ? entry.file_size(error) : 0; !error) {
            store->used_ += size;
        }
    }
    // What is found here may be of a process that was killed before it had synced it.
    auto safe = sync_folder(folder.string());
    if (safe && made) safe = sync_folder((folder / "..").string());
    if (!safe) return safe.error();
    return store;
}

fs::path FileStore::place_of(std::string_view path) const {
    return folder_ / to_hex(sha256(path));
}

result<FileStore::Put> FileStore::put(std::string_view path, std::string_view bytes) {
    if (bytes.size() > limits_.file_bytes || path.size() > limits_.path_bytes) return Put::too_big;
    fs::path place = place_of(path);
    const std::lock_guard lock(mutex_);
    if (auto old = read_file(place)) return *old == bytes ? Put::same : Put::different;
    if (used_ + bytes.size() > limits_.total_bytes) return Put::full;
    if (auto written = write_whole_file(place.string(), bytes); !written) {
        std::error_code ignored;
        fs::remove(place, ignored);  // what was not promised must not be found by the next try
        return written.error();
    }
    used_ += bytes.size();
    return Put::created;
}

result<std::string> FileStore::get(std::string_view path) const {
    if (path.size() <= limits_.path_bytes) {
        if (auto bytes = read_file(place_of(path))) return std::move(*bytes);
    }
    return wrong_usage(fmt::format("no file {} is kept here", path.substr(0, 200)));
}

}  // namespace teatime::net
