#include "branches.h"

#include <fmt/format.h>

#include "output.h"

namespace teatime::cli {

void tell_of_branches(const timegraph::Reader& recording) {
    auto info = recording.info();
    if (!info || info->branches + info->edits == 0) return;
    note(
        fmt::format("{} has {} with {}, which are not taken over: only its trunk is; `teatime "
                    "copy` keeps them",
                    recording.path(),
                    info->branches == 1 ? "1 branch" : fmt::format("{} branches", info->branches),
                    counted(info->edits, "edit")));
}

void tell_of_branches(const std::string& path) {
    if (auto recording = timegraph::Reader::open(path)) tell_of_branches(*recording);
}

}  // namespace teatime::cli
