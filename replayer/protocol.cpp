#include "protocol.h"

namespace teatime::replayer {

void put(ByteWriter& out, VirtualTime time) {
    out.fixed(std::int64_t{time.time_since_epoch().count()});
}
VirtualTime get_time(ByteReader& in) {
    return VirtualTime(Duration(in.fixed<std::int64_t>()));
}

void put(ByteWriter& out, const Mark& mark) {
    out.fixed(mark.branch.value);
    put(out, mark.time);
    out.fixed(mark.n);
}
Mark get_mark(ByteReader& in) {
    Mark mark;
    mark.branch = {in.fixed<std::uint64_t>()};
    mark.time = get_time(in);
    mark.n = in.fixed<std::uint64_t>();
    return mark;
}

void put(ByteWriter& out, const Code& code) {
    out.sized(code.app);
    out.sized(code.code_id);
    out.sized(code.path);
    out.fixed(std::uint8_t{code.can_draw});
}
Code get_code(ByteReader& in) {
    Code code;
    code.app = in.sized();
    code.code_id = in.sized();
    code.path = in.sized();
    code.can_draw = in.fixed<std::uint8_t>() != 0;
    return code;
}

void put(ByteWriter& out, const Position& position) {
    put(out, position.mark);
    out.fixed(std::uint8_t{position.next.has_value()});
    put(out, position.next.value_or(VirtualTime()));
    out.fixed(std::uint8_t{position.next_is_external});
    out.fixed(position.seq.value);
}
Position get_position(ByteReader& in) {
    Position position;
    position.mark = get_mark(in);
    bool has_next = in.fixed<std::uint8_t>() != 0;
    VirtualTime next = get_time(in);
    if (has_next) position.next = next;
    position.next_is_external = in.fixed<std::uint8_t>() != 0;
    position.seq = {in.fixed<std::uint64_t>()};
    return position;
}

void put(ByteWriter& out, const Error& error) {
    out.fixed(static_cast<std::uint8_t>(error.kind));
    out.sized(error.message);
}
Error get_error(ByteReader& in) {
    auto kind = in.fixed<std::uint8_t>();
    if (kind > static_cast<std::uint8_t>(ErrorKind::failed)) in.fail();
    return {static_cast<ErrorKind>(kind), std::string(in.sized())};
}

void put(ByteWriter& out, const HandlerError& error) {
    put(out, error.mark);
    out.sized(error.type);
    out.sized(error.sentence);
}
HandlerError get_handler_error(ByteReader& in) {
    HandlerError error;
    error.mark = get_mark(in);
    error.type = in.sized();
    error.sentence = in.sized();
    return error;
}

void put(ByteWriter& out, const ExecutedInfo& info) {
    put(out, info.mark);
    out.fixed(std::uint8_t{info.external});
    out.fixed(info.order);
    out.fixed(std::uint8_t{info.cause.has_value()});
    ExecutedInfo::Cause cause = info.cause.value_or(ExecutedInfo::Cause{});
    out.fixed(std::uint8_t{cause.external});
    out.fixed(cause.order);
    out.fixed(info.sender.value);
    out.fixed(info.target.value);
    for (const std::string* text :
         {&info.target_name, &info.class_name, &info.selector, &info.arguments, &info.text}) {
        out.sized(*text);
    }
    out.fixed(std::uint8_t{info.error.has_value()});
    if (info.error) put(out, *info.error);
}
ExecutedInfo get_executed(ByteReader& in) {
    ExecutedInfo info;
    info.mark = get_mark(in);
    info.external = in.fixed<std::uint8_t>() != 0;
    info.order = in.fixed<std::uint64_t>();
    bool has_cause = in.fixed<std::uint8_t>() != 0;
    ExecutedInfo::Cause cause;
    cause.external = in.fixed<std::uint8_t>() != 0;
    cause.order = in.fixed<std::uint64_t>();
    if (has_cause) info.cause = cause;
    info.sender = {in.fixed<std::uint64_t>()};
    info.target = {in.fixed<std::uint64_t>()};
    for (std::string* text :
         {&info.target_name, &info.class_name, &info.selector, &info.arguments, &info.text}) {
        *text = in.sized();
    }
    if (in.fixed<std::uint8_t>() != 0) info.error = get_handler_error(in);
    return info;
}

void put(ByteWriter& out, const RunLimit& limit) {
    put(out, limit.until);
    out.fixed(limit.messages);
    out.fixed(std::int64_t{limit.wall.count()});
    out.fixed(std::uint8_t{limit.stop_after_error});
    out.fixed(std::uint8_t{limit.stop_after_external});
    out.fixed(std::uint8_t{limit.steps});
}
RunLimit get_limit(ByteReader& in) {
    RunLimit limit;
    limit.until = get_mark(in);
    limit.messages = in.fixed<std::uint64_t>();
    limit.wall = std::chrono::nanoseconds(in.fixed<std::int64_t>());
    limit.stop_after_error = in.fixed<std::uint8_t>() != 0;
    limit.stop_after_external = in.fixed<std::uint8_t>() != 0;
    limit.steps = in.fixed<std::uint8_t>() != 0;
    return limit;
}

void put(ByteWriter& out, const RunResult& result) {
    out.fixed(static_cast<std::uint8_t>(result.stop));
    out.fixed(result.executed);
    out.fixed(result.error_count);
    out.fixed(static_cast<std::uint32_t>(result.errors.size()));
    for (const HandlerError& error : result.errors) put(out, error);
    out.fixed(static_cast<std::uint32_t>(result.steps.size()));
    for (const Step& step : result.steps) {
        put(out, step.time);
        out.fixed(step.n);
        out.fixed(std::uint8_t{step.external});
    }
}
RunResult get_run_result(ByteReader& in) {
    RunResult result;
    auto stop = in.fixed<std::uint8_t>();
    if (stop > static_cast<std::uint8_t>(RunResult::Stop::external)) in.fail();
    result.stop = static_cast<RunResult::Stop>(stop);
    result.executed = in.fixed<std::uint64_t>();
    result.error_count = in.fixed<std::uint64_t>();
    for (std::uint32_t count = in.count(32); count > 0; --count) {
        result.errors.push_back(get_handler_error(in));
    }
    std::uint32_t count = in.count(17);
    result.steps.reserve(count);
    for (; count > 0; --count) {
        Step& step = result.steps.emplace_back();
        step.time = get_time(in);
        step.n = in.fixed<std::uint64_t>();
        step.external = in.fixed<std::uint8_t>() != 0;
    }
    return result;
}

void put(ByteWriter& out, const std::vector<ExternalMessage>& messages) {
    out.fixed(static_cast<std::uint32_t>(messages.size()));
    for (const ExternalMessage& message : messages) {
        put(out, message.stamp.time);
        out.fixed(message.stamp.seq.value);
        out.fixed(message.sender.value);
        out.sized(message.payload);
    }
}
std::vector<ExternalMessage> get_messages(ByteReader& in) {
    std::vector<ExternalMessage> messages(in.count(28));
    for (ExternalMessage& message : messages) {
        message.stamp.time = get_time(in);
        message.stamp.seq = {in.fixed<std::uint64_t>()};
        message.sender = {in.fixed<std::uint64_t>()};
        message.payload = in.sized();
    }
    return messages;
}

}  // namespace teatime::replayer
