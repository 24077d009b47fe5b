#include "crash_disk.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace {

std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

bool is_file(const std::filesystem::directory_entry& entry) {
    return entry.is_regular_file() && !entry.path().native().ends_with("-shm");
}

ino_t inode_of(const char* path) {
    struct stat status {};
    return ::stat(path, &status) == 0 ? status.st_ino : 0;
}

void write_at(std::string& content, std::uint64_t offset, std::string_view bytes) {
    content.resize(std::max<std::size_t>(content.size(), offset + bytes.size()));
    std::copy(bytes.begin(), bytes.end(), content.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace

CrashDisk& CrashDisk::instance() {
    static CrashDisk disk;
    return disk;
}

/// What is for good, and what was done since.
struct CrashDisk::State {
    struct Content {
        std::string synced{};
        std::vector<const Operation*> later{};
    };
    std::map<File, Content> files;
    std::map<std::string, File> entries;
    std::vector<const Operation*> later;  ///< to entries

    using Entries = std::map<std::string, File>;
    static void apply(Entries& entries, const Operation& operation);
    static void apply(std::string& content, const Operation& operation);
    static void apply_in_part(std::string& content, const Operation& operation,
                              std::mt19937_64& random);
    void step(const Operation& operation);
    Files crash(int variant, std::mt19937_64& random) const;
};

void CrashDisk::State::apply(Entries& entries, const Operation& operation) {
    const std::string& gone =
        operation.kind == Operation::Kind::rename ? operation.from : operation.bytes;
    auto entry = entries.find(gone);
    if (entry != entries.end() && entry->second == operation.file) entries.erase(entry);
    if (operation.kind != Operation::Kind::remove) entries[operation.bytes] = operation.file;
}

void CrashDisk::State::apply(std::string& content, const Operation& operation) {
    if (operation.kind == Operation::Kind::truncate) {
        content.resize(operation.number);
    } else {
        write_at(content, operation.number, operation.bytes);
    }
}

void CrashDisk::State::apply_in_part(std::string& content, const Operation& operation,
                                     std::mt19937_64& random) {
    std::uint64_t dice = random() % 3;
    if (dice == 0) return;
    if (dice == 1 || operation.kind == Operation::Kind::truncate) return apply(content, operation);
    std::string_view bytes = operation.bytes;
    while (!bytes.empty()) {
        std::uint64_t offset = operation.number + (operation.bytes.size() - bytes.size());
        std::string_view sector = bytes.substr(0, kSector - offset % kSector);
        if (random() % 2 == 0) write_at(content, offset, sector);
        bytes.remove_prefix(sector.size());
    }
}

void CrashDisk::State::step(const Operation& operation) {
    switch (operation.kind) {
        case Operation::Kind::promise:
            break;
        case Operation::Kind::make:
        case Operation::Kind::remove:
        case Operation::Kind::rename:
            later.push_back(&operation);
            break;
        case Operation::Kind::sync_folder:
            for (const Operation* each : later) apply(entries, *each);
            later.clear();
            break;
        case Operation::Kind::sync: {
            Content& file = files[operation.file];
            for (const Operation* each : file.later) apply(file.synced, *each);
            file.later.clear();
            break;
        }
        default:
            files[operation.file].later.push_back(&operation);
    }
}

CrashDisk::Files CrashDisk::State::crash(int variant, std::mt19937_64& random) const {
    Entries kept = entries;
    for (const Operation* each : later) {
        if (variant == 1 || (variant > 1 && random() % 2 == 0)) apply(kept, *each);
    }
    Files left;
    for (const auto& [name, file] : kept) {
        std::string& content = left[name];
        auto found = files.find(file);
        if (found == files.end()) continue;
        content = found->second.synced;
        for (const Operation* each : found->second.later) {
            if (variant == 1) apply(content, *each);
            if (variant > 1) apply_in_part(content, *each, random);
        }
    }
    return left;
}

CrashDisk::State CrashDisk::begin() const {
    State state;
    for (File file = 0; file < start_.size(); ++file) state.files[file].synced = start_[file];
    state.entries = start_entries_;
    return state;
}

void CrashDisk::watch(const std::string& folder) {
    entries_.clear();
    files_.clear();
    start_.clear();
    operations_.clear();
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (!is_file(entry)) continue;
        files_[inode_of(entry.path().c_str())] = start_.size();
        entries_[entry.path().filename()] = start_.size();
        start_.push_back(content_of(entry.path()));
    }
    start_entries_ = entries_;
    made_ = start_.size();
    folder_inode_ = inode_of(folder.c_str());
    folder_ = folder + "/";
}

bool CrashDisk::stop() {
    Files there;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
        if (is_file(entry)) there[entry.path().filename()] = content_of(entry.path());
    }
    folder_.clear();
    State state = begin();
    for (const Operation& operation : operations_) state.step(operation);
    std::mt19937_64 unused;
    return there == state.crash(1, unused);
}

