#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

/// A disk in memory, under the SQLite name kName, that notes what is done to it, and can tell what
/// it could hold had the power failed at any moment: what was synced, and of everything later each
/// write as a whole, not at all, or some of its sectors. Files are created and removed at once.
class CrashDisk {
public:
    static constexpr const char* kName = "crash";
    static constexpr std::size_t kSector = 512;
    using Files = std::map<std::string, std::string>;  ///< content by path

    /// The only one: SQLite's file systems are global. Starts empty.
    static CrashDisk& instance();
    void clear();

    /// `PRAGMA synchronous=FULL` sets NORMAL.
    bool only_normal = false;

    /// From now on `n` is promised: it is what a crash must not lose.
    void promise(std::uint64_t n);

    /// What the disk could hold at a crash, `variants` times for each moment; 0: nothing kept that
    /// was not synced, 1: all of it, others as the dice fall. Cost: all files for each state.
    void each_crash(int variants, std::mt19937_64& random,
                    const std::function<void(const Files&, std::uint64_t promised)>& visit) const;

    struct Operation {
        enum class Kind { write, truncate, sync, create, remove, promise } kind;
        std::string path{};
        std::uint64_t number = 0;  ///< offset, size, or what is promised
        std::string bytes{};
    };
    Files files;                        ///< as they are
    std::vector<Operation> operations;  ///< since clear()

private:
    CrashDisk();
};
