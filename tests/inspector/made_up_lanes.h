#pragma once

#include <algorithm>
#include <random>

#include "lanes.h"

namespace teatime::test {

/// Lanes with messages that a test chose; answers at once and exactly.
class MadeUpLanes : public inspector::LaneSource {
public:
    std::size_t add(inspector::Lane::Kind kind, const QString& name) {
        lanes_.push_back({kind, name, MemberId{lanes_.size() + 1}, 0});
        messages_.emplace_back();
        return lanes_.size() - 1;
    }
    /// In order of time.
    inspector::MessageId put(std::size_t lane, Mark mark,
                             std::optional<inspector::MessageId> cause = {}) {
        const inspector::MessageId id{lanes_[lane].kind == inspector::Lane::Kind::external,
                                      ++orders_};
        messages_[lane].push_back({mark, id, false, cause, lanes_[lane].name + "()"});
        ++lanes_[lane].total;
        return id;
    }
    void tell() { emit changed(); }

    double singles_below = 5000;  ///< microseconds a pixel
    int asked = 0;                ///< slices

    const std::vector<inspector::Lane>& lanes() const override { return lanes_; }
    inspector::LaneSlice slice(std::size_t lane, const inspector::TimeScale& scale) override {
        ++asked;
        inspector::LaneSlice slice;
        slice.exact = true;
        const auto before = [](const inspector::Single& single, VirtualTime time) {
            return single.mark.time < time;
        };
        const auto& all = messages_[lane];
        auto first = std::lower_bound(all.begin(), all.end(), scale.left, before);
        auto last = std::lower_bound(first, all.end(), scale.right(), before);
        if (scale.us_per_pixel < singles_below) {
            slice.singles.assign(first, last);
        } else {
            slice.density = counts(first, last, scale);
        }
        return slice;
    }
    Totals totals(const inspector::TimeScale& scale) override {
        Totals totals;
        for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
            auto& sum = lanes_[lane].kind == inspector::Lane::Kind::external ? totals.external
                                                                             : totals.future;
            auto more = counts(messages_[lane].begin(), messages_[lane].end(), scale);
            sum.resize(more.size());
            for (std::size_t i = 0; i < more.size(); ++i) sum[i] += more[i];
        }
        return totals;
    }
    std::optional<Place> place_of(const inspector::MessageId& id) const override {
        for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
            for (const auto& message : messages_[lane]) {
                if (message.id == id) return Place{lane, message.mark};
            }
        }
        return std::nullopt;
    }
    const Progress& progress() const override { return progress_; }

private:
    using Messages = std::vector<inspector::Single>;
    static std::vector<float> counts(Messages::const_iterator first, Messages::const_iterator last,
                                     const inspector::TimeScale& scale) {
        std::vector<float> counts(static_cast<std::size_t>(scale.width));
        for (; first != last; ++first) {
            const double x = scale.x_of(first->mark.time);
            if (x >= 0 && x < scale.width) counts[static_cast<std::size_t>(x)] += 1;
        }
        return counts;
    }

    std::vector<inspector::Lane> lanes_;
    std::vector<Messages> messages_;
    std::uint64_t orders_ = 0;
    Progress progress_{{}, 1, false, {}};
};

}  // namespace teatime::test