void CrashDisk::promise(std::uint64_t n) {
    operations_.push_back({Operation::Kind::promise, {}, n});
}

std::string CrashDisk::name_in_folder(std::string_view path) const {
    if (folder_.empty() || !path.starts_with(folder_) || path.ends_with("-shm")) return {};
    return std::string(path.substr(folder_.size()));
}

const CrashDisk::File* CrashDisk::file_of(int descriptor) const {
    struct stat status {};
    if (folder_.empty() || ::fstat(descriptor, &status) != 0) return nullptr;
    auto found = files_.find(status.st_ino);
    return found == files_.end() ? nullptr : &found->second;
}

void CrashDisk::forget(File removed) {
    std::erase_if(files_, [&](const auto& each) { return each.second == removed; });
}

void CrashDisk::made(std::string_view path, int descriptor) {
    std::string name = name_in_folder(path);
    struct stat status {};
    if (name.empty() || ::fstat(descriptor, &status) != 0) return;
    files_[status.st_ino] = entries_[name] = made_;
    operations_.push_back({Operation::Kind::make, made_++, 0, name});
}

void CrashDisk::removed(std::string_view path) {
    auto entry = entries_.find(name_in_folder(path));
    if (entry == entries_.end()) return;
    operations_.push_back({Operation::Kind::remove, entry->second, 0, entry->first});
    forget(entry->second);
    entries_.erase(entry);
}

void CrashDisk::renamed(std::string_view from, std::string_view to) {
    auto entry = entries_.find(name_in_folder(from));
    if (entry == entries_.end()) return;
    std::string name = name_in_folder(to);
    File file = entry->second;
    operations_.push_back({Operation::Kind::rename, file, 0, name, entry->first});
    if (auto over = entries_.find(name); over != entries_.end()) forget(over->second);
    entries_.erase(entry);
    entries_[name] = file;
}

void CrashDisk::written(int descriptor, std::uint64_t offset, std::string_view bytes) {
    const File* file = file_of(descriptor);
    if (file) operations_.push_back({Operation::Kind::write, *file, offset, std::string(bytes)});
}

void CrashDisk::truncated(int descriptor, std::uint64_t size) {
    const File* file = file_of(descriptor);
    if (file) operations_.push_back({Operation::Kind::truncate, *file, size});
}

void CrashDisk::synced(int descriptor) {
    if (const File* file = file_of(descriptor))
        return operations_.push_back({Operation::Kind::sync, *file});
    struct stat status {};
    bool ours = !folder_.empty() && ::fstat(descriptor, &status) == 0;
    if (ours && status.st_ino == folder_inode_)
        operations_.push_back({Operation::Kind::sync_folder});
}

void CrashDisk::each_crash(int variants, std::mt19937_64& random,
                           const std::function<void(const Files&, std::uint64_t)>& visit) const {
    State state = begin();
    std::uint64_t promised = 0;
    for (const Operation& operation : operations_) {
        state.step(operation);
        if (operation.kind == Operation::Kind::promise) promised = operation.number;
        for (int variant = 0; variant < variants; ++variant) {
            visit(state.crash(variant, random), promised);
        }
    }
}

