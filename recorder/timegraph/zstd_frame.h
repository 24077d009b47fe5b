#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "teatime/state/result.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace teatime::timegraph {

/// zstd level 1 (higher ones cost more than they save), with frame checksum and content size.
/// Keeps its context: about 1 MiB.
class Packer {
public:
    Packer();
    ~Packer();
    Packer(const Packer&) = delete;
    Packer& operator=(const Packer&) = delete;
    /// Valid until the next pack().
    std::string_view pack(std::string_view bytes);

private:
    ZSTD_CCtx_s* context_;
    std::string out_;
};

/// Replaces `out` by the content. Hostile input is safe: a size above `limit`, or more than zstd
/// can put into so few bytes, is refused before anything is allocated.
result<void> unpack(std::string_view frame, std::size_t limit, std::string& out);

}  // namespace teatime::timegraph
