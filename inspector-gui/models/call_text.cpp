#include "call_text.h"

#include "rows_model.h"
#include "teatime/state/inspect.h"
#include "teatime/state/json.h"

namespace teatime::inspector {
namespace {

constexpr std::string_view kRouter = "router: ";

/// Of `counter.add(1, 2) from member 3 at 5s`; texts in arguments may hold anything.
CallText split(std::string_view text, std::string_view behind) {
    if (text.ends_with(behind)) text.remove_suffix(behind.size());
    CallText call;
    if (text.starts_with(kRouter)) {
        call.selector = to_text(text.substr(kRouter.size()));
        return call;
    }
    std::size_t open = text.find('(');
    if (open == text.npos) {
        call.arguments = to_text(text);  // no call
        return call;
    }
    std::string_view head = text.substr(0, open), rest = text.substr(open + 1);
    if (rest.ends_with(')')) rest.remove_suffix(1);  // else it was cut
    std::size_t dot = head.rfind('.');
    if (dot != head.npos) call.target = to_text(head.substr(0, dot));
    call.selector = to_text(dot == head.npos ? head : head.substr(dot + 1));
    call.arguments = to_text(rest);
    return call;
}

}  // namespace

CallText call_text(const Image& image, const Image::Message& message) {
    std::string behind = " at " + to_string(message.time);
    if (message.external && message.sender) {
        behind = " from member " + std::to_string(message.sender.value) + behind;
    }
    return split(describe_message(image, message), behind);
}

CallText call_text(std::string_view payload) {
    Image::Message message;
    message.external = true;
    message.arguments = payload;
    static const Image kNothing;
    CallText call = call_text(kNothing, message);
    bool no_call = call.target.isEmpty() && call.selector.isEmpty();
    if (no_call) call.arguments = to_text(payload.substr(0, 200));
    return call;
}

QString cause_text(bool external, std::uint64_t order) {
    return (external ? QStringLiteral("external ") : QStringLiteral("future ")) +
           QString::number(order);
}

}  // namespace teatime::inspector
