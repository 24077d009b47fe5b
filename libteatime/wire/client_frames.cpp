#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "frame_parts.h"
#include "numbers.h"
#include "teatime/state/json.h"
#include "teatime/wire/croquet.h"
#include "teatime/wire/json_scanner.h"

namespace teatime::wire {
namespace {

using session::CloseCode;
using Text = std::string_view;

Refused bad(Text action) {
    return {CloseCode::unknown_error,
            fmt::format("The args of {} are not what they must be.", action)};
}

/// The parts of a message tuple `[time, seq, payload ... extra]`. Clients' payloads are strings:
/// an object would be taken for one of the router's own messages.
bool read_tuple(Text tuple, std::string& payload, std::string& extra) {
    Text parts[3];
    Text rest;
    if (!read_list(tuple, parts, rest) || !is_string(parts[2])) return false;
    payload = parts[2];
    extra = rest;
    return true;
}

ClientInput decode_send(Text args, Text tags) {
    session::Send send;
    if (!read_tuple(args, send.payload, send.extra)) return bad("SEND");
    if (!tags.empty()) {
        Text debounce, message_id, number;
        if (!read_object(tags, {{"debounce", debounce}, {"msgID", message_id}, {"number", number}}))
            return bad("SEND");
        send.debounce = parse_js_milliseconds(debounce).value_or(Duration(0));
        send.message_id = text_or_empty(message_id);
        send.number = whole_or_zero(number);
    }
    return session::ClientFrame(std::move(send));
}

struct TickFields {
    std::optional<Duration> tick;
    Duration delay{0};
    std::optional<session::Rate> scale;
};

TickFields read_ticks(Text args) {
    Text tick, delay, scale;
    if (!read_object(args, {{"tick", tick}, {"delay", delay}, {"scale", scale}})) return {};
    return {parse_js_milliseconds(tick), parse_js_milliseconds(delay).value_or(Duration(0)),
            parse_js_rate(scale)};
}

bool read_native(Text object, session::JoinRequest::Native& native) {
    Text app, code, name, role, replica, timeline, token, last;
    if (!read_object(object, {{"app", app},
                              {"code", code},
                              {"name", name},
                              {"role", role},
                              {"replica", replica},
                              {"timeline", timeline},
                              {"token", token},
                              {"last", last}}))
        return false;
    native.app = text_or_empty(app);
    native.code_id = text_or_empty(code);
    native.name = text_or_empty(name);
    native.role =
        text_or_empty(role) == "viewer" ? session::Role::viewer : session::Role::participant;
    native.replica = replica != "false";
    native.timeline = text_or_empty(timeline);
    native.token = text_or_empty(token);
    native.last_seq = {whole_or_zero(last)};
    return true;
}

ClientInput decode_join(Text args) {
    Text version, key, user, ticks, tove, leave_delay, flags, native;
    if (!read_object(args, {{"version", version},
                            {"apiKey", key},
                            {"user", user},
                            {"ticks", ticks},
                            {"tove", tove},
                            {"leaveDelay", leave_delay},
                            {"flags", flags},
                            {"teatime", native}}))
        return bad("JOIN");
    if (!truthy(version))
        return Refused{CloseCode::outdated, "JOIN has no version: this protocol is outdated."};
    if (key.empty()) return Refused{CloseCode::bad_key, "JOIN has no apiKey; any value does here."};
    session::JoinRequest join;
    join.details_json = args;
    join.tove = text_or_empty(tove);
    if (!native.empty()) {
        join.kind = session::Kind::native;
        if (!read_native(native, join.native)) return bad("JOIN");
        return session::ClientFrame(std::move(join));
    }
    if (truthy(user)) join.croquet.user_json = user;
    TickFields fields = read_ticks(ticks);
    join.croquet.tick = fields.tick;
    join.croquet.delay = fields.delay;
    join.croquet.scale = fields.scale;
    join.croquet.leave_delay = parse_js_milliseconds(leave_delay);
    join.croquet.flags = read_flags(flags);
    return session::ClientFrame(std::move(join));
}

ClientInput decode_tutti(Text args) {
    Text parts[7];
    Text rest;
    if (!read_list(args, parts, rest)) return bad("TUTTI");
    auto time = parse_js_time(parts[0]);
    if (!time || !is_string(parts[2]) || !is_string(parts[6])) return bad("TUTTI");
    session::Tutti tutti;
    tutti.send_time_json = parts[0];
    tutti.send_time = *time;
    tutti.payload_json = parts[2];
    if (truthy(parts[3])) {
        tutti.first.emplace();
        if (!read_tuple(parts[3], *tutti.first, tutti.first_extra)) return bad("TUTTI");
    }
    tutti.wants_vote = truthy(parts[4]);
    tutti.tally_target_json = parts[5];
    tutti.key_json = parts[6];
    return session::ClientFrame(std::move(tutti));
}

ClientInput decode_snap(Text args, Seq last) {
    Text time, seq, hash, url, dissident, request;
    if (!read_object(args, {{"time", time},
                            {"seq", seq},
                            {"hash", hash},
                            {"url", url},
                            {"dissident", dissident},
                            {"request", request}}))
        return bad("SNAP");
    auto at = parse_js_time(time);
    auto number = parse_wire_seq(seq);
    auto address = to_text(url);
    if (!at || !number || !address) return bad("SNAP");
    session::Snap snap;
    snap.request = whole_or_zero(request);
    snap.snapshot = {std::move(*address), *at, seq_near(*number, last), text_or_empty(hash)};
    snap.dissident = truthy(dissident);
    return session::ClientFrame(std::move(snap));
}

ClientInput decode_ticks(Text args) {
    TickFields fields = read_ticks(args);
    return session::ClientFrame(session::Ticks{fields.tick, fields.delay, fields.scale});
}

ClientInput decode_vote(Text args) {
    Text mark, hash;
    if (!read_object(args, {{"mark", mark}, {"hash", hash}})) return bad("VOTE");
    auto at = read_mark(mark);
    auto state = read_hash(hash);
    if (!at || !state) return bad("VOTE");
    return session::ClientFrame(session::Vote{*at, *state});
}

ClientInput decode_step(Text args) {
    Text id, mark, hash, next;
    if (!read_object(args, {{"id", id}, {"mark", mark}, {"hash", hash}, {"next", next}}))
        return bad("STEP");
    auto number = parse_whole(id);
    auto at = read_mark(mark);
    auto state = read_hash(hash);
    if (!number || !at || !state) return bad("STEP");
    return session::ClientFrame(session::StepReport{*number, *at, *state, parse_js_time(next)});
}

ClientInput decode_pull(Text args) {
    auto time = parse_js_time(args);
    if (!time) return bad("PULL");
    return session::ClientFrame(session::Pull{*time});
}

ClientInput decode_time(Text args) {
    auto op = session::parse_time_payload(args);
    if (!op) return bad("TIME");
    return session::ClientFrame(
        session::TimeRequest{op->id, op->op, op->rate, op->by, op->to - kSessionStart, op->mark});
}

constexpr std::array<Text, 3> kLeaseOps{"take", "hand", "release"};

ClientInput decode_lead(Text args) {
    Text request, op, to;
    if (!read_object(args, {{"request", request}, {"op", op}, {"to", to}})) return bad("LEAD");
    auto name = std::find(kLeaseOps.begin(), kLeaseOps.end(), text_or_empty(op));
    if (name == kLeaseOps.end()) return bad("LEAD");
    return session::ClientFrame(session::LeaseRequest{
        whole_or_zero(request), static_cast<session::LeaseRequest::Op>(name - kLeaseOps.begin()),
        MemberId{whole_or_zero(to)}});
}

ClientInput decode_note(Text args) {
    Text request, mark, text;
    if (!read_object(args, {{"request", request}, {"mark", mark}, {"text", text}}))
        return bad("NOTE");
    auto at = read_mark(mark);
    auto said = to_text(text);
    if (!at || !said) return bad("NOTE");
    return session::ClientFrame(
        session::NoteRequest{whole_or_zero(request), *at, std::move(*said)});
}

ClientInput decode_states(Text args) {
    Text request, members;
    if (!read_object(args, {{"request", request}, {"members", members}})) return bad("STATES");
    session::StateRequest states{whole_or_zero(request), {}};
    if (!read_numbers(members, states.members)) return bad("STATES");
    return session::ClientFrame(std::move(states));
}

ClientInput decode_view(Text args) {
    Text mark, follows, points_at;
    if (!read_object(args, {{"mark", mark}, {"follows", follows}, {"pointsAt", points_at}}))
        return bad("VIEW");
    auto at = read_mark(mark);
    if (!at) return bad("VIEW");
    return session::ClientFrame(
        session::Playhead{{}, *at, follows == "true", text_or_empty(points_at)});
}

// ---- encoding --------------------------------------------------------------------------------

struct ClientEncoder {
    std::string_view id;
    std::string out = {};

