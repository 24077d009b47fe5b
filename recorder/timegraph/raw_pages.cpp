#include "raw_pages.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "database.h"

namespace teatime::timegraph {
namespace {

// https://www.sqlite.org/fileformat2.html, parts 1.3 and 4
constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr std::size_t kUserVersionAt = 60;
constexpr std::size_t kApplicationIdAt = 68;
constexpr std::size_t kWalHeader = 32;
constexpr std::size_t kFrameHeader = 24;
constexpr std::uint32_t kWalMagic = 0x377f0682;  // its last bit: checksums of big-endian words
constexpr std::size_t kReadVersion = 19;         // byte of the main file: 2 = needs its -wal

std::uint32_t word_at(const char* bytes) {
    std::uint32_t word;
    std::memcpy(&word, bytes, sizeof word);
    return std::endian::native == std::endian::big ? word : __builtin_bswap32(word);
}

/// Whatever cannot be read stays zero.
std::size_t read_at(int file, std::uint64_t at, char* out, std::size_t size) {
    std::size_t done = 0;
    while (done < size) {
        ssize_t got = ::pread(file, out + done, size - done, static_cast<off_t>(at + done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        done += static_cast<std::size_t>(got);
    }
    std::memset(out + done, 0, size - done);
    return done;
}

std::uint64_t length_of(int file) {
    struct stat status {};
    return ::fstat(file, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

/// The running checksum of a -wal.
struct WalSum {
    bool big = false;
    std::uint32_t a = 0, b = 0;
    void add(const char* bytes, std::size_t size) {
        for (std::size_t i = 0; i + 8 <= size; i += 8) {
            a += word(bytes + i) + b;
            b += word(bytes + i + 4) + a;
        }
    }
    std::uint32_t word(const char* bytes) const {
        return big ? word_at(bytes) : __builtin_bswap32(word_at(bytes));
    }
    bool is(const char* bytes) const { return a == word_at(bytes) && b == word_at(bytes + 4); }
};

/// A recorder at work holds a lock on SQLite's bytes for readers.
bool is_open_elsewhere(int file) {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = 0x40000000 + 2;
    lock.l_len = 510;
    return ::fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace

RawPages::RawPages(const std::string& path) {
    main_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (main_ < 0) throw Failure{unreadable(fmt::format("{}: {}", path, std::strerror(errno)))};
    struct stat status {};
    if (::fstat(main_, &status) != 0 || !S_ISREG(status.st_mode)) {
        ::close(main_);
        throw Failure{unreadable(fmt::format("{} is not a file", path))};
    }
    if (is_open_elsewhere(main_)) {
        ::close(main_);
        throw Failure{unavailable(fmt::format(
            "{} is open in another program, which may be recording it; `teatime copy` copies it",
            path))};
    }
    std::uint64_t size = length_of(main_);
    count_ = static_cast<std::uint32_t>(
        std::min<std::uint64_t>((size + kPageSize - 1) / kPageSize, UINT32_MAX));
    cut_off_ = size % kPageSize != 0;
    wal_ = ::open((path + "-wal").c_str(), O_RDONLY | O_CLOEXEC);
    if (wal_ >= 0) read_wal();
    char version[1];
    read_at(main_, kReadVersion, version, 1);
    lacks_wal_ = version[0] == 2 && wal_ < 0;
}

RawPages::~RawPages() {
    ::close(main_);
    if (wal_ >= 0) ::close(wal_);
}

void RawPages::read_wal() {
    std::string header(kWalHeader, 0), frame(kFrameHeader + kPageSize, 0);
    read_at(wal_, 0, header.data(), header.size());
    std::uint32_t magic = word_at(header.data());
    WalSum sum;
    sum.big = (magic & 1) != 0;
    sum.add(header.data(), 24);
    bool whole = (magic & ~1u) == kWalMagic && sum.is(header.data() + 24);
    Frames since_commit;
    std::uint64_t end = length_of(wal_);
    for (std::uint64_t at = kWalHeader; at + frame.size() <= end; at += frame.size()) {
        read_at(wal_, at, frame.data(), frame.size());
        std::uint32_t number = word_at(frame.data());
        sum.add(frame.data(), 8);
        sum.add(frame.data() + kFrameHeader, kPageSize);
        whole = whole && std::memcmp(frame.data() + 8, header.data() + 16, 8) == 0 &&
                sum.is(frame.data() + 16);
        // A frame is at most of a page that the frames before it made possible.
        if (number == 0 || number > count_ + end / frame.size()) continue;
        latest_[number] = at + kFrameHeader;
        if (!whole) continue;
        since_commit[number] = at + kFrameHeader;
        if (word_at(frame.data() + 4) == 0) continue;
        for (const auto& [page, place] : since_commit) committed_[page] = place;
        since_commit.clear();
    }
    if (!latest_.empty()) count_ = std::max(count_, latest_.rbegin()->first);
}

std::int64_t RawPages::format() const {
    std::string page;
    read(View::committed, 1, page);
    bool ours = page.starts_with(kMagic) && word_at(&page[kApplicationIdAt]) == kApplicationId;
    return ours ? static_cast<std::int32_t>(word_at(&page[kUserVersionAt])) : 0;
}

void RawPages::read(View view, std::uint32_t number, std::string& page) const {
    page.resize(kPageSize);
    const Frames& frames = view == View::latest ? latest_ : committed_;
    auto frame = view == View::main ? frames.end() : frames.find(number);
    if (frame != frames.end()) {
        read_at(wal_, frame->second, page.data(), page.size());
    } else {
        read_at(main_, (std::uint64_t{number} - 1) * kPageSize, page.data(), page.size());
    }
}

}  // namespace teatime::timegraph
