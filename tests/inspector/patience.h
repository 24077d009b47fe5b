#pragma once

namespace teatime::test {

inline constexpr int kPatienceMs = 30'000;

/// A macro: QTRY_* returns from the test.
#define WAIT(condition) QTRY_VERIFY_WITH_TIMEOUT(condition, teatime::test::kPatienceMs)

}  // namespace teatime::test
