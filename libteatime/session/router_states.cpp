#include <algorithm>

#include "router_impl.h"

namespace teatime::session {
namespace {

constexpr std::size_t kStatesAtOnce = 8;      // of one request
constexpr std::size_t kStatesRequested = 16;  // requests under way, of all members

}  // namespace

void Router::Impl::on(Member& member, StateRequest& request) {
    if (member.kind != Kind::native || repeated(member, request.request)) return;
    Asker asker{member.id, request.request};
    std::string refused = ask_states(asker, request.members);
    if (!refused.empty()) tell_asker(asker, StateAnswer{request.request, std::move(refused), {}});
}

/// Why not; empty = they are asked.
std::string Router::Impl::ask_states(Asker asker, std::vector<MemberId>& members) {
    if (info_.kind != Kind::native)
        return "This is a session of Croquet clients; it has no native replicas.";
    if (members.empty() || members.size() > kStatesAtOnce)
        return "Name 1 to " + std::to_string(kStatesAtOnce) + " members whose state you want.";
    if (states_asked_.size() >= kStatesRequested)
        return "Too many states are asked for at once; try again.";
    for (MemberId id : members) {
        const Member* member = find(id);
        if (!member || !member->recorded)
            return "There is no member " + std::to_string(id.value) + " in this session.";
        std::string name = name_of(id, shown_name(*member));
        if (!member->replica) return name + " has no replica.";
        if (!member->synced) return name + " has lost the connection.";
    }
    StatesAsked asked{asker, std::move(members), {}, now_ + options_.snapshot_deadline};
    // As where joiners need a snapshot: each state is of a Mark that nothing is added to.
    above_ = std::max(above_, announced_ + Duration(1));
    std::uint64_t number = ++last_request_;
    for (MemberId id : asked.members) {
        if (asked.came.try_emplace(id).second) send(*find(id), Requ{number});
    }
    alarm(asked.deadline);
    states_asked_.emplace(number, std::move(asked));
    return {};
}

/// Whether it was asked for here: then nobody else gets it, least of all a joiner, since it may be
/// of a replica that went astray.
bool Router::Impl::state_came(const Member& member, Snap& snap) {
    auto at = states_asked_.find(snap.request);
    if (at == states_asked_.end()) return false;
    StatesAsked& asked = at->second;
    auto its = asked.came.find(member.id);
    if (its == asked.came.end()) return true;
    if (snap.snapshot.url.empty()) {
        end_states(at->first,
                   name_of(member.id, shown_name(member)) + " could not hand its state over.");
        return true;
    }
    its->second = std::move(snap.snapshot);
    bool all = std::all_of(asked.came.begin(), asked.came.end(),
                           [](const auto& one) { return !one.second.url.empty(); });
    if (all) end_states(at->first, {});
    return true;
}

void Router::Impl::end_states(std::uint64_t number, std::string refused) {
    StatesAsked asked = std::move(states_asked_.extract(number).mapped());
    StateAnswer said{asked.asker.request, std::move(refused), {}};
    if (said.refused.empty()) {
        for (MemberId id : asked.members) said.states.push_back(asked.came.at(id));
    }
    tell_asker(asked.asker, std::move(said));
}

void Router::Impl::states_due() {
    std::vector<std::pair<std::uint64_t, std::string>> late;
    for (auto& [number, asked] : states_asked_) {
        if (now_ < asked.deadline) {
            alarm(asked.deadline);
            continue;
        }
        auto silent = std::find_if(asked.came.begin(), asked.came.end(),
                                   [](const auto& one) { return one.second.url.empty(); });
        const Member* member = find(silent->first);
        late.emplace_back(number,
                          name_of(silent->first, member ? shown_name(*member) : std::string()) +
                              " did not hand its state over in time; it may be busy or hang.");
    }
    for (auto& [number, refused] : late) end_states(number, std::move(refused));
}

/// Its connection is lost.
void Router::Impl::drop_from_states(const Member& member) {
    std::vector<std::uint64_t> lost;
    for (auto& [number, asked] : states_asked_) {
        auto its = asked.came.find(member.id);
        if (its != asked.came.end() && its->second.url.empty()) lost.push_back(number);
    }
    for (std::uint64_t number : lost)
        end_states(number, name_of(member.id, shown_name(member)) + " has lost the connection.");
}

}  // namespace teatime::session
