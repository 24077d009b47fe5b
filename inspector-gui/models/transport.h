#pragma once

#include <QObject>
#include <QTimer>
#include <cstdint>
#include <functional>
#include <optional>

#include "player.h"
#include "teatime/session/time_control.h"

namespace teatime::inspector {

/// Plays a Player: moves its playhead as wall time passes, forwards or backwards, at a rate, within
/// a loop or not. Pauses by itself at the ends. With `follow` it stays at the head of a recording
/// that grows. Whoever else moves the playhead: playing goes on from there, following ends.
///
/// Never asks for a moment while the one before is not there: a slow world is shown less often, but
/// at the right speed.
class Transport : public QObject {
    Q_OBJECT
public:
    /// `wall_ns`: a steady clock, for tests.
    explicit Transport(Player& player, QObject* parent = nullptr,
                       std::function<std::int64_t()> wall_ns = {});

    enum class State { paused, forward, backward, following };
    State state() const { return state_; }
    session::Rate rate() const { return rate_; }
    struct Loop {
        VirtualTime from, to;
        bool operator==(const Loop&) const = default;
    };
    const std::optional<Loop>& loop() const { return loop_; }

    void play(bool forward = true);
    void pause();
    void toggle();  ///< space
    void follow();  ///< the newest moment, as it comes
    /// J K L: each press of the same direction doubles the rate, the other direction turns back.
    void shuttle(int direction);
    void set_rate(session::Rate rate);
    void set_loop(std::optional<Loop> loop);
    /// Where all replicas of a stopped session stand: it is what is followed, until time goes on
    /// (none). It can be amid an instant, and what is recorded ends with the message that stopped
    /// them, a little later.
    void set_halt(std::optional<Mark> halt);

    void reset();  ///< paused, at the usual rate, without a loop or a halt

    /// Of the playing: each moves the playhead. Called by a timer, 60 times a second.
    void tick();

signals:
    void changed();  ///< state, rate or loop

private:
    void start(State state);
    void place_origin();
    void move(VirtualTime time);
    std::int64_t now_ns() const;

    Player& player_;
    std::function<std::int64_t()> wall_ns_;
    QTimer timer_;
    State state_ = State::paused;
    session::Rate rate_;
    std::optional<Loop> loop_;
    std::optional<Mark> halt_;
    bool moving_ = false;  ///< it is us who moves the playhead
    struct Origin {
        std::int64_t wall_ns = 0;
        VirtualTime time;
    } origin_;
};

}  // namespace teatime::inspector
