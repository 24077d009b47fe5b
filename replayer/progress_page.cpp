#include "progress_page.h"

#include "teatime/state/json.h"

namespace teatime::replayer {
namespace {

/// What a module that ran wild may have left.
std::string printable(const char* text, std::size_t size, std::size_t room) {
    std::string clean(text, std::min(size, room));
    for (char& letter : clean) {
        if (letter < ' ' || letter > '~') letter = '?';
    }
    return clean;
}

/// `counter.add` of a payload; empty where it is none.
std::string called(std::string_view payload) {
    auto text = parse_json(payload);
    const std::string* inner = text ? text->if_string() : nullptr;
    auto call = parse_json(inner ? *inner : std::string());
    const Value::List* list = call ? call->if_list() : nullptr;
    if (!list || list->size() < 2) return {};
    const std::string* target = (*list)[0].if_string();
    const std::string* selector = (*list)[1].if_string();
    return target && selector ? *target + '.' + *selector : std::string();
}

}  // namespace

std::optional<Mark> ProgressPage::mark() const {
    if (what.load(std::memory_order_acquire) != message) return std::nullopt;
    return Mark{BranchId{}, VirtualTime(Duration(time_us)), n};
}

std::string ProgressPage::describe(std::string_view app) const {
    switch (what.load(std::memory_order_acquire)) {
        case message:
            break;
        case start:
            return "init() of the root";
        case restore:
            return "the restoring of a state";
        case draw:
            return "draw() of the root";
        case input:
            return "input() of the root";
        default:
            return {};
    }
    std::string at = " at " + to_string(Mark{BranchId{}, VirtualTime(Duration(time_us)), n});
    std::string shown = printable(text, text_size, sizeof text);
    if (external) {
        std::string call = called(shown);
        return (call.empty() ? "external message " + std::to_string(order) : call) + at;
    }
    std::string name = is_root ? std::string(app)
                               : '#' + std::to_string(target) + " (" +
                                     printable(class_name, class_size, sizeof class_name) + ')';
    return name + '.' + shown + at;
}

}  // namespace teatime::replayer
