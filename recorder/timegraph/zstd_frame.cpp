#include "zstd_frame.h"

#include <fmt/format.h>
#include <zstd.h>

#include <new>

#include "teatime/state/assert.h"

namespace teatime::timegraph {

Packer::Packer() : context_(ZSTD_createCCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, 1);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
}

Packer::~Packer() {
    ZSTD_freeCCtx(context_);
}

std::string_view Packer::pack(std::string_view bytes) {
    std::size_t bound = ZSTD_compressBound(bytes.size());
    if (out_.size() < bound) out_.resize(bound);
    std::size_t size =
        ZSTD_compress2(context_, out_.data(), out_.size(), bytes.data(), bytes.size());
    TEATIME_ASSERT(!ZSTD_isError(size), "zstd cannot compress into a buffer of its own bound");
    return std::string_view(out_).substr(0, size);
}

result<void> unpack(std::string_view frame, std::size_t limit, std::string& out) {
    constexpr std::size_t kLargestBlock = 128 * 1024;  // and each takes at least 3 + 1 bytes
    unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) {
        return unreadable("compressed data without a size");
    }
    if (size > limit) {
        return unreadable(fmt::format("compressed data of {} bytes, {} is the limit", size, limit));
    }
    if (size > frame.size() / 4 * kLargestBlock) {
        return unreadable("compressed data that is larger than it can be");
    }
    thread_local std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                              &ZSTD_freeDCtx);
    out.resize(size);
    std::size_t got =
        ZSTD_decompressDCtx(context.get(), out.data(), out.size(), frame.data(), frame.size());
    if (ZSTD_isError(got) || got != size) {
        return unreadable(fmt::format("compressed data is damaged ({})",
                                      ZSTD_isError(got) ? ZSTD_getErrorName(got) : "too short"));
    }
    return {};
}

}  // namespace teatime::timegraph