// In the C library's place, for this program and its libraries.

#define IN_PLACE extern "C" __attribute__((visibility("default")))

namespace {

template <class Function>
Function* c_library(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

int open_noted(const char* path, int flags, mode_t mode) {
    static auto* real = c_library<int(const char*, int, ...)>("open");
    bool there = ::access(path, F_OK) == 0;
    int descriptor = real(path, flags, mode);
    if (descriptor < 0 || (flags & (O_CREAT | O_TRUNC)) == 0) return descriptor;
    if (!there) CrashDisk::instance().made(path, descriptor);
    if (there && (flags & O_TRUNC) != 0) CrashDisk::instance().truncated(descriptor, 0);
    return descriptor;
}

ssize_t pwrite_noted(int descriptor, const void* bytes, std::size_t size, off_t offset) {
    static auto* real = c_library<ssize_t(int, const void*, std::size_t, off_t)>("pwrite");
    ssize_t done = real(descriptor, bytes, size, offset);
    if (done > 0) {
        CrashDisk::instance().written(
            descriptor, static_cast<std::uint64_t>(offset),
            {static_cast<const char*>(bytes), static_cast<std::size_t>(done)});
    }
    return done;
}

int ftruncate_noted(int descriptor, off_t size) {
    static auto* real = c_library<int(int, off_t)>("ftruncate");
    int done = real(descriptor, size);
    if (done == 0) CrashDisk::instance().truncated(descriptor, static_cast<std::uint64_t>(size));
    return done;
}

int fsync_noted(int descriptor) {
    static auto* real = c_library<int(int)>("fsync");
    int done = real(descriptor);
    if (done == 0) CrashDisk::instance().synced(descriptor);
    return done;
}

mode_t mode_of(int flags, va_list arguments) {
    return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

IN_PLACE int open(const char* path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_noted(path, flags, mode);
}

IN_PLACE int open64(const char* path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_noted(path, flags, mode);
}

IN_PLACE ssize_t write(int descriptor, const void* bytes, std::size_t size) {
    static auto* real = c_library<ssize_t(int, const void*, std::size_t)>("write");
    ssize_t done = real(descriptor, bytes, size);
    off_t end = done > 0 ? ::lseek(descriptor, 0, SEEK_CUR) : -1;
    if (end >= done) {
        CrashDisk::instance().written(
            descriptor, static_cast<std::uint64_t>(end - done),
            {static_cast<const char*>(bytes), static_cast<std::size_t>(done)});
    }
    return done;
}

IN_PLACE ssize_t pwrite(int descriptor, const void* bytes, std::size_t size, off_t offset) {
    return pwrite_noted(descriptor, bytes, size, offset);
}

IN_PLACE ssize_t pwrite64(int descriptor, const void* bytes, std::size_t size, off_t offset) {
    return pwrite_noted(descriptor, bytes, size, offset);
}

IN_PLACE int ftruncate(int descriptor, off_t size) noexcept {
    return ftruncate_noted(descriptor, size);
}

IN_PLACE int ftruncate64(int descriptor, off_t size) noexcept {
    return ftruncate_noted(descriptor, size);
}

IN_PLACE int fsync(int descriptor) {
    return fsync_noted(descriptor);
}

IN_PLACE int fdatasync(int descriptor) {
    return fsync_noted(descriptor);
}

IN_PLACE int unlink(const char* path) noexcept {
    static auto* real = c_library<int(const char*)>("unlink");
    int done = real(path);
    if (done == 0) CrashDisk::instance().removed(path);
    return done;
}

IN_PLACE int rename(const char* from, const char* to) noexcept {
    static auto* real = c_library<int(const char*, const char*)>("rename");
    int done = real(from, to);
    if (done == 0) CrashDisk::instance().renamed(from, to);
    return done;
}
