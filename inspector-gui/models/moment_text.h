#pragma once

#include <QString>

#include "facts.h"

namespace teatime::inspector {

/// What a person typed: `12.5s`, `1:02:03.25`, `12.5s#3`, `start`, `end`, wall clock.
result<Mark> parse_moment(const QString& text, const RecordingFacts& facts);

}  // namespace teatime::inspector
