#include "transport.h"

#include <algorithm>
#include <chrono>

namespace teatime::inspector {
namespace {
constexpr int kTickMs = 16;
}

Transport::Transport(Player& player, QObject* parent, std::function<std::int64_t()> wall_ns)
    : QObject(parent), player_(player), wall_ns_(std::move(wall_ns)) {
    timer_.setTimerType(Qt::PreciseTimer);
    timer_.setInterval(kTickMs);
    connect(&timer_, &QTimer::timeout, this, &Transport::tick);
    connect(&player_, &Player::playhead_moved, this, [this] {
        if (moving_) return;
        if (state_ == State::following) return pause();
        place_origin();
    });
    connect(&player_, &Player::facts_changed, this, [this] {
        if (state_ == State::following) tick();
    });
    connect(&player_, &Player::moment_changed, this, [this] {
        if (state_ == State::following) tick();  // it has grown while that one was made
    });
    connect(&player_, &Player::failed, this, &Transport::pause);
}

std::int64_t Transport::now_ns() const {
    if (wall_ns_) return wall_ns_();
    return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void Transport::place_origin() {
    origin_ = {now_ns(), player_.playhead().time};
}

void Transport::start(State state) {
    state_ = state;
    if (state == State::following) rate_ = {};  // of what is followed, it is not ours
    place_origin();
    if (state == State::forward || state == State::backward) {
        timer_.start();
    } else {
        timer_.stop();
    }
    emit changed();
    if (state == State::following) tick();
}

void Transport::play(bool forward) {
    FactsPtr facts = player_.facts();
    if (!facts) return;
    // At the end already: once more from the other one.
    VirtualTime from = loop_ ? loop_->from : facts->begin.time;
    VirtualTime to = loop_ ? loop_->to : facts->end.time;
    VirtualTime here = player_.playhead().time;
    if (forward && (here >= to || here < from)) move(from);
    if (!forward && (here <= from || here > to)) move(to);
    start(forward ? State::forward : State::backward);
}

void Transport::pause() {
    if (state_ != State::paused) start(State::paused);
}

void Transport::toggle() {
    state_ == State::paused ? play() : pause();
}

void Transport::follow() {
    if (player_.facts()) start(State::following);
}

void Transport::shuttle(int direction) {
    if (direction == 0) return pause();
    State wanted = direction > 0 ? State::forward : State::backward;
    if (state_ == wanted) {
        set_rate(session::Rate::of(std::uint64_t{rate_.num} * 2, rate_.den));
    } else {
        rate_ = {};
        play(direction > 0);
    }
}

void Transport::reset() {
    rate_ = {};
    loop_.reset();
    halt_.reset();
    start(State::paused);
}

void Transport::set_rate(session::Rate rate) {
    place_origin();
    rate_ = rate;
    emit changed();
}

void Transport::set_loop(std::optional<Loop> loop) {
    if (loop && loop->to < loop->from) std::swap(loop->from, loop->to);
    if (loop && loop->to == loop->from) loop.reset();
    loop_ = loop;
    place_origin();
    emit changed();
}

void Transport::set_halt(std::optional<Mark> halt) {
    halt_ = halt;
    if (state_ == State::following) tick();
}

void Transport::move(VirtualTime time) {
    moving_ = true;
    player_.seek(time);
    moving_ = false;
}

void Transport::tick() {
    FactsPtr facts = player_.facts();
    if (!facts || state_ == State::paused) return;
    if (player_.working()) return;
    if (state_ == State::following) {
        const Mark newest = halt_ ? std::min(*halt_, facts->end) : facts->end;
        if (player_.playhead() == newest || (!halt_ && player_.playhead() > newest)) return;
        moving_ = true;
        player_.seek(newest);
        moving_ = false;
        return;
    }
    const bool forward = state_ == State::forward;
    VirtualTime from = loop_ ? std::max(loop_->from, facts->begin.time) : facts->begin.time;
    VirtualTime to = loop_ ? std::min(loop_->to, facts->end.time) : facts->end.time;
    double passed_us =
        static_cast<double>(now_ns() - origin_.wall_ns) / 1000 * rate_.num / rate_.den;
    double most_us =
        static_cast<double>((forward ? to - origin_.time : origin_.time - from).count());
    if (passed_us < most_us) {
        Duration moved(static_cast<std::int64_t>(passed_us));
        return move(forward ? origin_.time + moved : origin_.time - moved);
    }
    move(forward ? to : from);
    if (!loop_ && forward && facts->being_written) return start(State::following);
    if (!loop_) return pause();
    // A loop begins again; what is over it counts.
    double over = passed_us - most_us, length = static_cast<double>((to - from).count());
    if (length <= 0) return pause();
    Duration rest(
        static_cast<std::int64_t>(over - length * static_cast<std::int64_t>(over / length)));
    origin_ = {now_ns(), forward ? from + rest : to - rest};
}

}  // namespace teatime::inspector
