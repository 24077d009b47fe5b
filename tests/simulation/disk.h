#pragma once

#include <cstdint>

namespace simulation {

/// The recorder's disk: SQLite's own file system with failures put in, under the name kName.
/// Nothing waits for a real device: a sync that does not fail is none.
class Disk {
public:
    static constexpr const char* kName = "simulated";

    enum class Trouble : std::uint8_t {
        none,
        error,    ///< writes fail
        full,     ///< for all writes
        no_room,  ///< for those that make a file grow, as on a real disk
        sync,     ///< fsync fails
        torn,     ///< half of a write is done, then it fails
        read,     ///< reads fail
        dead      ///< the process is: nothing more gets out
    };
    enum class Call : std::uint8_t { read, write, grow, truncate, sync, open, remove };
    /// One disk at a time is in use; its state is shared by all files.
    static Disk& instance();

    /// From now on; or of the calls that this trouble concerns only `bad` after `good` others.
    void set(Trouble trouble, std::uint64_t good = 0, std::uint64_t bad = UINT64_MAX);
    Trouble trouble() const { return trouble_; }
    std::uint64_t concerned() const { return concerned_; }  ///< calls since set()

    /// What happens to this call.
    Trouble meets(Call call);

private:
    Disk();
    Trouble trouble_ = Trouble::none;
    std::uint64_t good_ = 0, bad_ = 0, concerned_ = 0;
};

}  // namespace simulation
