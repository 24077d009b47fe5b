#include "teatime/state/message_facts.h"

#include <utility>

#include "teatime/state/inspect.h"
#include "teatime/state/json.h"

namespace teatime {

MessageFacts::MessageFacts(Stamp stamp, MemberId sender, std::string_view payload)
    : time_(std::int64_t{stamp.time.time_since_epoch().count()}),
      seq_(stamp.seq.value),
      sender_(sender.value),
      text_(payload) {}

MessageFacts MessageFacts::call(Stamp stamp, MemberId sender, std::string target,
                                std::string selector, Value::List arguments,
                                std::function<std::string_view()> payload) {
    MessageFacts facts(stamp, sender, {});
    facts.kind_ = message_kind::kCall;
    facts.target_ = std::move(target);
    facts.selector_ = std::move(selector);
    facts.args_ = std::move(arguments);
    facts.make_payload_ = std::move(payload);
    facts.decoded_ = true;
    return facts;
}

MessageFacts MessageFacts::future(VirtualTime time, std::string target, std::string selector,
                                  Value::List arguments) {
    MessageFacts facts;
    facts.time_ = std::int64_t{time.time_since_epoch().count()};
    facts.kind_ = message_kind::kFuture;
    facts.target_ = std::move(target);
    facts.selector_ = std::move(selector);
    facts.args_ = std::move(arguments);
    facts.decoded_ = true;
    return facts;
}

const Value& MessageFacts::operator[](MessageField field) const {
    switch (field) {
        case MessageField::time:
            return time_;
        case MessageField::seq:
            return seq_;
        case MessageField::sender:
            return sender_;
        default:
            break;
    }
    if (!decoded_) decode();
    switch (field) {
        case MessageField::kind:
            return kind_;
        case MessageField::target:
            return target_;
        case MessageField::selector:
            return selector_;
        case MessageField::args:
            return args_;
        default:
            if (make_payload_) {
                if (auto json = parse_json(make_payload_())) payload_ = std::move(*json);
                make_payload_ = nullptr;
            }
            return payload_;
    }
}

void MessageFacts::decode() const {
    decoded_ = true;
    kind_ = message_kind::kOther;
    auto json = parse_json(text_);
    if (!json || !json->if_string()) payload_ = text_;
    if (!json) return;
    if (router_message(*json)) {
        kind_ = message_kind::kRouter;
    } else if (auto call = decode_call(*json)) {
        kind_ = message_kind::kCall;
        target_ = std::move(call->target);
        selector_ = std::move(call->selector);
        args_ = std::move(call->arguments);
    }
    if (json->if_string()) payload_ = std::move(*json);
}

}  // namespace teatime
