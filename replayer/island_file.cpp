#include "teatime/replayer/island_file.h"

#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include "teatime/state/bytes.h"

namespace teatime::replayer {
namespace {

constexpr std::string_view kMagic = "TTISLAND";
constexpr std::uint8_t kVersion = 1;
constexpr std::uint64_t kLargest = std::uint64_t{4} << 30;

Error cannot(const char* what, const std::string& path) {
    return failed(std::string("cannot ") + what + " " + path + ": " + std::strerror(errno));
}

result<void> write_whole(int file, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        ssize_t written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return cannot("write", path);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(file) != 0) return cannot("write", path);
    return {};
}

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

    std::string beside = path + ".part";
    int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) return cannot("create", beside);
    result<void> written = write_whole(file, bytes, beside);
    if (::close(file) != 0 && written) written = cannot("write", beside);
    if (written && std::rename(beside.c_str(), path.c_str()) != 0) written = cannot("create", path);
    if (!written) ::unlink(beside.c_str());
    return written;
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
