#include "teatime/replayer/island_file.h"

#include <zstd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include "teatime/state/bytes.h"
#include "teatime/state/whole_file.h"

namespace teatime::replayer {
namespace {

constexpr std::string_view kMagic = "TTISLAND";
constexpr std::uint8_t kVersion = 1;
constexpr std::uint64_t kLargest = std::uint64_t{4} << 30;

/// Grows with what comes out, not with what the header promises.
result<std::string> decompress(std::string_view frame, std::uint64_t size,
                               const std::string& path) {
    Error damaged = unreadable(path + " is damaged: its state does not decompress");
    if (size > kLargest) return damaged;
    std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), &ZSTD_freeDCtx);
    std::string out;
    ZSTD_inBuffer in{frame.data(), frame.size(), 0};
    std::string piece(ZSTD_DStreamOutSize(), '\0');
    std::size_t left = 1;
    while (left != 0) {
        ZSTD_outBuffer to{piece.data(), piece.size(), 0};
        left = ZSTD_decompressStream(context.get(), &to, &in);
        if (ZSTD_isError(left) || out.size() + to.pos > size) return damaged;
        out.append(piece, 0, to.pos);
        if (left != 0 && in.pos == in.size && to.pos < to.size) return damaged;  // cut short
    }
    if (out.size() != size || in.pos != in.size) return damaged;
    return out;
}

}  // namespace

result<void> write_island_file(const std::string& path, const Image& image) {
    std::string state = encode_image(image);
    std::string bytes(kMagic);
    ByteWriter out(bytes);
    out.fixed(kVersion);
    out.fixed(std::uint64_t{state.size()});
    std::string frame(ZSTD_compressBound(state.size()), '\0');
    std::size_t size = ZSTD_compress(frame.data(), frame.size(), state.data(), state.size(), 3);
    if (ZSTD_isError(size)) return failed("cannot compress the state of " + path);
    out.raw(std::string_view(frame).substr(0, size));
    return write_whole_file(path, bytes);
}

result<Image> read_island_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return unreadable("cannot open " + path + ": " + std::strerror(errno));
    std::string bytes{std::istreambuf_iterator<char>(file), {}};
    ByteReader in(bytes);
    if (in.raw(kMagic.size()) != kMagic) return unreadable(path + " is no saved Island");
    auto version = in.fixed<std::uint8_t>();
    auto size = in.fixed<std::uint64_t>();
    if (!in.ok()) return unreadable(path + " is damaged: it ends in its header");
    if (version != kVersion) {
        return unreadable(path + " has format " + std::to_string(version) +
                          "; this program reads format " + std::to_string(kVersion));
    }
    auto state = decompress(in.raw(in.left()), size, path);
    if (!state) return state.error();
    auto image = decode_image(*state);
    if (!image) return unreadable(path + " is damaged: " + image.error().message);
    return image;
}

bool is_island_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string start(kMagic.size(), '\0');
    file.read(start.data(), static_cast<std::streamsize>(start.size()));
    return file && start == kMagic;
}

}  // namespace teatime::replayer
