#include "member.h"

#include "stage_module.h"

namespace simulation {
namespace {

using std::chrono::milliseconds;
using Op = TimeRequest::Op;

/// A failure is for good; a program that meets one in trouble of this sort is started again.
bool excusable(const std::string& sentence) {
    for (const char* known : {"could not be fetched", "is damaged", "No such session"}) {
        if (sentence.find(known) != std::string::npos) return true;
    }
    return false;
}

}  // namespace

void Member::start() {
    begin_life();
    wants_restart_ = running_ = false;
    asked_.clear();
    who_ = around_.ledger.next_speaker();
    number_ = 0;
    timeline_.clear();
    Dice& dice = around_.dice;
    clock.start(scheduler_.now(), SteadyTime(dice.between(Duration(0), std::chrono::hours(100))),
                around_.faults.strikes(Fault::clock_drift, 1) ? dice.between(-20'000, 20'000)
                                                              : dice.between(-50, 50));
    ControllerOptions options = around_.options;
    options.role = habits_.role;
    options.name = "speaker " + std::to_string(who_);
    std::optional<IslandFactory> factory;
    if (habits_.replica) {
        factory = IslandFactory{
            [](const std::string& session) { return Island::create(module(), session); },
            [](const Image& image) { return Island::restore(module(), image); }};
    }
    witness_ = std::make_unique<Witness>(around_.ledger, controller_);
    controller_ = std::make_unique<Controller>(
        options, std::move(factory), [&dice] { return dice(); }, witness_.get());
    controller_->start(clock.at(scheduler_.now()), outputs_);
    carry_out();
    wake();
}

void Member::log(const std::string& what) const {
    if (scheduler_.log) scheduler_.say("speaker " + std::to_string(who_), what);
}

void Member::crash() {
    log("crashes");
    end_life();
    around_.network.process_died(*this);
    around_.ledger.died(who_);
    controller_.reset();
    witness_.reset();
}

/// As a program that ends: closes its connection, code 1000.
void Member::leave() {
    around_.network.close_by_client(connection_, CloseCode::normal);
    around_.ledger.died(who_);
    end_life();
    controller_.reset();
    witness_.reset();
}

void Member::from_server(ConnectionId connection, ControllerInput what) {
    if (connection == connection_) input(std::move(what));
}

void Member::wake() {
    set_alarm(controller_ ? controller_->wake_at() : std::nullopt);
}

void Member::input(ControllerInput what) {
    outstanding_ = controller_->outstanding();
    controller_->step(std::move(what), clock.at(scheduler_.now()), outputs_);
    carry_out();
    run();
}

/// A slow replica comes back for the rest in a while; what arrives meanwhile waits in its program.
void Member::run() {
    if (running_ || !controller_) return;
    while (controller_->run(habits_.budget, clock.at(scheduler_.now()), outputs_)) {
        if (habits_.per_go == Duration(0)) continue;
        running_ = true;
        deliver_at(scheduler_.now() + habits_.per_go, [this] {
            running_ = false;
            run();
        });
        break;
    }
    carry_out();
    wake();
}

void Member::carry_out() {
    ControllerOutputs outputs;
    outputs.swap(outputs_);
    for (ControllerOutput& output : outputs) {
        std::visit([&](auto& one) { on(one); }, output);
    }
    outputs.clear();
    if (outputs_.empty()) outputs_.swap(outputs);  // keeps its memory
}

void Member::on(Connect&) {
    connection_ = around_.network.connect(*this);
    log("connects as " + std::to_string(connection_.value));
}

void Member::on(Disconnect& disconnect) {
    around_.network.close_by_client(connection_, disconnect.code);
    connection_ = {};
}

void Member::on(ConnectionLost& lost) {
    log("connection lost: " + lost.why);
    connection_ = {};
}

void Member::on(ToRouter& out) {
    if (auto* report = std::get_if<StepReport>(&out.frame)) witness_->reported(*report);
    around_.network.to_server(connection_, std::move(out.frame));
}

void Member::on(FetchSnapshot& fetch) {
    log("fetches " + fetch.url);
    Moment when = scheduler_.now() + around_.dice.between(milliseconds(2), milliseconds(200));
    bool failed = around_.faults.strikes(Fault::fetch_failed, 0.5);
    bool damaged = around_.faults.strikes(Fault::fetch_damaged, 0.2);
    deliver_at(when, [this, url = fetch.url, failed, damaged] {
        auto file = around_.reflector.files.find(url);
        if (failed || !around_.reflector.up() || file == around_.reflector.files.end())
            return input(SnapshotFailed{url, "it did not come"});
        std::string bytes = file->second;
        if (damaged) bytes[around_.dice.below(bytes.size())] ^= 1 << around_.dice.below(8);
        input(SnapshotArrived{url, std::move(bytes)});
    });
}

void Member::on(UploadSnapshot& upload) {
    if (around_.faults.strikes(Fault::upload_lost, 0.5)) return;
    Moment when = scheduler_.now() + around_.dice.between(milliseconds(2), milliseconds(500));
    bool failed = around_.faults.strikes(Fault::upload_failed, 0.5);
    deliver_at(when, [this, failed, upload = std::move(upload)]() mutable {
        if (failed || !around_.reflector.up()) return input(SnapshotUploaded{upload.request, {}});
        std::string url = "files/" + upload.name;
        around_.reflector.files[url] = std::move(upload.bytes);
        input(SnapshotUploaded{upload.request, url});
    });
}

void Member::on(Joined& joined) {
    timeline_ = joined.timeline;
    log("joined as #" + std::to_string(joined.member.value) + (joined.again ? ", goes on" : ""));
}

void Member::on(ReplicaBuilt&) {
    log("replica built");
}

void Member::on(Notice& notice) {
    if (auto* answer = std::get_if<TimeAnswer>(&notice.frame)) {
        log("answer " + std::to_string(answer->request) + ": " + answer->refused);
        around_.ledger.totals.not_led += answer->refused.find(" leads ") != std::string::npos;
        if (!asked_.erase(answer->request))
            around_.ledger.fail("An answer to a time request that nobody waits for");
    } else if (auto* said = std::get_if<Answer>(&notice.frame)) {
        log("answer " + std::to_string(said->request) + ": " + said->refused);
        if (!asked_.erase(said->request))
            around_.ledger.fail("An answer to a request that nobody waits for");
    } else if (auto* info = std::get_if<Info>(&notice.frame)) {
        if (info->code == "NOT_SENT") around_.ledger.refused(who_, number_);
        if (info->code == "NOT_DELIVERED") around_.ledger.dropped(who_, number_, outstanding_);
    }
}

void Member::on(Failed& failed) {
    if (!excusable(failed.error.message))
        around_.ledger.fail("A controller gave up: " + failed.error.message);
    log("failed: " + failed.error.message);
    wants_restart_ = true;
}

// ---- its user ------------------------------------------------------------------------------

void Member::say() {
    if (habits_.role == Role::viewer) return;
    around_.ledger.said(who_, ++number_, timeline_);
    std::string payload = R"("[\"root\",\"say\",)" + std::to_string(who_) + "," +
                          std::to_string(number_) + "," + std::to_string(around_.dice.below(6)) +
                          R"(]")";
    input(UserSend{std::move(payload)});
}

void Member::ask(TimeRequest request) {
    request.request = ++last_request_;
    asked_.insert(request.request);
    log("asks " + std::to_string(request.request) + " for " +
        std::to_string(static_cast<int>(request.op)) + " " +
        std::to_string(static_cast<int>(request.by)));
    input(request);
}

void Member::ask_something() {
    Dice& dice = around_.dice;
    TimeRequest request;
    if (!controller_->time().paused) {
        constexpr std::array<std::uint32_t, 8> kFactors{1, 1, 1, 2, 2, 4, 8, 64};
        request.op = dice.chance(0.5) ? Op::pause : dice.chance(0.5) ? Op::rate : Op::until;
        request.rate = Rate::of(1, 1);
        std::uint32_t factor = kFactors[dice.below(kFactors.size())];
        request.rate = dice.chance(0.5) ? Rate::of(factor, 1) : Rate::of(1, factor);
    } else if (dice.chance(0.25)) {
        request.op = dice.chance(0.8) ? Op::resume : Op::pause;
    } else {
        request.op = dice.chance(0.8) ? Op::step : Op::until;
        request.by = static_cast<StepBy>(dice.below(5));
        request.duration = dice.between(Duration(1), milliseconds(1'000));
    }
    request.mark = somewhere_ahead();
    ask(request);
}

/// Where something happens, often; sometimes nowhere, or behind.
Mark Member::somewhere_ahead() {
    Dice& dice = around_.dice;
    Island* island = controller_->island();
    VirtualTime now = island ? island->now() : controller_->time().time;
    Mark mark{{}, now + dice.between(milliseconds(-20), milliseconds(1'500))};
    auto next = island ? island->next_time() : std::nullopt;
    if (next && dice.chance(0.5)) mark.time = *next;
    if (dice.chance(0.2)) mark.time = std::chrono::ceil<milliseconds>(mark.time);
    if (dice.chance(0.6)) mark.n = dice.below(dice.chance(0.8) ? 4 : 1'000);
    return mark;
}

void Member::do_something_together() {
    Dice& dice = around_.dice;
    Mark mark = somewhere_ahead();
    mark.time = std::max(mark.time, kSessionStart);
    if (dice.chance(0.4)) return input(Playhead{{}, mark, dice.chance(0.5)});
    asked_.insert(++last_request_);
    if (dice.chance(0.4)) {
        input(NoteRequest{last_request_, mark, "note " + std::to_string(who_)});
        return;
    }
    LeaseRequest request{last_request_, static_cast<LeaseRequest::Op>(dice.below(3)), {}};
    auto& members = company().members;
    if (!members.empty()) request.to = dice.pick(members).id;
    log("asks " + std::to_string(last_request_) + " for the lead " +
        std::to_string(static_cast<int>(request.op)));
    input(request);
}

bool Member::settled() const {
    if (!up() || wants_restart_ || !controller_->joined() || controller_->outstanding() > 0)
        return false;
    if (!habits_.replica) return true;
    return controller_->island() && controller_->caught_up() && !running_;
}

}  // namespace simulation
