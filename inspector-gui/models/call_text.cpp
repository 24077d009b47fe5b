#include "call_text.h"

#include "rows_model.h"
#include "teatime/state/inspect.h"
#include "teatime/state/json.h"

namespace teatime::inspector {
namespace {

constexpr std::string_view kRouter = "router: ";

}  // namespace

QString CallText::whole() const {
    if (target.isEmpty()) return selector.isEmpty() ? arguments : selector + ' ' + arguments;
    return target + '.' + selector + '(' + arguments + ')';
}

/// Texts in arguments may hold anything.
CallText split_call(std::string_view text) {
    CallText call;
    if (text.starts_with(kRouter)) {  // `router: users joined=[3]`
        text.remove_prefix(kRouter.size());
        const std::size_t space = text.find(' ');
        call.selector = to_text(text.substr(0, space));
        if (space != text.npos) call.arguments = to_text(text.substr(space + 1));
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

CallText call_text(const Image& image, const Image::Message& message) {
    std::string behind = " at " + to_string(message.time);
    if (message.external && message.sender) {
        behind = " from member " + std::to_string(message.sender.value) + behind;
    }
    std::string text = describe_message(image, message);
    if (text.ends_with(behind)) text.resize(text.size() - behind.size());
    return split_call(text);
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
