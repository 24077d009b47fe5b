#include "protocol.h"

#include <bit>

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
    out.fixed(std::uint8_t{code.can_input});
}
Code get_code(ByteReader& in) {
    Code code;
    code.app = in.sized();
    code.code_id = in.sized();
    code.path = in.sized();
    code.can_draw = in.fixed<std::uint8_t>() != 0;
    code.can_input = in.fixed<std::uint8_t>() != 0;
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

namespace {

/// In the order of Value's alternatives.
enum class Tag : std::uint8_t {
    null,
    boolean,
    integer,
    unsigned_,
    real,
    text,
    bytes,
    list,
    entries
};

constexpr int kDeepest = 600;  // a state's values are at most 512 deep

}  // namespace

void put(ByteWriter& out, const Value& value) {
    auto tag = [&](Tag kind) { out.fixed(static_cast<std::uint8_t>(kind)); };
    if (const bool* flag = value.if_bool()) {
        tag(Tag::boolean);
        out.fixed(std::uint8_t{*flag});
    } else if (const std::int64_t* integer = value.if_int()) {
        tag(Tag::integer);
        out.fixed(*integer);
    } else if (const std::uint64_t* large = value.if_uint()) {
        tag(Tag::unsigned_);
        out.fixed(*large);
    } else if (const double* real = value.if_double()) {
        tag(Tag::real);
        out.fixed(std::bit_cast<std::uint64_t>(*real));
    } else if (const std::string* text = value.if_string()) {
        tag(Tag::text);
        out.sized(*text);
    } else if (const Value::Bytes* bytes = value.if_bytes()) {
        tag(Tag::bytes);
        out.sized(bytes->data);
    } else if (const Value::List* list = value.if_list()) {
        tag(Tag::list);
        out.fixed(static_cast<std::uint32_t>(list->size()));
        for (const Value& each : *list) put(out, each);
    } else if (const Value::Entries* entries = value.if_entries()) {
        tag(Tag::entries);
        out.fixed(static_cast<std::uint32_t>(entries->size()));
        for (const auto& [name, each] : *entries) {
            out.sized(name);
            put(out, each);
        }
    } else {
        tag(Tag::null);
    }
}
Value get_value(ByteReader& in, int depth) {
    if (depth > kDeepest) in.fail();
    switch (static_cast<Tag>(in.fixed<std::uint8_t>())) {
        case Tag::null:
            return {};
        case Tag::boolean:
            return in.fixed<std::uint8_t>() != 0;
        case Tag::integer:
            return in.fixed<std::int64_t>();
        case Tag::unsigned_:
            return in.fixed<std::uint64_t>();
        case Tag::real:
            return std::bit_cast<double>(in.fixed<std::uint64_t>());
        case Tag::text:
            return in.sized();
        case Tag::bytes:
            return Value::Bytes{std::string(in.sized())};
        case Tag::list: {
            Value::List list;
            for (auto count = in.count(); count > 0; --count) {
                list.push_back(get_value(in, depth + 1));
            }
            return list;
        }
        case Tag::entries: {
            Value::Entries entries;
            for (auto count = in.count(5); count > 0; --count) {
                std::string name(in.sized());
                entries.emplace_back(std::move(name), get_value(in, depth + 1));
            }
            return entries;
        }
    }
    in.fail();
    return {};
}

void put(ByteWriter& out, const ValueChange& change) {
    out.fixed(change.path);
    out.fixed(std::uint8_t{change.at_start});
    put(out, change.step.time);
    out.fixed(change.step.n);
    out.fixed(std::uint8_t{change.step.external});
    out.fixed(std::uint8_t{change.value.has_value()});
    if (change.value) put(out, *change.value);
}
ValueChange get_change(ByteReader& in) {
    ValueChange change;
    change.path = in.fixed<std::uint32_t>();
    change.at_start = in.fixed<std::uint8_t>() != 0;
    change.step.time = get_time(in);
    change.step.n = in.fixed<std::uint64_t>();
    change.step.external = in.fixed<std::uint8_t>() != 0;
    if (in.fixed<std::uint8_t>() != 0) change.value = get_value(in);
    return change;
}

void put(ByteWriter& out, const Tally& tally) {
    out.fixed(static_cast<std::uint32_t>(tally.entries.size()));
    for (const TallyEntry& entry : tally.entries) {
        out.sized(entry.class_name);
        out.sized(entry.selector);
        out.fixed(std::uint8_t{entry.external});
        out.fixed(entry.count);
        out.fixed(entry.errors);
        out.fixed(std::int64_t{entry.time.count()});
    }
    out.fixed(static_cast<std::uint32_t>(tally.cells.size()));
    for (const Tally::Cell& cell : tally.cells) {
        out.fixed(cell.bucket);
        out.fixed(cell.entry);
        out.fixed(cell.count);
    }
    out.fixed(static_cast<std::uint32_t>(tally.places.size()));
    for (const Tally::Place& place : tally.places) {
        out.fixed(place.number);
        put(out, place.mark);
    }
}
Tally get_tally(ByteReader& in) {
    Tally tally;
    for (auto count = in.count(33); count > 0; --count) {
        TallyEntry& entry = tally.entries.emplace_back();
        entry.class_name = in.sized();
        entry.selector = in.sized();
        entry.external = in.fixed<std::uint8_t>() != 0;
        entry.count = in.fixed<std::uint64_t>();
        entry.errors = in.fixed<std::uint64_t>();
        entry.time = std::chrono::nanoseconds(in.fixed<std::int64_t>());
    }
    tally.cells.resize(in.count(20));
    for (Tally::Cell& cell : tally.cells) {
        cell.bucket = in.fixed<std::int64_t>();
        cell.entry = in.fixed<std::uint32_t>();
        cell.count = in.fixed<std::uint64_t>();
        if (cell.entry >= tally.entries.size()) in.fail();
    }
    tally.places.resize(in.count(32));
    for (Tally::Place& place : tally.places) {
        place.number = in.fixed<std::uint64_t>();
        place.mark = get_mark(in);
    }
    return tally;
}

void put(ByteWriter& out, const Input& input) {
    out.fixed(static_cast<std::uint8_t>(input.kind));
    out.fixed(std::bit_cast<std::uint64_t>(input.x));
    out.fixed(std::bit_cast<std::uint64_t>(input.y));
    out.fixed(static_cast<std::uint8_t>(input.button));
    out.sized(input.key);
    out.fixed(input.member.value);
}
Input get_input(ByteReader& in) {
    Input input;
    input.kind = static_cast<Input::Kind>(in.fixed<std::uint8_t>());
    input.x = std::bit_cast<double>(in.fixed<std::uint64_t>());
    input.y = std::bit_cast<double>(in.fixed<std::uint64_t>());
    input.button = static_cast<Input::Button>(in.fixed<std::uint8_t>());
    input.key = in.sized();
    input.member = {in.fixed<std::uint64_t>()};
    return input;
}

void put(ByteWriter& out, const RunLimit& limit) {
    put(out, limit.until);
    out.fixed(limit.messages);
    out.fixed(std::int64_t{limit.wall.count()});
    out.fixed(std::uint8_t{limit.stop_after_error});
    out.fixed(std::uint8_t{limit.stop_after_external});
    out.fixed(std::uint8_t{limit.find.has_value()});
    ExecutedInfo::Cause find = limit.find.value_or(ExecutedInfo::Cause{});
    out.fixed(std::uint8_t{find.external});
    out.fixed(find.order);
    out.fixed(std::uint8_t{limit.steps});
    out.fixed(std::uint8_t{limit.details});
    out.fixed(static_cast<std::uint32_t>(limit.watch.size()));
    for (const std::string& path : limit.watch) out.sized(path);
    out.fixed(std::uint8_t{limit.tally.has_value()});
    TallyRequest tally = limit.tally.value_or(TallyRequest{});
    put(out, tally.origin);
    out.fixed(std::int64_t{tally.bucket.count()});
    out.fixed(tally.executed);
    out.fixed(tally.every);
}
RunLimit get_limit(ByteReader& in) {
    RunLimit limit;
    limit.until = get_mark(in);
    limit.messages = in.fixed<std::uint64_t>();
    limit.wall = std::chrono::nanoseconds(in.fixed<std::int64_t>());
    limit.stop_after_error = in.fixed<std::uint8_t>() != 0;
    limit.stop_after_external = in.fixed<std::uint8_t>() != 0;
    bool finds = in.fixed<std::uint8_t>() != 0;
    ExecutedInfo::Cause find;
    find.external = in.fixed<std::uint8_t>() != 0;
    find.order = in.fixed<std::uint64_t>();
    if (finds) limit.find = find;
    limit.steps = in.fixed<std::uint8_t>() != 0;
    limit.details = in.fixed<std::uint8_t>() != 0;
    limit.watch.resize(in.count(sizeof(std::uint32_t)));
    for (std::string& path : limit.watch) path = in.sized();
    bool tallies = in.fixed<std::uint8_t>() != 0;
    TallyRequest tally;
    tally.origin = get_time(in);
    tally.bucket = Duration(in.fixed<std::int64_t>());
    tally.executed = in.fixed<std::uint64_t>();
    tally.every = in.fixed<std::uint64_t>();
    if (tallies) limit.tally = tally;
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
    out.fixed(static_cast<std::uint32_t>(result.details.size()));
    for (const ExecutedInfo& info : result.details) put(out, info);
    out.fixed(static_cast<std::uint32_t>(result.values.size()));
    for (const ValueChange& change : result.values) put(out, change);
    put(out, result.tally);
}
RunResult get_run_result(ByteReader& in) {
    RunResult result;
    auto stop = in.fixed<std::uint8_t>();
    if (stop > static_cast<std::uint8_t>(RunResult::Stop::full)) in.fail();
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
    for (count = in.count(60); count > 0; --count) result.details.push_back(get_executed(in));
    for (count = in.count(20); count > 0; --count) result.values.push_back(get_change(in));
    result.tally = get_tally(in);
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
