#pragma once

#include <QObject>
#include <QTimer>
#include <optional>

#include "player.h"
#include "teatime/session/time_control.h"

namespace teatime::inspector {

/// Plays a Player: moves its playhead as wall time passes, forwards or backwards, at a rate, within
/// a loop or not. Pauses by itself at the ends. With `follow` it stays at the head of a recording
/// that grows.
class Transport : public QObject {
    Q_OBJECT
public:
    explicit Transport(Player& player, QObject* parent = nullptr);

    enum class State { paused, forward, backward, following };
    State state() const { return state_; }
    session::Rate rate() const { return rate_; }
    struct Loop {
        VirtualTime from, to;
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

signals:
    void changed();  ///< state, rate or loop

private:
    void tick();

    Player& player_;
    QTimer timer_;
    State state_ = State::paused;
    session::Rate rate_;
    std::optional<Loop> loop_;
    struct Origin {
        std::int64_t wall_ns = 0;
        VirtualTime time;
    } origin_;
};

}  // namespace teatime::inspector
