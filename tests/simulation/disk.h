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
        error,  ///< writes fail
        full,
        sync,  ///< fsync fails
        dead   ///< the process is: nothing more gets out
    };
    /// One disk at a time is in use; its state is shared by all files.
    static Disk& instance();

    void set(Trouble trouble) { trouble_ = trouble; }
    Trouble trouble() const { return trouble_; }

private:
    Disk();
    Trouble trouble_ = Trouble::none;
};

}  // namespace simulation
