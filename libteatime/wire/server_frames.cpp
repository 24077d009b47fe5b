#include <fmt/format.h>

#include "company_frames.h"
#include "frame_parts.h"
#include "numbers.h"
#include "teatime/state/json.h"
#include "teatime/wire/croquet.h"
#include "teatime/wire/json_scanner.h"

namespace teatime::wire {
namespace {

using Text = std::string_view;

constexpr Text kReflector = "teatime";

// ---- encoding --------------------------------------------------------------------------------

void append_tuple(std::string& out, const session::Message& message) {
    out += '[';
    append_time(out, message.stamp.time);
    out += ',';
    append_number(out, wire_seq(message.stamp.seq));
    out += ',';
    out += message.payload;
    out += message.extra;
    out += ']';
}

void append_state(std::string& out, Text name, const session::TimeState& state) {
    append_raw_field(out, name, "{");
    append_raw_field(out, "paused", state.paused ? "true" : "false");
    append_field(out, "rate", to_string(state.rate));
    append_raw_field(out, "time", to_milliseconds_text(state.time));
    append_raw_field(out, "last", std::to_string(state.last_op));
    append_raw_field(out, "held", std::to_string(state.held));
    if (state.until) append_field(out, "until", to_string(*state.until));
    out += '}';
}

void append_groups(std::string& out, const std::vector<session::Agreement>& groups) {
    append_raw_field(out, "groups", "[");
    for (const session::Agreement& group : groups) {
        if (out.back() != '[') out += ',';
        out += '{';
        append_field(out, "mark", to_string(group.mark));
        append_field(out, "hash", to_string(group.hash));
        append_numbers(out, "members", group.members);
        out += '}';
    }
    out += ']';
}

void append_outcome(std::string& out, const session::StepOutcome& outcome) {
    out += '{';
    append_raw_field(out, "op", session::to_payload(outcome.op));
    append_groups(out, outcome.groups);
    append_numbers(out, "missing", outcome.missing);
    append_state(out, "state", outcome.state);
    out += '}';
}

Text name_of(session::Kind kind) {
    return kind == session::Kind::native    ? "native"
           : kind == session::Kind::croquet ? "croquet"
                                            : "undecided";
}

void append_native(std::string& out, const session::Sync& sync) {
    const session::SessionInfo& session = sync.session;
    const session::Sync::Native& native = *sync.native;
    append_raw_field(out, "teatime", "{");
    append_field(out, "kind", name_of(session.kind));
    append_field(out, "app", session.app);
    append_field(out, "code", session.code_id);
    append_field(out, "time", session.mode == session::TimeMode::lazy ? "lazy" : "heartbeat");
    append_raw_field(out, "tick", to_milliseconds_text(kSessionStart + session.tick));
    append_raw_field(out, "votes", to_milliseconds_text(kSessionStart + session.vote_interval));
    append_raw_field(out, "seq", std::to_string(sync.seq.value));
    if (sync.snapshot) append_field(out, "snapshotHash", sync.snapshot->hash);
    append_raw_field(out, "member", std::to_string(native.member.value));
    append_field(out, "token", native.token);
    append_raw_field(out, "resumed", native.resumed ? "true" : "false");
    append_raw_field(out, "known", native.known ? "true" : "false");
    append_raw_field(out, "sent", std::to_string(native.sent));
    append_numbers(out, "held", native.held);
    append_raw_field(out, "puller", std::to_string(native.puller.value));
    append_raw_field(out, "clock", to_milliseconds_text(native.clock));
    append_state(out, "start", native.at_start);
    out += '}';
}

struct ServerEncoder {
    std::string_view id;
    std::string out = {};

    void begin(Text action) { begin_frame(out, id, action); }
    std::string end() {
        out += '}';
        return std::move(out);
    }

