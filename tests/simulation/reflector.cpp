#include "reflector.h"

namespace simulation {

void Reflector::start() {
    begin_life();
    clock.start(scheduler_.now(), SteadyTime(dice_.between(Duration(0), std::chrono::hours(100))),
                dice_.between(-100, 100));
    turn();
}

/// The writer thread's turns.
void Reflector::turn() {
    recordings.turn();
    deliver_at(scheduler_.now() + recordings.habits().commit, [this] { turn(); });
}

void Reflector::crash(bool restore) {
    scheduler_.say("router", restore ? "crashes, will be restored" : "crashes");
    end_life();
    restore_ = restore;
    router_.reset();
    recordings.kill();
    synced_.clear();
    sends_.clear();
    ledger_.end();
    network_->process_died(*this);
}

void Reflector::from_client(ConnectionId connection, ClientFrame frame) {
    if (!router_) {
        RouterOptions options = options_;
        if (restore_ && saved_) {
            options.start = saved_;
            faults_.happened(Fault::reflector_restored);
        }
        saved_.reset();
        latest_ = {};
        router_.emplace("simulated", std::move(options), [this] { return dice_(); });
        recordings.begin([this] {
            deliver_at(scheduler_.now(), [this] {
                if (router_) input({{}, SnapshotWanted{}});
            });
        });
    }
    if (auto* send = std::get_if<Send>(&frame)) sends_[{connection, send->number}] = send->payload;
    input({connection, std::move(frame)});
}

void Reflector::client_gone(ConnectionId connection, bool for_good) {
    synced_.erase(connection);
    if (router_) input({connection, Gone{for_good}});
}

void Reflector::input(RouterInput&& what) {
    SteadyTime now = latest_ = std::max(latest_, clock.at(scheduler_.now()));
    outputs_.clear();
    router_->step(std::move(what), now, outputs_);
    for (RouterOutput& output : outputs_) carry_out(output, now);
    check_lease(now);
    recordings.take(outputs_);
    if (router_->ended()) {
        recordings.end();
        router_.reset();
        saved_.reset();
        synced_.clear();
        ledger_.end();
    }
    wake();
}

void Reflector::carry_out(RouterOutput& output, SteadyTime now) {
    if (auto* all = std::get_if<Broadcast>(&output)) {
        if (auto* message = std::get_if<MessagePtr>(&all->frame)) {
            scheduler_.mix(hash_bytes((*message)->payload).low);
            if (scheduler_.log)
                scheduler_.say("router", std::to_string((*message)->stamp.seq.value) + " at " +
                                             to_milliseconds_text((*message)->stamp.time) + ": " +
                                             (*message)->payload);
            ledger_.reflected(*message, now);
        } else if (auto* tick = std::get_if<Tick>(&all->frame)) {
            if (scheduler_.log)
                scheduler_.say("router", "tick " + to_milliseconds_text(tick->time));
            ledger_.ticked(*tick, now);
        }
        ledger_.told(all->frame, now);
        for (ConnectionId connection : synced_) network_->to_client(connection, all->frame);
    } else if (auto* to = std::get_if<SendTo>(&output)) {
        ledger_.sent(to->frame);
        note_refusal(*to);
        if (std::holds_alternative<SyncPtr>(to->frame)) synced_.insert(to->connection);
        network_->to_client(to->connection, to->frame);
    } else if (auto* close = std::get_if<Close>(&output)) {
        scheduler_.say("router",
                       "closes " + std::to_string(close->connection.value) + ": " + close->reason);
        synced_.erase(close->connection);
        network_->close_by_server(close->connection, close->code, close->reason);
    } else {
        on(std::get<Record>(output), now);
    }
}

void Reflector::on(const Record& record, SteadyTime now) {
    if (auto* started = std::get_if<Started>(&record)) ledger_.begin(*started, now);
    if (auto* outcome = std::get_if<std::shared_ptr<const StepOutcome>>(&record))
        last_outcome_ = *outcome;
    if (auto* taken = std::get_if<SnapshotTaken>(&record); taken && !taken->dissident) {
        const SessionInfo& session = ledger_.current()->session;
        saved_ = SessionStart{taken->snapshot, session.app, session.code_id};
    }
    ledger_.recorded(record);
}

void Reflector::check_lease(SteadyTime now) {
    Lease lease = router_->status(now).lease;
    bool here = false;
    for (const RouterMember& member : router_->members())
        here = here || (member.info.id == lease.holder && member.info.connected);
    ledger_.leased(lease, here, options_.lease, now);
}

void Reflector::note_refusal(const SendTo& output) {
    auto* info = std::get_if<Info>(&output.frame);
    if (!info || !info->refused) return;
    auto saying = parse_saying(sends_[{output.connection, info->refused}]);
    if (saying) ledger_.refused(saying->first, saying->second);
}

}  // namespace simulation
