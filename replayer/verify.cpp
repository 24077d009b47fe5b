#include "teatime/replayer/verify.h"

#include <algorithm>
#include <map>

#include "teatime/replayer/stretches.h"
#include "teatime/timegraph/reader.h"

namespace teatime::replayer {
namespace {

/// All that was recorded of the state at one Mark.
struct Claims {
    std::vector<timegraph::Vote> votes;
    std::vector<std::string> keyframes;  ///< hashes
    std::size_t size() const { return votes.size() + keyframes.size(); }
};

class Verifier {
public:
    Verifier(Timeline& timeline, const Watch& watch) : timeline_(timeline), watch_(watch) {}

    result<ReplayReport> run() {
        report_.from = timeline_.begin();
        report_.to = timeline_.end();
        if (auto collected = collect(); !collected) return collected.error();
        for (const auto& [mark, claims] : claims_) {
            auto reached = reach(mark);
            if (!reached) return reached.error();
            if (!*reached) {
                report_.not_reached += claims.size();
                continue;
            }
            auto hash = timeline_.hash();
            if (!hash) return hash.error();
            compare(mark, claims, to_string(*hash));
        }
        // What comes after the last claim can still crash.
        Mark last = stretches_.empty() ? report_.from : stretches_.back().to;
        if (auto reached = reach(last); !reached) return reached.error();
        report_.executed = true;
        return std::move(report_);
    }

private:
    result<void> collect() {
        const timegraph::Reader& reader = *timeline_.reader();
        auto votes = reader.votes(Mark{}, report_.to);  // those before the begin are not reached
        if (!votes) return votes.error();
        for (timegraph::Vote& vote : *votes) claims_[vote.mark].votes.push_back(std::move(vote));
        auto keyframes = reader.keyframes();
        if (!keyframes) return keyframes.error();
        for (const timegraph::KeyframeInfo& keyframe : *keyframes) {
            if (keyframe.kind == timegraph::KeyframeInfo::Kind::foreign) continue;
            if (keyframe.mark < report_.from || keyframe.mark > report_.to) continue;
            claims_[keyframe.mark].keyframes.push_back(keyframe.hash);
        }
        auto parts = stretches(timeline_);
        if (!parts) return parts.error();
        stretches_ = std::move(*parts);
        return {};
    }

    /// Executes up to there. False where messages before it are missing and no keyframe helps.
    result<bool> reach(const Mark& mark) {
        while (stretch_ < stretches_.size() && stretches_[stretch_].to < mark) ++stretch_;
        if (stretch_ == stretches_.size() || mark < stretches_[stretch_].from) return false;
        if (stretch_ != entered_) {
            entered_ = stretch_;
            auto there = timeline_.seek(stretches_[stretch_].from, watch_);
            if (!there) return there.error();
        }
        auto there = timeline_.play_to(mark, watch_);
        return there ? result<bool>(true) : there.error();
    }

    void compare(const Mark& mark, const Claims& claims, const std::string& computed) {
        Difference difference{mark, false, {}, {}, {}, computed};
        for (const std::string& hash : claims.keyframes) {
            ++report_.keyframes;
            if (hash == computed) {
                ++report_.keyframes_agree;
            } else {
                difference.keyframe = true;
                difference.recorded = hash;
            }
        }
        for (const timegraph::Vote& vote : claims.votes) {
            ++report_.votes;
            if (vote.hash == computed) {
                ++report_.votes_agree;
                difference.agreeing.push_back(vote.member);
            } else {
                if (difference.recorded.empty()) difference.recorded = vote.hash;
                difference.members.push_back(vote.member);
            }
        }
        bool differs = difference.keyframe || !difference.members.empty();
        if (differs && !report_.first_difference) report_.first_difference = std::move(difference);
    }

    Timeline& timeline_;
    const Watch& watch_;
    std::map<Mark, Claims> claims_;
    std::vector<Stretch> stretches_;
    std::size_t stretch_ = 0;             ///< the first that is not over
    std::optional<std::size_t> entered_;  ///< where the timeline is
    ReplayReport report_;
};

}  // namespace

result<ReplayReport> verify_replay(Timeline& timeline, const Watch& watch) {
    if (timeline.can_execute()) return Verifier(timeline, watch).run();
    ReplayReport report;
    report.from = timeline.begin();
    report.to = timeline.end();
    report.why_not = timeline.why_not_executed();
    report.unusable = !timeline.module_path().empty();
    return report;
}

}  // namespace teatime::replayer
