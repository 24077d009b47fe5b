#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "debug_session.h"
#include "input_lines.h"
#include "member.h"
#include "teatime/state/inspect.h"
#include "teatime/state/json.h"
#include "time_words.h"
#include "verbs.h"

namespace teatime::cli {

using session::TimeRequest;

// ---- lines ---------------------------------------------------------------------------------

void Debug::line(std::string text) {
    lines_.push_back(std::move(text));
    next();
}

/// One after the other, each when the one before is answered.
void Debug::next() {
    while (introduced_ && !leaving_ && !lines_.empty()) {
        auto line = parse_debug_line(lines_.front());
        if (line && !may_go_on(*line)) return;
        lines_.pop_front();
        if (line)
            carry_out(*line);
        else
            refused(line.error().message, kWrongUsage);
    }
    if (introduced_ && lines_.empty() && no_more_lines_ && !awaited_ && !moving_) leave();
}

bool Debug::may_go_on(const DebugLine& line) const {
    if (line.what == What::quit && voice_.prompts()) return true;
    if (moving_ && !voice_.prompts()) return false;
    bool ends_until = until_ && line.what == What::time && line.time.op == TimeRequest::Op::pause;
    if (awaited_) return ends_until || (until_ && voice_.prompts());
    bool looks = line.what == What::state || line.what == What::where || line.what == What::point;
    return !looks || participant_->controller().caught_up();
}

void Debug::carry_out(const DebugLine& line) {
    using Op = session::LeaseRequest::Op;
    if (replay_ && replays(line)) return voice_.prompt();
    switch (line.what) {
        case What::nothing:
            break;
        case What::go:
        case What::back:
            return refused("a live session goes forwards only; step, until", kDiffers);
        case What::time:
            awaited_ = participant_->time_request(line.time);
            until_ = line.time.op == TimeRequest::Op::until;
            return;
        case What::lead:
            awaited_ = participant_->lease_request(Op::take);
            return;
        case What::release:
            awaited_ = participant_->lease_request(Op::release);
            return;
        case What::hand:
            return hand(line.text);
        case What::note:
            awaited_ = participant_->note(line.mark.value_or(here()), line.text);
            return;
        case What::notes:
            notes();
            break;
        case What::who:
            who();
            break;
        case What::where:
            where();
            break;
        case What::waiting:
            waiting();
            break;
        case What::state:
            state(line.text);
            break;
        case What::point:
            return point(line.text);
        case What::follow:
            if (!module_)
                return refused("messages are seen with the world's module only", kDiffers);
            following_ = !following_;
            break;
        case What::help:
            voice_.say("help", replay_ ? kDebugRecordingHelp : kDebugHelp,
                       {{"text", replay_ ? kDebugRecordingHelp : kDebugHelp}});
            return;
        case What::quit:
            return leave();
    }
    voice_.prompt();
}

void Debug::hand(const std::string& to) {
    std::vector<MemberId> found = company().named(to);
    std::erase(found, participant_->controller().member());
    if (found.empty()) return refused(fmt::format("no member \"{}\" is here", to), kDiffers);
    if (found.size() > 1)
        return refused(fmt::format("\"{}\" may be member{}; give the number", to, numbers(found)),
                       kDiffers);
    awaited_ = participant_->lease_request(session::LeaseRequest::Op::hand, found[0]);
}

/// Where the session stands, as well as it is known here.
Mark Debug::here() const {
    if (replay_) return replay_->mark();
    const session::TimeState& time = participant_->controller().time();
    if (time.paused && last_ && !last_->groups.empty()) return last_->groups[0].mark;
    return {{}, time.paused ? time.time : participant_->controller().bound()};
}

void Debug::who() const {
    Value::List list;
    std::string text;
    const session::Company& all = company();
    for (const session::MemberInfo& member : all.members) {
        bool viewer = member.role == session::Role::viewer;
        bool self = member.id == participant_->controller().member();
        bool leads = member.id == all.lease.holder;
        const session::Playhead* view = all.playhead_of(member.id);
        const std::string points_at = self ? points_at_ : view ? view->points_at : std::string();
        text += fmt::format("{}{}  {}{}{}{}{}{}", text.empty() ? "" : "\n", member.id.value,
                            printable(all.name_of(member.id)), viewer ? ", viewer" : "",
                            leads ? ", leads" : "", self ? ", this one" : "",
                            member.connected ? "" : ", connection lost",
                            points_at.empty() ? "" : ", points at " + printable(points_at));
        list.push_back(Value::Entries{{"id", member.id.value},
                                      {"name", member.name},
                                      {"role", viewer ? "viewer" : "participant"},
                                      {"replica", member.replica},
                                      {"here", member.connected},
                                      {"leads", leads},
                                      {"points_at", points_at},
                                      {"self", self}});
    }
    if (all.total > all.members.size())
        text += fmt::format("\nand {} more", all.total - all.members.size());
    voice_.say("who", text, {{"members", list}, {"total", all.total}});
}

void Debug::where() {
    const session::TimeState& time = participant_->controller().time();
    Mark mark = here();
    std::string text = fmt::format("{} at {}, rate {}", time.paused ? "paused" : "running",
                                   to_string(mark), to_string(time.rate));
    Value::Entries more{{"paused", time.paused},
                        {"mark", to_string(mark)},
                        {"rate", to_string(time.rate)},
                        {"waiting", company().waiting.total},
                        {"leads", company().lease.holder.value}};
    if (time.until) {
        text += ", until " + to_string(*time.until);
        more.push_back({"until", to_string(*time.until)});
    }
    if (company().waiting.total > 0)
        text += ", " + counted(company().waiting.total, "message") + " waiting";
    if (company().lease.holder) text += ", " + name_of(company().lease.holder) + " leads";
    if (Island* island = participant_->island()) {
        const Mark shown = time.paused ? mark : island->mark();
        text += "\n" + to_string(shown) + "  " + to_string(island->hash());
        more.push_back({"executed", to_string(island->mark())});
        more.push_back({"hash", to_string(island->hash())});
    }
    voice_.say("where", text, std::move(more));
}

void Debug::waiting() const {
    const session::WaitingMessages& all = company().waiting;
    Value::List list;
    std::string text = counted(all.total, "message") + (all.total == 1 ? " waits" : " wait");
    for (const session::WaitingMessage& message : all.first) {
        bool whole = message.payload.size() == message.bytes;
        std::string what =
            whole ? describe_payload(message.payload) : printable(message.payload) + "...";
        text += fmt::format("\n  {}  {}", name_of(message.sender), what);
        list.push_back(Value::Entries{{"sender", message.sender.value},
                                      {"payload", message.payload},
                                      {"bytes", message.bytes}});
    }
    voice_.say("waiting", text, {{"total", all.total}, {"messages", list}});
}

void Debug::notes() const {
    for (const session::Note& note : company().notes) say_note(note);
}

void Debug::state(const std::string& path) {
    Island* island = participant_->island();
    if (!island) return refused("the state is seen with the world's module only", kDiffers);
    auto tree = state_tree(island->image(), path);
    if (!tree) return refused(tree.error().message, kDiffers);
    if (voice_.json())
        voice_.say("state", {}, {{"path", path}, {"state", *tree}});
    else
        print_tree(*tree);
    flush_output();
}

/// By the path that everybody's tree of the state has.
void Debug::point(const std::string& path) {
    result<std::string> direct = path;
    if (replay_) {
        auto image = replay_->state();
        direct = image ? direct_path(*image, path) : result<std::string>(image.error());
    } else if (Island* island = participant_->island()) {
        direct = direct_path(island->image(), path);
    }
    if (!direct) return refused(direct.error().message, kDiffers);
    if (direct->size() > session::kLongestPointedAt) {
        return refused(fmt::format("that path has {} bytes; at most {} can be pointed at",
                                   direct->size(), session::kLongestPointedAt),
                       kDiffers);
    }
    points_at_ = *direct;
    participant_->show_playhead(here(), !replay_ || with_others_);
    participant_->point_at(points_at_);
    voice_.say("pointing",
               points_at_.empty() ? "you point at nothing"
                                  : "you point at " + printable(points_at_) + "; `point` ends it",
               {{"path", points_at_}});
}

std::map<MemberId, std::string> Debug::pointed_at() const {
    std::map<MemberId, std::string> all;
    for (const session::Playhead& each : company().playheads) {
        if (each.member && !each.points_at.empty()) all.emplace(each.member, each.points_at);
    }
    return all;
}

/// Who begins to point at something, or ends it. Of who leaves, that is told.
void Debug::tell_points() {
    const std::map<MemberId, std::string> now = pointed_at();
    auto tell = [&](MemberId member, const std::string& path, const std::string& text) {
        voice_.say("points", "* " + name_of(member) + text,
                   {{"id", member.value}, {"name", company().name_of(member)}, {"path", path}});
    };
    for (const auto& [member, path] : now) {
        if (points_[member] != path) tell(member, path, " points at " + printable(path));
    }
    for (const auto& [member, path] : points_) {
        if (!path.empty() && !now.contains(member) && company().find(member))
            tell(member, {}, " points at nothing now");
    }
    points_ = now;
}

void Debug::refused(const std::string& sentence, int exit_code) {
    exit_code_ = std::max(exit_code_, exit_code);
    voice_.say("refused", "refused: " + printable(sentence), {{"sentence", sentence}});
}

void Debug::leave() {
    if (std::exchange(leaving_, true)) return;
    participant_->leave([this] { end(voice_.prompts() ? kFine : exit_code_); });
}

// ---- what the session tells ------------------------------------------------------------------

net::ParticipantHandler Debug::handlers() {
    net::ParticipantHandler handler;
    handler.joined = [this](const session::Joined& one) { joined(one); };
    handler.lost = [this](const session::ConnectionLost& lost) {
        voice_.say("lost", "* " + printable(lost.why) + "; trying again", {{"why", lost.why}});
    };
    handler.progressed = [this] { next(); };
    handler.op_obeyed = [this](const session::TimeOp& op) { obeyed(op); };
    handler.notice = [this](const session::Frame& frame) { notice(frame); };
    handler.failed = [this](const Error& error) { end(error); };
    handler.members_changed = [this] { members_changed(); };
    handler.lease_changed = [this](const session::Lease& lease) { lease_changed(lease); };
    handler.playheads_changed = [this] {
        if (introduced_) tell_points();
        if (replay_) follow_playhead();
    };
    handler.waiting_changed = [this](const session::WaitingMessages& all) { waiting_changed(all); };
    handler.noted = [this](const session::Note& note) { say_note(note); };
    return handler;
}

void Debug::joined(const session::Joined& joined) {
    voice_.say("joined",
               fmt::format("* {} session {} as member {}", joined.again ? "again in" : "in",
                           address_.session, joined.member.value),
               {{"session", address_.session},
                {"member", joined.member.value},
                {"replica", module_ != nullptr}});
}

void Debug::notice(const session::Frame& frame) {
    if (const auto* info = std::get_if<session::Info>(&frame)) {
        voice_.say("info", "* " + printable(info->message),
                   {{"code", info->code}, {"message", info->message}});
    } else if (const auto* done =
                   std::get_if<std::shared_ptr<const session::StepOutcome>>(&frame)) {
        if (!last_ || last_->op.id != (*done)->op.id) outcome(**done);  // told again to who is back
    } else if (const auto* answer = std::get_if<session::TimeAnswer>(&frame)) {
        if (answer->outcome && (!last_ || last_->op.id != answer->outcome->op.id))
            outcome(*answer->outcome);
        answered(answer->request, answer->refused);
    } else if (const auto* said = std::get_if<session::Answer>(&frame)) {
        answered(said->request, said->refused);
    }
}

void Debug::answered(std::uint64_t request, const std::string& refusal) {
    if (!refusal.empty()) refused(refusal, kDiffers);
    if (awaited_ != request) return;
    if (refusal.empty() && voice_.json()) voice_.say("done", {});
    if (refusal.empty() && !voice_.json()) voice_.prompt();
    awaited_.reset();
    until_ = false;
    loop_.post([this] { next(); });  // what belongs to it comes first
}

void Debug::outcome(const session::StepOutcome& outcome) {
    last_ = outcome;
    bool split = outcome.groups.size() > 1;
    if (split) exit_code_ = std::max(exit_code_, kDiffers);
    bool pause = outcome.op.op == TimeRequest::Op::pause;
    std::string text =
        fmt::format("* {} {}", name_of(outcome.op.asker), pause ? "paused" : "stepped");
    for (const session::Agreement& group : outcome.groups) {
        text += fmt::format("\n{}  {}  members{}", to_string(group.mark), to_string(group.hash),
                            numbers(group.members));
    }
    if (!outcome.missing.empty())
        text += "\nno report in time from members" + numbers(outcome.missing);
    if (split) text += "\nSPLIT: the replicas differ";
    if (outcome.ended_early())
        text += fmt::format("\nthere is no {}: that instant has fewer messages",
                            to_string(outcome.op.mark));
    Value::Entries more = to_entries(outcome.state, &outcome);
    more.insert(more.begin(),
                {{"op", pause ? "pause" : "step"}, {"asker", outcome.op.asker.value}});
    voice_.say("outcome", text, std::move(more));
    if (!outcome.groups.empty()) participant_->show_playhead(outcome.groups[0].mark, true);
}

/// Pauses and steps are told with their outcome.
void Debug::obeyed(const session::TimeOp& op) {
    using Op = TimeRequest::Op;
    if (op.op == Op::resume || op.op == Op::until) last_.reset();  // no longer where it stands
    std::string what;
    if (op.op == TimeRequest::Op::resume) what = "resumed";
    if (op.op == TimeRequest::Op::rate) what = "set the rate to " + to_string(op.rate);
    if (op.op == TimeRequest::Op::until) what = "lets time run until " + to_string(op.mark);
    if (what.empty() || !introduced_) return;
    voice_.say("time", fmt::format("* {} {}", name_of(op.asker), what),
               {{"asker", op.asker.value}, {"what", what}});
}

void Debug::members_changed() {
    auto find = [](const std::vector<session::MemberInfo>& list, MemberId id) {
        auto at = std::find_if(list.begin(), list.end(),
                               [&](const session::MemberInfo& one) { return one.id == id; });
        return at == list.end() ? nullptr : &*at;
    };
    std::vector<session::MemberInfo> before = std::exchange(known_, company().members);
    if (!std::exchange(introduced_, true)) {
        if (replay_ && shared()) {
            if (auto there = replay_->go(shared()->mark); !there)
                refused(there.error().message, kDiffers);
        }
        who();
        points_ = pointed_at();
        return next();
    }
    auto tell = [&](const session::MemberInfo& member, const char* what) {
        std::string name = printable(session::name_of(member.id, member.name));
        voice_.say("member", fmt::format("* {} {}", name, what),
                   {{"id", member.id.value}, {"name", member.name}, {"what", what}});
    };
    for (const session::MemberInfo& member : known_) {
        const session::MemberInfo* was = find(before, member.id);
        if (!was)
            tell(member, "joined");
        else if (was->connected != member.connected)
            tell(member, member.connected ? "is back" : "lost the connection");
    }
    for (const session::MemberInfo& member : before) {
        if (!find(known_, member.id)) tell(member, "left");
    }
    tell_points();  // not what who left had pointed at
}

void Debug::lease_changed(const session::Lease& lease) {
    std::string who = printable(session::name_of(lease.holder, lease.name));
    std::string text = lease.holder ? who + " leads" : "nobody leads";
    auto left = std::chrono::ceil<std::chrono::seconds>(lease.left);
    if (lease.away)
        text = fmt::format("{} leads and lost the connection; the lead is free in {} s", who,
                           left.count());
    voice_.say("lead", "* " + text,
               {{"holder", lease.holder.value}, {"name", lease.name}, {"away", lease.away}});
    if (!replay_) return;
    // Who gives the lead away goes with who has it next.
    const bool mine = lease.holder && lease.holder == participant_->controller().member();
    if (std::exchange(led_, mine) && !mine) with_others_ = true;
    settle();
}

/// People learn that something waits; how much, they ask.
void Debug::waiting_changed(const session::WaitingMessages& all) {
    std::uint64_t before = std::exchange(waited_, all.total);
    if (before == all.total || (!voice_.json() && before > 0 && all.total > 0)) return;
    voice_.say("waits", all.total ? "* messages wait" : "* no messages wait",
               {{"total", all.total}});
}

void Debug::say_note(const session::Note& note) const {
    voice_.say("note",
               fmt::format("{} at {}: {}", printable(note.author), to_string(note.mark),
                           printable(note.text)),
               {{"id", note.id},
                {"mark", to_string(note.mark)},
                {"author", note.author},
                {"text", note.text}});
}

void Debug::follow(const session::Message& message) const {
    if (!following_) return;
    voice_.say(
        "message",
        fmt::format("{} at {} of {}: {}", message.stamp.seq.value, to_string(message.stamp.time),
                    name_of(message.sender), describe_payload(message.payload)),
        {{"seq", message.stamp.seq.value},
         {"time", to_string(message.stamp.time)},
         {"sender", message.sender.value},
         {"payload", message.payload}});
}

// ---- the verb ------------------------------------------------------------------------------

result<int> Debug::run() {
    session::ControllerOptions options;
    options.session_id = address_.session;
    options.name = options_.name;
    options.role = session::Role::viewer;
    std::optional<session::IslandFactory> factory;
    if (module_) {
        options.app = module_->app();
        options.code_id = module_->code_id();
        factory = island_factory(*module_);
    }
    loop_.on_signal([this](int) { leaving_ ? end(exit_code_) : leave(); });
    participant_.emplace(loop_, address_.reflector, std::move(options), std::move(factory),
                         handlers(), this);
    {
        InputLines input(
            loop_, [this](std::string text) { line(std::move(text)); },
            [this] {
                no_more_lines_ = true;
                next();
            });
        loop_.run();
    }
    participant_.reset();
    if (voice_.prompts()) print("");
    return outcome_;
}

namespace {

/// Who they are, for the others.
std::string user_name() {
    const char* name = std::getenv("USER");
    return name && *name ? name : "teatime";
}

int run(const DebugOptions& options) {
    auto address = parse_address(options.url, options.session);
    if (!address) return fail(address.error());
    auto found = find_session(*address);
    if (!found) return fail(found.error());
    if (!found->file.empty()) {
        auto replay = SharedReplay::fetch(*address, *found, options.modules);
        if (!replay) return fail(replay.error());
        auto outcome = Debug(options, *address, nullptr, replay->get()).run();
        return outcome ? *outcome : fail(outcome.error());
    }
    auto module = load_module(found->app, options.modules, found->code_id);
    if (!module && !options.modules.empty()) return fail(module.error());
    if (!module) note("without the world's state: " + module.error().message);
    auto outcome = Debug(options, *address, module ? *module : nullptr, nullptr).run();
    return outcome ? *outcome : fail(outcome.error());
}

}  // namespace

std::function<int()> add_debug(Command& command) {
    auto options = std::make_shared<DebugOptions>();
    options->name = user_name();
    command.positional("URL", options->url, kSessionUrlHelp).required();
    command.positional("SESSION", options->session, "Session id, where the URL names none");
    command.option("--name", options->name, "Yours, for the others").show_default();
    command.option("--modules", options->modules,
                   "A module or a folder of modules; may be repeated. Also TEATIME_MODULES");
    command.flag("--json", options->json, "One JSON object a line");
    command.footer(std::string("Takes part in a session, together with others. Lines:\n\n") +
                   kDebugHelp + "\n\n" + kDebugRecordingHelp +
                   "\n\nFrom a pipe each line waits for the answer to the one before. Exit code 1: "
                   "replicas differ,\nor something was refused.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