    void begin(Text action) { begin_frame(out, id, action); }
    std::string end() {
        out += '}';
        return std::move(out);
    }

    std::string operator()(const session::JoinRequest& join) {
        begin("JOIN");
        if (!join.details_json.empty()) {
            out += join.details_json;
            return end();
        }
        const auto& native = join.native;
        out += R"({"version":1,"apiKey":"none")";
        append_field(out, "name", native.app);
        append_raw_field(out, "teatime", "{");
        append_field(out, "app", native.app);
        append_field(out, "code", native.code_id);
        append_field(out, "name", native.name);
        append_field(out, "role", native.role == session::Role::viewer ? "viewer" : "participant");
        append_raw_field(out, "replica", native.replica ? "true" : "false");
        if (!native.token.empty()) {
            append_field(out, "timeline", native.timeline);
            append_field(out, "token", native.token);
            append_raw_field(out, "last", std::to_string(native.last_seq.value));
        }
        out += "}}";
        return end();
    }
    std::string operator()(const session::Send& send) {
        begin("SEND");
        out += "[0,0,";
        out += send.payload;
        out += send.extra;
        out += ']';
        bool tagged = !send.message_id.empty();
        if (tagged || send.number) {
            out += ",\"tags\":{";
            if (tagged) {
                append_raw_field(out, "debounce",
                                 to_milliseconds_text(kSessionStart + send.debounce));
                append_field(out, "msgID", send.message_id);
            }
            if (send.number) append_raw_field(out, "number", std::to_string(send.number));
            out += '}';
        }
        return end();
    }
    std::string operator()(const session::Tutti& tutti) {
        begin("TUTTI");
        out += '[' + tutti.send_time_json + ",0," + tutti.payload_json + ',';
        out += tutti.first ? "[0,0," + *tutti.first + tutti.first_extra + ']' : "null";
        out += tutti.wants_vote ? ",true," : ",false,";
        out += tutti.tally_target_json + ',' + tutti.key_json + ']';
        return end();
    }
    std::string operator()(const session::Snap& snap) {
        begin("SNAP");
        out += '{';
        append_raw_field(out, "time", to_milliseconds_text(snap.snapshot.time));
        append_raw_field(out, "seq", std::to_string(wire_seq(snap.snapshot.seq)));
        append_field(out, "hash", snap.snapshot.hash);
        append_field(out, "url", snap.snapshot.url);
        append_raw_field(out, "dissident", snap.dissident ? "true" : "null");
        if (snap.request) append_raw_field(out, "request", std::to_string(snap.request));
        out += '}';
        return end();
    }
    std::string operator()(const session::Vote& vote) {
        begin("VOTE");
        out += '{';
        append_field(out, "mark", to_string(vote.mark));
        append_field(out, "hash", to_string(vote.hash));
        out += '}';
        return end();
    }
    std::string operator()(const session::StepReport& report) {
        begin("STEP");
        out += '{';
        append_raw_field(out, "id", std::to_string(report.id));
        append_field(out, "mark", to_string(report.mark));
        append_field(out, "hash", to_string(report.hash));
        if (report.next) append_raw_field(out, "next", to_milliseconds_text(*report.next));
        out += '}';
        return end();
    }
    std::string operator()(const session::Pull& pull) {
        begin("PULL");
        append_time(out, pull.time);
        return end();
    }
    std::string operator()(const session::Ticks& ticks) {
        begin("TICKS");
        out += '{';
        if (ticks.tick) {
            append_raw_field(out, "tick", to_milliseconds_text(kSessionStart + *ticks.tick));
            append_raw_field(out, "delay", to_milliseconds_text(kSessionStart + ticks.delay));
        }
        if (ticks.scale) {
            append_raw_field(out, "scale", {});
            append_json_double(out, static_cast<double>(ticks.scale->num) / ticks.scale->den);
        }
        out += '}';
        return end();
    }
    std::string operator()(const session::TimeRequest& request) {
        begin("TIME");
        out += session::to_payload(session::TimeOp{request.op,
                                                   request.request,
                                                   {},
                                                   request.rate,
                                                   request.by,
                                                   {},
                                                   kSessionStart + request.duration,
                                                   request.mark});
        return end();
    }
    std::string operator()(const session::LeaseRequest& request) {
        begin("LEAD");
        out += '{';
        append_raw_field(out, "request", std::to_string(request.request));
        append_field(out, "op", kLeaseOps[static_cast<std::size_t>(request.op)]);
        if (request.to) append_raw_field(out, "to", std::to_string(request.to.value));
        out += '}';
        return end();
    }
    std::string operator()(const session::NoteRequest& note) {
        begin("NOTE");
        out += '{';
        append_raw_field(out, "request", std::to_string(note.request));
        append_field(out, "mark", to_string(note.mark));
        append_field(out, "text", note.text);
        out += '}';
        return end();
    }
    std::string operator()(const session::StateRequest& states) {
        begin("STATES");
        out += '{';
        append_raw_field(out, "request", std::to_string(states.request));
        append_numbers(out, "members", states.members);
        out += '}';
        return end();
    }
    std::string operator()(const session::Playhead& playhead) {
        begin("VIEW");
        out += '{';
        append_field(out, "mark", to_string(playhead.mark));
        append_raw_field(out, "follows", playhead.follows ? "true" : "false");
        if (!playhead.points_at.empty()) append_field(out, "pointsAt", playhead.points_at);
        out += '}';
        return end();
    }
};

}  // namespace

ClientInput decode_client_frame(std::string_view text, Seq last) {
    Text id, action, args, tags;
    if (!read_object(text, {{"id", id}, {"action", action}, {"args", args}, {"tags", tags}}))
        return Refused{CloseCode::malformed, "A frame must be one JSON object."};
    if (!is_string(action)) return Refused{CloseCode::malformed, "A frame must have an action."};
    action = action.substr(1, action.size() - 2);
    if (action == "SEND") return decode_send(args, tags);
    if (action == "PULSE") return Ignored{std::string(action), {}};
    if (action == "PING") return Ping{std::string(args)};
    if (action == "JOIN") return decode_join(args);
    if (action == "TUTTI") return decode_tutti(args);
    if (action == "SNAP") return decode_snap(args, last);
    if (action == "TICKS") return decode_ticks(args);
    if (action == "VOTE") return decode_vote(args);
    if (action == "STEP") return decode_step(args);
    if (action == "PULL") return decode_pull(args);
    if (action == "TIME") return decode_time(args);
    if (action == "LEAD") return decode_lead(args);
    if (action == "NOTE") return decode_note(args);
    if (action == "STATES") return decode_states(args);
    if (action == "VIEW") return decode_view(args);
    return Ignored{std::string(action), std::string(args)};
}

std::string encode_client_frame(const session::ClientFrame& frame, std::string_view session_id) {
    return std::visit(ClientEncoder{session_id}, frame);
}

}  // namespace teatime::wire
