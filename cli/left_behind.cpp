#include "left_behind.h"

#include <fmt/format.h>

#include "output.h"

namespace teatime::cli {

void tell_of_left_behind(const timegraph::Reader& recording) {
    auto info = recording.info();
    if (!info) return;
    if (info->branches + info->edits > 0) {
        note(fmt::format(
            "{} has {} with {}, which are not taken over: only its trunk is; `teatime copy` keeps "
            "them",
            recording.path(),
            info->branches == 1 ? "1 branch" : fmt::format("{} branches", info->branches),
            counted(info->edits, "edit")));
    }
    if (!info->other_tables.empty()) {
        note(
            fmt::format("{} has {} that this program does not know, such as \"{}\", and does not "
                        "take over; `teatime copy` keeps all",
                        recording.path(), counted(info->other_tables.size(), "table"),
                        printable(info->other_tables.front())));
    }
}

void tell_of_left_behind(const std::string& path) {
    if (auto recording = timegraph::Reader::open(path)) tell_of_left_behind(*recording);
}

}  // namespace teatime::cli
