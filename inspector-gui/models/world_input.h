#pragma once

#include <QObject>
#include <QTimer>
#include <optional>

#include "live.h"
#include "player.h"

namespace teatime::inspector {

/// How a person uses a live world by its picture: gestures go to the world's own input(), in the
/// Player's worker, and what that makes of them to the session. Moves of the pointer go at most
/// every kMoveInterval, the last one before anything else always.
class WorldInput : public QObject {
    Q_OBJECT
public:
    WorldInput(Player& player, LiveSession& live, QObject* parent = nullptr);

    /// In world units; the member is filled in here.
    void give(Input input);

private:
    void flush();

    Player& player_;
    LiveSession& live_;
    std::optional<Input> move_;  ///< waits
    QTimer next_move_;
};

}  // namespace teatime::inspector
