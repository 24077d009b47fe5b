#include "moment_text.h"

#include <algorithm>

#include "teatime/timegraph/moment.h"
#include "wall_clock.h"

namespace teatime::inspector {
namespace {

result<VirtualTime> time_at(const RecordingFacts& facts, timegraph::WallTime wall) {
    WallClock clock(facts.clock, facts.info.end.bound, facts.info.end.wall);
    if (clock.empty() || wall < clock.pieces().front().wall || wall > facts.info.end.wall)
        return wrong_usage("nothing was recorded at that wall time");
    auto after = std::find_if(clock.pieces().begin(), clock.pieces().end(),
                              [&](const auto& piece) { return piece.wall > wall; });
    const WallClock::Piece& piece = *std::prev(after);
    auto passed = static_cast<double>((wall - piece.wall).count()) * piece.rate;
    return std::min(piece.to, piece.from + Duration(static_cast<std::int64_t>(passed)));
}

}  // namespace

result<Mark> parse_moment(const QString& text, const RecordingFacts& facts) {
    std::string written = text.trimmed().toStdString();
    VirtualTime end = facts.is_recording ? facts.info.end.bound : facts.end.time;
    return timegraph::parse_moment(written, facts.begin, end,
                                   [&](timegraph::WallTime wall) { return time_at(facts, wall); });
}

}  // namespace teatime::inspector
