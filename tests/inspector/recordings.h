#pragma once

#include <QDir>
#include <QSignalSpy>

#include "../replayer/recorded.h"
#include "../state/random_input.h"
#include "facts.h"
#include "moment.h"
#include "player.h"

/// Recordings for the inspector's models, and how to wait for a Player.
namespace teatime::test {

inline replayer::TimelineOptions garden_modules() {
    replayer::TimelineOptions options;
    options.modules = {TEST_MODULES "/garden"};
    return options;
}

inline constexpr int kPatienceMs = 30'000;

/// Waits until everything asked for is there. A macro: QTRY_* returns from the test.
#define WAIT_OPEN(player) QTRY_VERIFY_WITH_TIMEOUT((player).is_open(), teatime::test::kPatienceMs)
#define WAIT_SERVED(player) \
    QTRY_VERIFY_WITH_TIMEOUT(!(player).working() && (player).moment(), teatime::test::kPatienceMs)
#define WAIT_COMPLETE(player)                                                    \
    QTRY_VERIFY_WITH_TIMEOUT(                                                    \
        !(player).working() && (player).moment() && (player).moment()->complete, \
        teatime::test::kPatienceMs)

}  // namespace teatime::test
