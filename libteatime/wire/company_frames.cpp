#include "company_frames.h"

#include <algorithm>
#include <array>

#include "frame_parts.h"
#include "numbers.h"
#include "teatime/state/json.h"
#include "teatime/wire/json_scanner.h"

namespace teatime::wire {
namespace {

using Text = std::string_view;

constexpr Text kMembers = "MEMBERS", kLead = "LEAD", kWaiting = "WAITING", kNotes = "NOTES",
               kViews = "VIEWS";
constexpr std::array<Text, 5> kActions{kMembers, kLead, kWaiting, kNotes, kViews};

std::string text_of(std::uint64_t number) {
    return std::to_string(number);
}
Text text_of(bool value) {
    return value ? "true" : "false";
}

/// `[{...},{...}]`
template <class List, class AppendFields>
void append_objects(std::string& out, const List& list, AppendFields&& append_fields) {
    out += '[';
    for (const auto& one : list) {
        if (out.back() != '[') out += ',';
        out += '{';
        append_fields(one);
        out += '}';
    }
    out += ']';
}

/// Reads each object of a list with `read(Text object, Entry&)`.
template <class Entry, class Read>
bool read_objects(Text list, std::vector<Entry>& entries, Read&& read) {
    JsonScanner scanner(list);
    if (!scanner.enter('[')) return false;
    while (scanner.next_element()) {
        if (!read(scanner.value(), entries.emplace_back())) return false;
    }
    return scanner.at_end();
}

bool read_id(Text text, MemberId& member) {
    auto number = parse_whole(text);
    if (number) member = {*number};
    return number.has_value();
}

bool read_member(Text object, session::MemberInfo& member) {
    Text id, name, role, replica, here;
    if (!read_object(
            object,
            {{"id", id}, {"name", name}, {"role", role}, {"replica", replica}, {"here", here}}))
        return false;
    member.name = text_or_empty(name);
    if (text_or_empty(role) == "viewer") member.role = session::Role::viewer;
    member.replica = replica == "true";
    member.connected = here == "true";
    return read_id(id, member.id);
}

bool read_waiting(Text object, session::WaitingMessage& message) {
    Text sender, payload, bytes;
    if (!read_object(object, {{"sender", sender}, {"payload", payload}, {"bytes", bytes}}))
        return false;
    message.payload = text_or_empty(payload);
    message.bytes = whole_or_zero(bytes);
    return read_id(sender, message.sender);
}

bool read_note(Text object, session::Note& note) {
    Text id, mark, member, author, text;
    if (!read_object(
            object,
            {{"id", id}, {"mark", mark}, {"member", member}, {"author", author}, {"text", text}}))
        return false;
    auto number = parse_whole(id);
    auto at = read_mark(mark);
    if (!number || !at) return false;
    note.id = *number;
    note.mark = *at;
    note.author = text_or_empty(author);
    note.text = text_or_empty(text);
    return read_id(member, note.member);
}

bool read_playhead(Text object, session::Playhead& playhead) {
    Text member, mark, follows, points_at;
    if (!read_object(
            object,
            {{"member", member}, {"mark", mark}, {"follows", follows}, {"pointsAt", points_at}}))
        return false;
    auto at = read_mark(mark);
    if (!at) return false;
    playhead.mark = *at;
    playhead.follows = follows == "true";
    playhead.points_at = text_or_empty(points_at);
    return read_id(member, playhead.member);
}

std::optional<session::Frame> read_members(Text args) {
    Text whole, members, gone, total;
    if (!read_object(args,
                     {{"whole", whole}, {"members", members}, {"gone", gone}, {"total", total}}))
        return std::nullopt;
    session::Roster roster;
    roster.whole = whole == "true";
    roster.total = whole_or_zero(total);
    if (!read_objects(members, roster.members, read_member)) return std::nullopt;
    if (!read_numbers(gone, roster.gone)) return std::nullopt;
    return roster;
}

std::optional<session::Frame> read_lease(Text args) {
    Text holder, name, away, left;
    if (!read_object(args, {{"holder", holder}, {"name", name}, {"away", away}, {"left", left}}))
        return std::nullopt;
    session::Lease lease;
    lease.name = text_or_empty(name);
    lease.away = away == "true";
    lease.left = parse_js_milliseconds(left).value_or(Duration(0));
    if (!read_id(holder, lease.holder)) return std::nullopt;
    return lease;
}

std::optional<session::Frame> read_waiting_messages(Text args) {
    Text total, messages;
    if (!read_object(args, {{"total", total}, {"messages", messages}})) return std::nullopt;
    session::WaitingMessages waiting;
    waiting.total = whole_or_zero(total);
    if (!read_objects(messages, waiting.first, read_waiting)) return std::nullopt;
    return waiting;
}

}  // namespace

Text company_action(const session::Roster&) {
    return kMembers;
}
Text company_action(const session::Lease&) {
    return kLead;
}
Text company_action(const session::WaitingMessages&) {
    return kWaiting;
}
Text company_action(const session::Notes&) {
    return kNotes;
}
Text company_action(const session::Playheads&) {
    return kViews;
}

void append_args(std::string& out, const session::Roster& roster) {
    out += '{';
    append_raw_field(out, "whole", text_of(roster.whole));
    append_raw_field(out, "members", {});
    append_objects(out, roster.members, [&](const session::MemberInfo& member) {
        append_raw_field(out, "id", text_of(member.id.value));
        append_field(out, "name", member.name);
        append_field(out, "role", member.role == session::Role::viewer ? "viewer" : "participant");
        append_raw_field(out, "replica", text_of(member.replica));
        append_raw_field(out, "here", text_of(member.connected));
    });
    append_numbers(out, "gone", roster.gone);
    append_raw_field(out, "total", text_of(roster.total));
    out += '}';
}

void append_args(std::string& out, const session::Lease& lease) {
    out += '{';
    append_raw_field(out, "holder", text_of(lease.holder.value));
    append_field(out, "name", lease.name);
    append_raw_field(out, "away", text_of(lease.away));
    append_raw_field(out, "left", to_milliseconds_text(kSessionStart + lease.left));
    out += '}';
}

void append_args(std::string& out, const session::WaitingMessages& waiting) {
    out += '{';
    append_raw_field(out, "total", text_of(waiting.total));
    append_raw_field(out, "messages", {});
    append_objects(out, waiting.first, [&](const session::WaitingMessage& message) {
        append_raw_field(out, "sender", text_of(message.sender.value));
        append_field(out, "payload", message.payload);
        append_raw_field(out, "bytes", text_of(message.bytes));
    });
    out += '}';
}

void append_args(std::string& out, const session::Notes& notes) {
    append_objects(out, notes.notes, [&](const session::Note& note) {
        append_raw_field(out, "id", text_of(note.id));
        append_field(out, "mark", to_string(note.mark));
        append_raw_field(out, "member", text_of(note.member.value));
        append_field(out, "author", note.author);
        append_field(out, "text", note.text);
    });
}

void append_args(std::string& out, const session::Playheads& playheads) {
    append_objects(out, playheads.playheads, [&](const session::Playhead& playhead) {
        append_raw_field(out, "member", text_of(playhead.member.value));
        append_field(out, "mark", to_string(playhead.mark));
        append_raw_field(out, "follows", text_of(playhead.follows));
        if (!playhead.points_at.empty()) append_field(out, "pointsAt", playhead.points_at);
    });
}

bool is_company_action(Text action) {
    return std::find(kActions.begin(), kActions.end(), action) != kActions.end();
}

std::optional<session::Frame> read_company_frame(Text action, Text args) {
    if (action == kMembers) return read_members(args);
    if (action == kLead) return read_lease(args);
    if (action == kWaiting) return read_waiting_messages(args);
    if (action == kNotes) {
        session::Notes notes;
        if (!read_objects(args, notes.notes, read_note)) return std::nullopt;
        return notes;
    }
    session::Playheads playheads;
    if (!read_objects(args, playheads.playheads, read_playhead)) return std::nullopt;
    return playheads;
}

}  // namespace teatime::wire
