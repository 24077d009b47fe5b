#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

/// Notes what this process does to the files of a folder, and can tell what the folder could hold
/// had the power failed at any moment: of each file what was synced, and of everything later each
/// write as a whole, not at all, or some of its sectors; of its entries those of its last sync, and
/// of everything later each file made, renamed or removed, or not. For that this program's open(),
/// pwrite(), fsync(), rename() and their like stand before those of the C library, also for SQLite.
/// `-shm` files are left out: they are shared memory, of which nothing is on a disk.
class CrashDisk {
public:
    static constexpr std::size_t kSector = 512;
    using Files = std::map<std::string, std::string>;  ///< content by name

    /// The only one: there is one C library. One thread at a time changes the folder.
    static CrashDisk& instance();

    /// From now on; what `folder` holds is on the disk.
    void watch(const std::string& folder);
    /// False where something changed the folder that was not noted.
    bool stop();

    /// From now on `n` is promised: it is what a crash must not lose.
    void promise(std::uint64_t n);

    /// What the folder could hold at a crash, `variants` times for each moment; 0: nothing kept
    /// that was not synced, 1: all of it, others as the dice fall. Cost: all files for each state.
    void each_crash(int variants, std::mt19937_64& random,
                    const std::function<void(const Files&, std::uint64_t promised)>& visit) const;
    std::size_t operations() const { return operations_.size(); }

    // What was done; a file that is not in the folder, or while nobody watches: ignored.
    void made(std::string_view path, int descriptor);
    void removed(std::string_view path);
    void renamed(std::string_view from, std::string_view to);
    void written(int descriptor, std::uint64_t offset, std::string_view bytes);
    void truncated(int descriptor, std::uint64_t size);
    void synced(int descriptor);

private:
    using File = std::size_t;  ///< numbered as they were made
    struct Operation {
        enum class Kind { write, truncate, sync, make, remove, rename, sync_folder, promise } kind;
        File file{};
        std::uint64_t number = 0;  ///< offset, size, or what is promised
        std::string bytes{};       ///< what is written, or the name
        std::string from{};        ///< the name before
    };
    struct State;

    State begin() const;
    /// Its number may become another file's.
    void forget(File removed);
    /// The name in the folder; empty: not one of those watched.
    std::string name_in_folder(std::string_view path) const;
    const File* file_of(int descriptor) const;

    std::string folder_;  ///< empty: nobody watches
    ino_t folder_inode_ = 0;
    std::map<std::string, File> entries_;  ///< as they are
    std::map<ino_t, File> files_;
    std::vector<std::string> start_;  ///< content by File of those that were there
    std::map<std::string, File> start_entries_;
    File made_ = 0;
    std::vector<Operation> operations_;
};
