#include "describer.h"

#include "teatime/island/class_info.h"
#include "teatime/island/module.h"
#include "teatime/state/inspect.h"

namespace teatime::replayer {
namespace {

/// `2, "red"` of `counter.add(2, "red") from member 1`, of which a long one ends with `...`.
std::string arguments_of(const ExecutedInfo& info) {
    std::string_view text = info.text;
    std::string call = info.target_name + '.' + info.selector + '(';
    if (!text.starts_with(call)) return {};
    text.remove_prefix(call.size());
    std::string from = " from member " + std::to_string(info.sender.value);
    if (text.ends_with(from)) text.remove_suffix(from.size());
    if (text.ends_with(')')) text.remove_suffix(1);
    return std::string(text);
}

}  // namespace

Describer::Describer(const Module& module) {
    image_.app = module.app();
    for (const ClassInfo* info : module.classes()) {
        schemas_.emplace(info->name, static_cast<std::uint32_t>(image_.schemas.size()));
        image_.schemas.push_back(info->schema());
    }
}

ExecutedInfo Describer::next(const Island& island) {
    NextMessage next = *island.next();
    image_.root = island.find("root");
    image_.time = next.time;
    image_.names.clear();
    image_.objects.clear();
    Image::Message message{.time = next.time,
                           .external = next.external,
                           .order = next.order,
                           .target = next.target,
                           .selector = std::string(next.selector),
                           .arguments = std::string(next.arguments),
                           .sender = next.sender,
                           .chain = 0};
    ExecutedInfo info;
    info.mark = {BranchId{}, next.time, next.n};
    info.external = next.external;
    info.order = next.order;
    info.sender = next.sender;
    info.target = next.target;
    info.class_name = next.class_name;
    info.selector = next.selector;
    if (!next.external) {
        info.target_name = island.name_of(next.target);
        image_.names.emplace_back(info.target_name, next.target);
        if (auto schema = schemas_.find(next.class_name); schema != schemas_.end()) {
            image_.objects.push_back({next.target, schema->second, {}});
        }
    } else if (auto decoded = decode_call_text(next.arguments)) {
        info.target_name = std::move(decoded->target);
        info.selector = std::move(decoded->selector);
    }
    info.text = describe_message(image_, message);
    std::string at = " at " + to_string(next.time);
    if (info.text.ends_with(at)) info.text.resize(info.text.size() - at.size());
    info.arguments = arguments_of(info);
    return info;
}

void Describer::executed(const Island& island, const Executed& executed, ExecutedInfo& info) const {
    if (info.external) {
        if (executed.target) {
            info.target = executed.target;
            info.target_name = island.name_of(executed.target);
        }
        info.class_name = executed.class_name;
        info.selector = executed.selector;
    } else if (executed.cause != 0 || !executed.cause_external) {
        info.cause = ExecutedInfo::Cause{executed.cause_external, executed.cause};
    }
    if (executed.error) info.error = *executed.error;
}

}  // namespace teatime::replayer
