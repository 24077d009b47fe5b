#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "teatime/state/result.h"

namespace teatime::wire {

inline constexpr std::size_t kChunkBytes = 1'000'000;

/// A long frame as the reference sends it: `_CHUNK`, `1` for the first else `0`, `1` for the last
/// else `0`, then a slice of at most `most` bytes that ends between characters. Frames that are no
/// longer than that come back alone and as they are. Requires: most >= 4.
std::vector<std::string> cut_into_chunks(std::string_view frame, std::size_t most = kChunkBytes);

/// Puts such slices together again.
class Chunks {
public:
    explicit Chunks(std::size_t most_bytes) : most_bytes_(most_bytes) {}

    /// The frame that `text` is, or is the end of; valid until the next call, and as long as
    /// `text`. Nothing where more is to come.
    result<std::optional<std::string_view>> add(std::string_view text);

private:
    std::size_t most_bytes_;
    std::string frame_;
    bool open_ = false;
};

}  // namespace teatime::wire
