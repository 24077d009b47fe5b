#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "teatime/net/url.h"

namespace teatime::net {

/// Tells the other programs of this user on this machine that a reflector runs here: a small file
/// of its address in `$XDG_RUNTIME_DIR/teatime` (without such a folder in `teatime-UID` among the
/// temporary files), locked as long as it counts. The lock ends with the process, however that
/// ends, so a note that is not locked is of one that is gone.
class RunningNote {
public:
    /// `address`: host:port as listened at. Where every address is, this machine's own is told.
    static result<RunningNote> leave(const std::string& address);
    RunningNote() = default;
    RunningNote(RunningNote&& other) noexcept;
    RunningNote& operator=(RunningNote&& other) noexcept;
    ~RunningNote();

private:
    RunningNote(std::string path, int file) : path_(std::move(path)), file_(file) {}

    std::string path_;
    int file_ = -1;
};

/// The reflectors of this user that run on this machine, by port. Removes notes of those that are
/// gone. Costs a read of a few small files.
std::vector<Url> running_reflectors();

/// Where one may run on this machine that left these programs no note: another user's, or one in a
/// container. None where one of those that are `noted` is there.
std::optional<Url> unnoted_reflector(const std::vector<Url>& noted,
                                     std::uint16_t port = kDefaultPort);

}  // namespace teatime::net
