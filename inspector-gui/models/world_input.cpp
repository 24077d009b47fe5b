#include "world_input.h"

namespace teatime::inspector {

WorldInput::WorldInput(Player& player, LiveSession& live, QObject* parent)
    : QObject(parent), player_(player), live_(live) {
    next_move_.setSingleShot(true);
    next_move_.setTimerType(Qt::PreciseTimer);
    next_move_.setInterval(std::chrono::ceil<std::chrono::milliseconds>(kMoveInterval));
    connect(&next_move_, &QTimer::timeout, this, &WorldInput::flush);
    connect(&player_, &Player::input_made, this, [this](const QStringList& payloads) {
        for (const QString& payload : payloads) live_.send(payload);
    });
}

void WorldInput::give(Input input) {
    input.member = live_.member();
    if (input.kind != Input::Kind::pointer_move) {
        flush();
        player_.input(input);
        return;
    }
    move_ = std::move(input);
    if (!next_move_.isActive()) flush();
}

void WorldInput::flush() {
    if (!move_) return;
    player_.input(*move_);
    move_.reset();
    next_move_.start();
}

}  // namespace teatime::inspector
