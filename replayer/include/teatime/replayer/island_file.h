#pragma once

#include <string>

#include "teatime/state/image.h"
#include "teatime/state/result.h"

namespace teatime::replayer {

/// A saved Island, `*.island`:
///
///     file := "TTISLAND" version:u8(1) size:u64 zstd-frame(encode_image(image), `size` bytes)

/// Writes beside `path` first, then renames: a file of that name is whole or as it was before.
result<void> write_island_file(const std::string& path, const Image& image);

/// Safe on any bytes; memory is bounded by what the frame really holds, 4 GiB at most.
result<Image> read_island_file(const std::string& path);

/// Whether the file starts as a saved Island does. False where it cannot be read.
bool is_island_file(const std::string& path);

}  // namespace teatime::replayer
