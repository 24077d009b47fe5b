#include "crash_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace {

using Did = CrashDisk::Operation::Kind;

CrashDisk& disk() {
    return CrashDisk::instance();
}

struct File {
    sqlite3_file base;
    std::string* path;
};

std::string& path_of(sqlite3_file* file) {
    return *reinterpret_cast<File*>(file)->path;
}
std::string& content(sqlite3_file* file) {
    return disk().files[path_of(file)];
}

void write_at(std::string& content, std::uint64_t offset, std::string_view bytes) {
    content.resize(std::max<std::size_t>(content.size(), offset + bytes.size()));
    std::copy(bytes.begin(), bytes.end(), content.begin() + static_cast<std::ptrdiff_t>(offset));
}

/// Shared memory of each file: of the process, so that it dies with it.
std::map<std::string, std::vector<std::unique_ptr<std::string>>> shared;

int close(sqlite3_file* file) {
    delete reinterpret_cast<File*>(file)->path;
    return SQLITE_OK;
}
int read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
    const std::string& from = content(file);
    auto at = std::min(static_cast<std::size_t>(offset), from.size());
    std::size_t got = std::min(static_cast<std::size_t>(size), from.size() - at);
    std::memset(out, 0, static_cast<std::size_t>(size));
    std::memcpy(out, from.data() + at, got);
    return got == static_cast<std::size_t>(size) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}
int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
    std::string_view written(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
    auto at = static_cast<std::uint64_t>(offset);
    write_at(content(file), at, written);
    disk().operations.push_back({Did::write, path_of(file), at, std::string(written)});
    return SQLITE_OK;
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
    content(file).resize(static_cast<std::size_t>(size));
    disk().operations.push_back({Did::truncate, path_of(file), static_cast<std::uint64_t>(size)});
    return SQLITE_OK;
}
int sync(sqlite3_file* file, int) {
    disk().operations.push_back({Did::sync, path_of(file)});
    return SQLITE_OK;
}
int size(sqlite3_file* file, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>(content(file).size());
    return SQLITE_OK;
}
int lock(sqlite3_file*, int) {
    return SQLITE_OK;
}
int is_reserved(sqlite3_file*, int* reserved) {
    *reserved = 0;
    return SQLITE_OK;
}
int control(sqlite3_file*, int what, void* with) {
    if (what != SQLITE_FCNTL_PRAGMA || !disk().only_normal) return SQLITE_NOTFOUND;
    auto** pragma = static_cast<char**>(with);  // an answer, the name, the value
    if (std::string_view(pragma[1]) == "synchronous" && pragma[2]) std::strcpy(pragma[2], "1");
    return SQLITE_NOTFOUND;  // SQLite goes on with it
}
int sector(sqlite3_file*) {
    return static_cast<int>(CrashDisk::kSector);
}
int traits(sqlite3_file*) {
    return 0;
}
int shm_map(sqlite3_file* file, int region, int bytes, int extend, void volatile** out) {
    auto& regions = shared[path_of(file)];
    *out = nullptr;
    while (extend != 0 && regions.size() <= static_cast<std::size_t>(region)) {
        regions.push_back(std::make_unique<std::string>(static_cast<std::size_t>(bytes), '\0'));
    }
    if (static_cast<std::size_t>(region) < regions.size()) {
        *out = regions[static_cast<std::size_t>(region)]->data();
    }
    return SQLITE_OK;
}
int shm_lock(sqlite3_file*, int, int, int) {
    return SQLITE_OK;
}
void shm_barrier(sqlite3_file*) {}
int shm_unmap(sqlite3_file* file, int remove) {
    if (remove != 0) shared.erase(path_of(file));
    return SQLITE_OK;
}

constexpr sqlite3_io_methods kMethods{2,           close,     read,    write,   truncate,
                                      sync,        size,      lock,    lock,    is_reserved,
                                      control,     sector,    traits,  shm_map, shm_lock,
                                      shm_barrier, shm_unmap, nullptr, nullptr};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    if (!name) return SQLITE_CANTOPEN;  // a temporary file: none is expected
    if (disk().files.try_emplace(name).second) {
        disk().operations.push_back({Did::create, name});
    }
    reinterpret_cast<File*>(file)->path = new std::string(name);
    file->pMethods = &kMethods;
    if (out_flags) *out_flags = flags;
    return SQLITE_OK;
}
int remove(sqlite3_vfs*, const char* name, int) {
    if (disk().files.erase(name) == 0) return SQLITE_IOERR_DELETE_NOENT;
    disk().operations.push_back({Did::remove, name});
    return SQLITE_OK;
}
int access(sqlite3_vfs*, const char* name, int, int* there) {
    *there = disk().files.count(name) != 0;
    return SQLITE_OK;
}
int full_path(sqlite3_vfs*, const char* name, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
}

}  // namespace

CrashDisk::CrashDisk() {
    static sqlite3_vfs mine = *sqlite3_vfs_find(nullptr);
    mine.iVersion = 1;
    mine.szOsFile = sizeof(File);
    mine.zName = kName;
    mine.xOpen = open;
    mine.xDelete = remove;
    mine.xAccess = access;
    mine.xFullPathname = full_path;
    sqlite3_vfs_register(&mine, 0);
}

CrashDisk& CrashDisk::instance() {
    static CrashDisk disk;
    return disk;
}

void CrashDisk::clear() {
    files.clear();
    operations.clear();
    shared.clear();
    only_normal = false;
}

void CrashDisk::promise(std::uint64_t n) {
    operations.push_back({Operation::Kind::promise, {}, n, {}});
}

namespace {

void apply(std::string& content, const CrashDisk::Operation& operation) {
    if (operation.kind == Did::truncate) {
        content.resize(operation.number);
    } else {
        write_at(content, operation.number, operation.bytes);
    }
}

/// Some of it, or not.
void apply_in_part(std::string& content, const CrashDisk::Operation& operation, int variant,
                   std::mt19937_64& random) {
    std::uint64_t dice = variant == 0 ? 0 : variant == 1 ? 1 : random() % 3;
    if (dice == 0) return;
    if (dice == 1 || operation.kind == Did::truncate) return apply(content, operation);
    std::string_view bytes = operation.bytes;
    for (std::size_t at = 0; at < bytes.size(); at += CrashDisk::kSector) {
        if (random() % 2 == 0) {
            write_at(content, operation.number + at, bytes.substr(at, CrashDisk::kSector));
        }
    }
}

}  // namespace

void CrashDisk::each_crash(int variants, std::mt19937_64& random,
                           const std::function<void(const Files&, std::uint64_t)>& visit) const {
    struct OneFile {
        std::string synced;
        std::vector<const Operation*> later;
    };
    std::map<std::string, OneFile> state;
    std::uint64_t promised = 0;
    for (const Operation& operation : operations) {
        switch (operation.kind) {
            case Did::promise:
                promised = operation.number;
                continue;
            case Did::create:
                state.try_emplace(operation.path);
                break;
            case Did::remove:
                state.erase(operation.path);
                break;
            case Did::sync: {
                OneFile& file = state[operation.path];
                for (const Operation* each : file.later) apply(file.synced, *each);
                file.later.clear();
                break;
            }
            default:
                state[operation.path].later.push_back(&operation);
        }
        for (int variant = 0; variant < variants; ++variant) {
            Files left;
            for (const auto& [path, file] : state) {
                std::string& content = left[path] = file.synced;
                for (const Operation* each : file.later) {
                    apply_in_part(content, *each, variant, random);
                }
            }
            visit(left, promised);
        }
    }
}
