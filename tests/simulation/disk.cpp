#include "disk.h"

#include <sqlite3.h>

#include <map>

namespace simulation {
namespace {

using Trouble = Disk::Trouble;

sqlite3_vfs* real = nullptr;

/// A file's methods with ours among them. SQLite has several sets: logs are not locked.
struct Methods {
    sqlite3_io_methods ours;
    const sqlite3_io_methods* theirs;
};
std::map<const sqlite3_io_methods*, Methods> all_methods;

const sqlite3_io_methods& theirs(sqlite3_file* file) {
    return *reinterpret_cast<const Methods*>(file->pMethods)->theirs;
}

Trouble trouble() {
    return Disk::instance().trouble();
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
    switch (trouble()) {
        case Trouble::error:
        case Trouble::dead:
            return SQLITE_IOERR_WRITE;
        case Trouble::full:
            return SQLITE_FULL;
        default:
            return theirs(file).xWrite(file, bytes, size, offset);
    }
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (trouble() == Trouble::dead) return SQLITE_IOERR_TRUNCATE;
    return theirs(file).xTruncate(file, size);
}

int sync(sqlite3_file*, int) {
    bool fails = trouble() == Trouble::sync || trouble() == Trouble::dead;
    return fails ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    if (trouble() == Trouble::dead) return SQLITE_CANTOPEN;
    int code = real->xOpen(real, name, file, flags, out_flags);
    if (code != SQLITE_OK || !file->pMethods) return code;
    auto [at, fresh] =
        all_methods.try_emplace(file->pMethods, Methods{*file->pMethods, file->pMethods});
    if (fresh) {
        at->second.ours.xWrite = write;
        at->second.ours.xTruncate = truncate;
        at->second.ours.xSync = sync;
    }
    file->pMethods = &at->second.ours;
    return code;
}

int remove(sqlite3_vfs*, const char* name, int) {
    if (trouble() == Trouble::dead) return SQLITE_IOERR_DELETE;
    return real->xDelete(real, name, 0);
}

}  // namespace

Disk::Disk() {
    real = sqlite3_vfs_find(nullptr);
    static sqlite3_vfs mine = *real;
    mine.zName = kName;
    mine.xOpen = open;
    mine.xDelete = remove;
    sqlite3_vfs_register(&mine, 0);
}

Disk& Disk::instance() {
    static Disk disk;
    return disk;
}

}  // namespace simulation
