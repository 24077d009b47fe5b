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

Trouble meets(Disk::Call call) {
    return Disk::instance().meets(call);
}

int read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
    if (meets(Disk::Call::read) != Trouble::none) return SQLITE_IOERR_READ;
    return theirs(file).xRead(file, out, size, offset);
}

Disk::Call call_of_write(sqlite3_file* file, sqlite3_int64 up_to) {
    sqlite3_int64 size = 0;
    theirs(file).xFileSize(file, &size);
    return up_to > size ? Disk::Call::grow : Disk::Call::write;
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
    switch (meets(call_of_write(file, offset + size))) {
        case Trouble::none:
            return theirs(file).xWrite(file, bytes, size, offset);
        case Trouble::full:
        case Trouble::no_room:
            return SQLITE_FULL;
        case Trouble::torn:
            (void)theirs(file).xWrite(file, bytes, size / 2, offset);
            return SQLITE_IOERR_WRITE;
        default:
            return SQLITE_IOERR_WRITE;
    }
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (meets(Disk::Call::truncate) != Trouble::none) return SQLITE_IOERR_TRUNCATE;
    return theirs(file).xTruncate(file, size);
}

/// What reserves room takes it.
int control(sqlite3_file* file, int what, void* value) {
    if (what == SQLITE_FCNTL_SIZE_HINT) {
        auto call = call_of_write(file, *static_cast<sqlite3_int64*>(value));
        if (call == Disk::Call::grow && meets(call) != Trouble::none) return SQLITE_FULL;
    }
    return theirs(file).xFileControl(file, what, value);
}

int sync(sqlite3_file*, int) {
    return meets(Disk::Call::sync) == Trouble::none ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    if (meets(Disk::Call::open) != Trouble::none) return SQLITE_CANTOPEN;
    int code = real->xOpen(real, name, file, flags, out_flags);
    if (code != SQLITE_OK || !file->pMethods) return code;
    auto [at, fresh] =
        all_methods.try_emplace(file->pMethods, Methods{*file->pMethods, file->pMethods});
    if (fresh) {
        at->second.ours.xRead = read;
        at->second.ours.xWrite = write;
        at->second.ours.xTruncate = truncate;
        at->second.ours.xSync = sync;
        at->second.ours.xFileControl = control;
    }
    file->pMethods = &at->second.ours;
    return code;
}

int remove(sqlite3_vfs*, const char* name, int) {
    if (meets(Disk::Call::remove) != Trouble::none) return SQLITE_IOERR_DELETE;
    return real->xDelete(real, name, 0);
}

bool concerns(Trouble trouble, Disk::Call call) {
    switch (trouble) {
        case Trouble::none:
            return false;
        case Trouble::sync:
            return call == Disk::Call::sync;
        case Trouble::read:
            return call == Disk::Call::read;
        case Trouble::dead:
            return call != Disk::Call::read;
        case Trouble::no_room:
            return call == Disk::Call::grow;
        default:
            return call == Disk::Call::write || call == Disk::Call::grow;
    }
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

void Disk::set(Trouble trouble, std::uint64_t good, std::uint64_t bad) {
    trouble_ = trouble;
    good_ = good;
    bad_ = bad;
    concerned_ = 0;
}

Trouble Disk::meets(Call call) {
    if (!concerns(trouble_, call)) return Trouble::none;
    std::uint64_t n = concerned_++;
    return n >= good_ && n - good_ < bad_ ? trouble_ : Trouble::none;
}

Disk& Disk::instance() {
    static Disk disk;
    return disk;
}

}  // namespace simulation