    std::string operator()(const session::MessagePtr& message) {
        out.reserve(id.size() + message->payload.size() + message->extra.size() + 80);
        begin("RECV");
        append_tuple(out, *message);
        return end();
    }
    std::string operator()(const session::Tick& tick) {
        begin("TICK");
        append_time(out, tick.time);
        return end();
    }
    std::string operator()(const session::SyncPtr& sync) {
        std::size_t size = 1024;
        for (const auto& message : sync->messages) {
            size += message->payload.size() + message->extra.size() + 40;
        }
        out.reserve(size);
        begin("SYNC");
        out += '{';
        append_field(out, "url", sync->snapshot ? Text(sync->snapshot->url) : Text());
        append_raw_field(out, "messages", "[");
        for (const auto& message : sync->messages) {
            if (out.back() != '[') out += ',';
            append_tuple(out, *message);
        }
        out += ']';
        append_raw_field(out, "time", to_milliseconds_text(sync->time));
        append_raw_field(out, "seq", std::to_string(wire_seq(sync->seq)));
        if (!sync->tove.empty()) append_field(out, "tove", sync->tove);
        append_field(out, "reflector", kReflector);
        append_field(out, "timeline", sync->session.timeline);
        append_flags(out, sync->flags);
        if (sync->snapshot) {
            append_raw_field(out, "snapshotTime", to_milliseconds_text(sync->snapshot->time));
            append_raw_field(out, "snapshotSeq", std::to_string(wire_seq(sync->snapshot->seq)));
        }
        if (sync->native) append_native(out, *sync);
        out += '}';
        return end();
    }
    std::string operator()(const session::Info& info) {
        begin("INFO");
        out += '{';
        append_field(out, "code", info.code);
        append_field(out, "msg", info.message);
        append_raw_field(out, "options", "{");
        append_field(out, "level", info.level);
        out += '}';
        if (info.refused) append_raw_field(out, "refused", std::to_string(info.refused));
        if (!info.groups.empty()) append_groups(out, info.groups);
        out += '}';
        return end();
    }
    std::string operator()(const session::Requ& requ) {
        begin("REQU");
        out += fmt::format("{{\"request\":{}}}", requ.request);
        return end();
    }
    std::string operator()(const session::Puller& puller) {
        begin("PULLER");
        out += fmt::format("{{\"member\":{}}}", puller.member.value);
        return end();
    }
    std::string operator()(const std::shared_ptr<const session::StepOutcome>& outcome) {
        begin("STEPPED");
        append_outcome(out, *outcome);
        return end();
    }
    std::string operator()(const session::TimeAnswer& answer) {
        begin("TIMED");
        out += '{';
        append_raw_field(out, "request", std::to_string(answer.request));
        append_field(out, "refused", answer.refused);
        append_state(out, "state", answer.state);
        if (answer.outcome) {
            append_raw_field(out, "outcome", {});
            append_outcome(out, *answer.outcome);
        }
        out += '}';
        return end();
    }
    std::string operator()(const session::Answer& answer) {
        begin("ANSWER");
        out += '{';
        append_raw_field(out, "request", std::to_string(answer.request));
        append_field(out, "refused", answer.refused);
        out += '}';
        return end();
    }
    std::string operator()(const session::StateAnswer& answer) {
        begin("STATES");
        out += '{';
        append_raw_field(out, "request", std::to_string(answer.request));
        append_field(out, "refused", answer.refused);
        append_raw_field(out, "states", "[");
        for (const session::SnapshotInfo& state : answer.states) {
            out += out.back() == '[' ? "{" : ",{";
            append_field(out, "url", state.url);
            append_raw_field(out, "time", to_milliseconds_text(state.time));
            append_raw_field(out, "seq", std::to_string(state.seq.value));
            append_field(out, "hash", state.hash);
            out += '}';
        }
        out += "]}";
        return end();
    }
    template <class CompanyFrame>
    std::string operator()(const CompanyFrame& frame) {
        begin(company_action(frame));
        append_args(out, frame);
        return end();
    }
};

// ---- decoding --------------------------------------------------------------------------------

Error broken(Text action) {
    return unreadable(fmt::format("The server sent a {} that cannot be read.", action));
}

std::optional<session::TimeState> read_state(Text object) {
    Text paused, rate, time, last, held, until;
    if (!read_object(object, {{"paused", paused},
                              {"rate", rate},
                              {"time", time},
                              {"last", last},
                              {"held", held},
                              {"until", until}}))
        return std::nullopt;
    auto speed = session::parse_rate(text_or_empty(rate));
    auto at = parse_js_time(time);
    if (!speed || !at) return std::nullopt;
    session::TimeState state{paused == "true", *speed, *at, whole_or_zero(last),
                             whole_or_zero(held)};
    if (until.empty()) return state;
    state.until = read_mark(until);
    return state.until ? std::optional(state) : std::nullopt;
}

std::optional<session::Agreement> read_group(Text object) {
    Text mark, hash, members;
    if (!read_object(object, {{"mark", mark}, {"hash", hash}, {"members", members}}))
        return std::nullopt;
    auto at = read_mark(mark);
    auto state = read_hash(hash);
    session::Agreement group;
    if (!at || !state || !read_numbers(members, group.members)) return std::nullopt;
    group.mark = *at;
    group.hash = *state;
    return group;
}

bool read_groups(Text list, std::vector<session::Agreement>& groups) {
    JsonScanner scanner(list);
    if (!scanner.enter('[')) return false;
    while (scanner.next_element()) {
        auto group = read_group(scanner.value());
        if (!group) return false;
        groups.push_back(std::move(*group));
    }
    return scanner.at_end();
}

std::shared_ptr<const session::StepOutcome> read_outcome(Text object) {
    Text op, groups, missing, state;
    if (!read_object(object,
                     {{"op", op}, {"groups", groups}, {"missing", missing}, {"state", state}}))
        return nullptr;
    auto outcome = std::make_shared<session::StepOutcome>();
    auto done = session::parse_time_payload(op);
    auto now = read_state(state);
    if (!done || !now || !read_numbers(missing, outcome->missing)) return nullptr;
    outcome->op = *done;
    outcome->state = *now;
    return read_groups(groups, outcome->groups) ? outcome : nullptr;
}

bool read_native(Text object, session::Sync& sync) {
    Text kind, app, code, mode, tick, votes, seq, hash, member, token, resumed, known, sent, held,
        puller, clock, start;
    if (!read_object(object, {{"kind", kind},
                              {"app", app},
                              {"code", code},
                              {"time", mode},
                              {"tick", tick},
                              {"votes", votes},
                              {"seq", seq},
                              {"snapshotHash", hash},
                              {"member", member},
                              {"token", token},
                              {"resumed", resumed},
                              {"known", known},
                              {"sent", sent},
                              {"held", held},
                              {"puller", puller},
                              {"clock", clock},
                              {"start", start}}))
        return false;
    auto state = read_state(start);
    auto now = parse_js_time(clock);
    auto id = parse_whole(member);
    auto last = parse_whole(seq);
    if (!state || !now || !id || !last) return false;
    sync.native.emplace();
    if (!held.empty() && !read_numbers(held, sync.native->held)) return false;
    session::SessionInfo& session = sync.session;
    if (text_or_empty(kind) == name_of(session::Kind::native)) session.kind = session::Kind::native;
    session.app = text_or_empty(app);
    session.code_id = text_or_empty(code);
    session.mode =
        text_or_empty(mode) == "lazy" ? session::TimeMode::lazy : session::TimeMode::heartbeat;
    session.tick = parse_js_milliseconds(tick).value_or(Duration(0));
    session.vote_interval = parse_js_milliseconds(votes).value_or(Duration(0));
    sync.seq = {*last};
    if (sync.snapshot) sync.snapshot->hash = text_or_empty(hash);
    sync.native->member = {*id};
    sync.native->token = text_or_empty(token);
    sync.native->resumed = resumed == "true";
    sync.native->known = known == "true";
    sync.native->sent = whole_or_zero(sent);
    sync.native->puller = {whole_or_zero(puller)};
    sync.native->clock = *now;
    sync.native->at_start = *state;
    return true;
}

result<session::Frame> decode_info(Text args) {
    Text code, message, options, refused, level, groups;
    if (!read_object(args, {{"code", code},
                            {"msg", message},
                            {"options", options},
                            {"refused", refused},
                            {"groups", groups}}) ||
        (!options.empty() && !read_object(options, {{"level", level}})))
        return broken("INFO");
    session::Info info{text_or_empty(code), text_or_empty(message), text_or_empty(level),
                       whole_or_zero(refused)};
    if (!groups.empty() && !read_groups(groups, info.groups)) return broken("INFO");
    return session::Frame(std::move(info));
}

result<session::Frame> decode_timed(Text args) {
    Text request, refused, state, outcome;
    if (!read_object(
            args,
            {{"request", request}, {"refused", refused}, {"state", state}, {"outcome", outcome}}))
        return broken("TIMED");
    auto now = read_state(state);
    if (!now) return broken("TIMED");
    session::TimeAnswer answer{whole_or_zero(request), text_or_empty(refused), *now, nullptr};
    if (!outcome.empty()) {
        answer.outcome = read_outcome(outcome);
        if (!answer.outcome) return broken("TIMED");
    }
    return session::Frame(std::move(answer));
}

result<session::Frame> decode_state_answer(Text args) {
    Text request, refused, states;
    if (!read_object(args, {{"request", request}, {"refused", refused}, {"states", states}}))
        return broken("STATES");
    session::StateAnswer answer{whole_or_zero(request), text_or_empty(refused), {}};
    JsonScanner scanner(states);
    if (!scanner.enter('[')) return broken("STATES");
    while (scanner.next_element()) {
        Text url, time, seq, hash;
        if (!read_object(scanner.value(),
                         {{"url", url}, {"time", time}, {"seq", seq}, {"hash", hash}}))
            return broken("STATES");
        auto at = parse_js_time(time);
        auto number = parse_whole(seq);
        if (!at || !number) return broken("STATES");
        answer.states.push_back({text_or_empty(url), *at, {*number}, text_or_empty(hash)});
    }
    if (!scanner.at_end()) return broken("STATES");
    return session::Frame(std::move(answer));
}

}  // namespace

std::string encode_frame(const session::Frame& frame, std::string_view session_id) {
    return std::visit(ServerEncoder{session_id}, frame);
}

std::string encode_pong(const Ping& ping) {
    // Without an id: clients take it for a session's frame otherwise.
    if (ping.args_json.empty()) return R"({"action":"PONG"})";
    return R"({"action":"PONG","args":)" + ping.args_json + "}";
}

result<session::MessagePtr> ServerDecoder::decode_message(Text tuple, Seq near) const {
    Text parts[3];
    Text extra;
    if (!read_list(tuple, parts, extra)) return broken("message");
    auto time = parse_js_time(parts[0]);
    auto seq = parse_wire_seq(parts[1]);
    if (!time || !seq) return broken("message");
    MemberId sender;
    if (kind_ == session::Kind::native && !extra.empty()) {
        auto number = parse_whole(extra.substr(1));
        if (!number) return broken("message");
        sender = {*number};
    }
    return std::make_shared<const session::Message>(session::Message{
        {*time, seq_near(*seq, near)}, sender, std::string(parts[2]), std::string(extra)});
}

result<session::Frame> ServerDecoder::decode_sync(Text id, Text args) {
    Text url, messages, time, seq, tove, timeline, snapshot_time, snapshot_seq, flags, native;
    if (!read_object(args, {{"url", url},
                            {"messages", messages},
                            {"time", time},
                            {"seq", seq},
                            {"tove", tove},
                            {"timeline", timeline},
                            {"snapshotTime", snapshot_time},
                            {"snapshotSeq", snapshot_seq},
                            {"flags", flags},
                            {"teatime", native}}))
        return broken("SYNC");
    auto at = parse_js_time(time);
    auto last = parse_wire_seq(seq);
    if (!at || !last) return broken("SYNC");
    auto sync = std::make_shared<session::Sync>();
    sync->session.id = text_or_empty(id);
    sync->session.kind = session::Kind::croquet;
    sync->session.timeline = text_or_empty(timeline);
    sync->time = *at;
    sync->seq = seq_near(*last, last_);
    sync->tove = text_or_empty(tove);
    sync->flags = read_flags(flags);
    if (std::string address = text_or_empty(url); !address.empty())
        sync->snapshot = session::SnapshotInfo{std::move(address), {}, {}, {}};
    if (!native.empty() && !read_native(native, *sync)) return broken("SYNC");
    if (sync->snapshot) {
        auto taken = parse_js_time(snapshot_time);
        auto number = parse_wire_seq(snapshot_seq);
        if (!taken || !number) return broken("SYNC");
        sync->snapshot->time = *taken;
        sync->snapshot->seq = seq_near(*number, sync->seq);
    }
    kind_ = sync->session.kind;
    last_ = sync->seq;
    JsonScanner scanner(messages);
    if (!scanner.enter('[')) return broken("SYNC");
    while (scanner.next_element()) {
        auto message = decode_message(scanner.value(), sync->seq);
        if (!message) return message.error();
        sync->messages.push_back(std::move(*message));
    }
    if (!scanner.at_end()) return broken("SYNC");
    return session::Frame(session::SyncPtr(std::move(sync)));
}

result<std::optional<session::Frame>> ServerDecoder::decode(std::string_view text) {
    auto whole = chunks_.add(text);
    if (!whole) return whole.error();
    if (!*whole) return std::optional<session::Frame>();
    return decode_whole(**whole);
}

result<std::optional<session::Frame>> ServerDecoder::decode_whole(std::string_view text) {
    Text id, action, args;
    if (!read_object(text, {{"id", id}, {"action", action}, {"args", args}}) || !is_string(action))
        return broken("frame");
    action = action.substr(1, action.size() - 2);
    auto wrap = [](result<session::Frame> frame) -> result<std::optional<session::Frame>> {
        if (!frame) return frame.error();
        return std::optional(std::move(*frame));
    };
    if (action == "RECV") {
        auto message = decode_message(args, last_);
        if (!message) return message.error();
        last_ = (*message)->stamp.seq;
        return std::optional(session::Frame(std::move(*message)));
    }
    if (action == "TICK") {
        Text time = args;
        if (args.starts_with('{')) {
            time = {};
            if (!read_object(args, {{"time", time}})) return broken("TICK");
        }
        auto at = parse_js_time(time);
        if (!at) return broken("TICK");
        return std::optional(session::Frame(session::Tick{*at}));
    }
    if (action == "SYNC") return wrap(decode_sync(id, args));
    if (action == "INFO") return wrap(decode_info(args));
    if (action == "TIMED") return wrap(decode_timed(args));
    if (action == "STATES") return wrap(decode_state_answer(args));
    if (action == "ANSWER") {
        Text request, refused;
        if (!read_object(args, {{"request", request}, {"refused", refused}}))
            return broken("ANSWER");
        return std::optional(
            session::Frame(session::Answer{whole_or_zero(request), text_or_empty(refused)}));
    }
    if (is_company_action(action)) {
        auto frame = read_company_frame(action, args);
        if (!frame) return broken(action);
        return frame;
    }
    if (action == "STEPPED") {
        auto outcome = read_outcome(args);
        if (!outcome) return broken("STEPPED");
        return std::optional(session::Frame(std::move(outcome)));
    }
    if (action == "REQU" || action == "PULLER") {
        Text request, member;
        if (!args.empty() && args != "null" &&
            !read_object(args, {{"request", request}, {"member", member}}))
            return broken(action);
        if (action == "REQU")
            return std::optional(session::Frame(session::Requ{whole_or_zero(request)}));
        return std::optional(session::Frame(session::Puller{{whole_or_zero(member)}}));
    }
    return std::optional<session::Frame>();
}

}  // namespace teatime::wire
