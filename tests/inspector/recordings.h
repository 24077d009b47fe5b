#pragma once

#include <QDir>
#include <QSignalSpy>

#include "../replayer/recorded.h"
#include "../state/random_input.h"
#include "facts.h"
#include "moment.h"
#include "patience.h"
#include "player.h"

/// Recordings for the inspector's models, and how to wait for a Player.
namespace teatime::test {

inline replayer::TimelineOptions garden_modules() {
    replayer::TimelineOptions options;
    options.modules = {TEST_MODULES "/garden"};
    return options;
}

/// Waits until everything asked for is there.
#define WAIT_OPEN(player) WAIT((player).is_open())
#define WAIT_SERVED(player) WAIT(!(player).working() && (player).moment())
#define WAIT_COMPLETE(player) \
    WAIT(!(player).working() && (player).moment() && (player).moment()->complete)

}  // namespace teatime::test
