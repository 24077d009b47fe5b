#pragma once

#include <string>
#include <string_view>

#include "teatime/state/result.h"

namespace teatime {

/// Makes `path` hold `bytes`: whole or as it was before, whatever kills the process, and after a
/// success for good, whatever happens to the power. Written beside (`path` + kHalfWritten), synced,
/// renamed; then the folder is synced. Costs two syncs of the disk. Where only the last one fails,
/// the new file is there, but may be gone after a power cut. Thread-safe for different paths.
result<void> write_whole_file(const std::string& path, std::string_view bytes);

/// The second half of it, for what was written to `path` + kHalfWritten and is closed: synced,
/// renamed, the folder synced. Where it cannot be renamed nothing is left of it.
result<void> keep_whole_file(const std::string& path);

/// Its entries (files made, renamed, removed) survive a power cut from here on.
result<void> sync_folder(const std::string& folder);

inline constexpr std::string_view kHalfWritten = ".part";

}  // namespace teatime
