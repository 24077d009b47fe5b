#include "teatime/session/together.h"

#include <algorithm>

namespace teatime::session {
namespace {

constexpr std::size_t kNotesKnown = 10'000;  // of a session that never ends, the latest

/// Where the entry of this key is, or belongs.
template <class List, class Key>
auto place(List& list, Key List::value_type::*key, Key value) {
    return std::lower_bound(list.begin(), list.end(), value,
                            [key](const auto& one, Key other) { return one.*key < other; });
}

template <class List, class Key>
void put(List& list, Key List::value_type::*key, const typename List::value_type& entry) {
    auto at = place(list, key, entry.*key);
    if (at != list.end() && (*at).*key == entry.*key)
        *at = entry;
    else
        list.insert(at, entry);
}

}  // namespace

std::string name_of(MemberId member, const std::string& name) {
    return name.empty() ? "member " + std::to_string(member.value) : name;
}

const MemberInfo* Company::find(MemberId member) const {
    auto at = place(members, &MemberInfo::id, member);
    return at != members.end() && at->id == member ? &*at : nullptr;
}

std::vector<MemberId> Company::named(const std::string& name_or_number) const {
    std::vector<MemberId> found;
    for (const MemberInfo& member : members) {
        if (member.name == name_or_number || std::to_string(member.id.value) == name_or_number)
            found.push_back(member.id);
    }
    return found;
}

const Playhead* Company::playhead_of(MemberId member) const {
    auto at = place(playheads, &Playhead::member, member);
    return at != playheads.end() && at->member == member ? &*at : nullptr;
}

std::string Company::name_of(MemberId member) const {
    const MemberInfo* known = find(member);
    return session::name_of(member, known ? known->name : std::string());
}

void Company::take(const Roster& roster) {
    if (roster.whole) members.clear();
    for (const MemberInfo& member : roster.members) put(members, &MemberInfo::id, member);
    for (MemberId member : roster.gone) {
        std::erase_if(members, [&](const MemberInfo& one) { return one.id == member; });
        std::erase_if(playheads, [&](const Playhead& one) { return one.member == member; });
    }
    total = roster.total;
}

void Company::take(const Playheads& moved, MemberId own) {
    for (Playhead one : moved.playheads) {
        if (one.member == own) continue;
        if (one.points_at.size() > kLongestPointedAt) one.points_at.clear();
        put(playheads, &Playhead::member, one);
    }
}

std::vector<Note> Company::take(const Notes& told) {
    std::vector<Note> fresh;
    for (const Note& note : told.notes) {
        if (!notes.empty() && note.id <= notes.back().id) continue;
        notes.push_back(note);
        fresh.push_back(note);
    }
    if (notes.size() > kNotesKnown)
        notes.erase(notes.begin(), notes.end() - static_cast<std::ptrdiff_t>(kNotesKnown));
    return fresh;
}

}  // namespace teatime::session
