#include "lanes.h"

#include <algorithm>

namespace teatime::inspector {

void LaneLayout::set_heights(int group, int lane) {
    group_height_ = group;
    lane_height_ = lane;
    arrange();
}

void LaneLayout::set_lanes(const std::vector<Lane>& lanes) {
    for (auto& order : order_) order.clear();
    for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
        order_[index(lanes[lane].kind)].push_back(lane);
    }
    for (auto& order : order_) {
        std::stable_sort(order.begin(), order.end(), [&lanes](std::size_t a, std::size_t b) {
            return lanes[a].total > lanes[b].total;
        });
    }
    arrange();
}

void LaneLayout::set_collapsed(Lane::Kind kind, bool collapsed) {
    collapsed_[index(kind)] = collapsed;
    arrange();
}

void LaneLayout::arrange() {
    rows_.clear();
    int y = 0;
    for (Lane::Kind kind : {Lane::Kind::external, Lane::Kind::future}) {
        const auto& order = order_[index(kind)];
        if (order.empty()) continue;
        rows_.push_back({true, kind, order.size(), y, group_height_});
        y += group_height_;
        if (collapsed(kind)) continue;
        for (std::size_t lane : order) {
            rows_.push_back({false, kind, lane, y, lane_height_});
            y += lane_height_;
        }
    }
    content_height_ = y;
}

void LaneLayout::set_scroll(int y, int view_height) {
    scroll_ = std::clamp(y, 0, std::max(0, content_height_ - view_height));
}

std::vector<LaneLayout::Row> LaneLayout::rows(int view_height) const {
    std::vector<Row> seen;
    for (Row row : rows_) {
        row.y -= scroll_;
        if (row.y + row.height > 0 && row.y < view_height) seen.push_back(row);
    }
    return seen;
}

std::optional<LaneLayout::Row> LaneLayout::row_at(int y) const {
    for (Row row : rows_) {
        row.y -= scroll_;
        if (y >= row.y && y < row.y + row.height) return row;
    }
    return std::nullopt;
}

std::optional<LaneLayout::Row> LaneLayout::row_of(std::size_t lane) const {
    for (std::size_t kind = 0; kind < 2; ++kind) {
        const auto& order = order_[kind];
        if (std::find(order.begin(), order.end(), lane) == order.end()) continue;
        for (Row row : rows_) {
            const bool shows =
                row.group ? index(row.kind) == kind && collapsed_[kind] : row.lane == lane;
            if (!shows) continue;
            row.y -= scroll_;
            return row;
        }
    }
    return std::nullopt;
}

}  // namespace teatime::inspector
