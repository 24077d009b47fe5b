#include "timeline_notes.h"

namespace teatime::inspector {

TimelineNotes::TimelineNotes(const RecordingFacts& facts)
    : clock(facts.clock, facts.info.end.bound, facts.info.end.wall) {
    for (std::size_t i = 0; i < facts.votes.size(); ++i) {
        const timegraph::Vote& vote = facts.votes[i];
        if (votes.empty() || votes.back().mark != vote.mark) votes.push_back({vote.mark, i, 0, {}});
        VoteGroup& group = votes.back();
        ++group.count;
        group.split = group.split || vote.hash != facts.votes[group.first].hash;
    }
    std::copy_if(votes.begin(), votes.end(), std::back_inserter(splits),
                 [](const VoteGroup& group) { return group.split; });
    for (const WallClock::Piece& piece : clock.pieces()) {
        if (piece.rate == 1 || piece.to == piece.from) continue;
        const bool goes_on = !stretches.empty() && stretches.back().to == piece.from &&
                             stretches.back().rate == piece.rate;
        if (goes_on) {
            stretches.back().to = piece.to;
        } else {
            stretches.push_back({piece.from, piece.to, piece.rate});
        }
    }
}

}  // namespace teatime::inspector
