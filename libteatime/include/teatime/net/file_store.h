#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "teatime/state/result.h"

namespace teatime::net {

/// Where a reflector serves its files: `<folder of the sessions>/files/<path>`.
constexpr std::string_view kFilesFolder = "/files/";

struct FileStoreLimits {
    std::uint64_t total_bytes = std::uint64_t{4} << 30;
    std::uint64_t file_bytes = std::uint64_t{256} << 20;
    std::size_t path_bytes = 1024;
};

/// Snapshots and data of sessions: whole files that are written once, each under the SHA-256 of its
/// path, so that no path can leave the folder. Any thread may call it; calls take the disk's time.
class FileStore {
public:
    enum class Put {
        created,
        same,       ///< was there with the same content
        different,  ///< was there with another one, which stays
        too_big,    ///< the file, or its path
        full
    };

    /// Makes the folder where it is missing, and clears away what a killed process left half
    /// written.
    static result<std::unique_ptr<FileStore>> open(std::filesystem::path folder,
                                                   const FileStoreLimits& limits = {});

    /// Whole or not at all, even where the process is killed; once created, it outlives a power
    /// cut. Costs two syncs of the disk.
    result<Put> put(std::string_view path, std::string_view bytes);
    /// An error of kind wrong_usage where there is none.
    result<std::string> get(std::string_view path) const;

    const FileStoreLimits& limits() const { return limits_; }

private:
    FileStore(std::filesystem::path folder, const FileStoreLimits& limits)
        : folder_(std::move(folder)), limits_(limits) {}
    std::filesystem::path place_of(std::string_view path) const;

    std::filesystem::path folder_;
    FileStoreLimits limits_;
    std::mutex mutex_;  // of writers
    std::uint64_t used_ = 0;
};

}  // namespace teatime::net
