#include "pointer_tags.h"

#include <QPainter>
#include <QTreeView>
#include <algorithm>

#include "rows_model.h"
#include "timeline_colors.h"

namespace teatime::inspector {

static constexpr double kTagPad = 5;

QColor member_color(const QPalette& palette, MemberId member) {
    return TimelineColors(palette).hue(static_cast<std::size_t>(member.value));
}

QSizeF tag_size(const QFontMetricsF& metrics, const QString& name) {
    return {metrics.horizontalAdvance(name) + 2 * kTagPad, metrics.height()};
}

void paint_tag(QPainter& painter, const QPalette& palette, const QRectF& place,
               const Pointer& pointer, bool faint) {
    constexpr double kRound = 4;
    const QColor color = member_color(palette, pointer.member);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(color, 1));
    painter.setBrush(faint ? QBrush() : color);
    painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), kRound, kRound);
    painter.setPen(faint ? color : TimelineColors(palette).on_playhead);
    const QString name = QFontMetricsF(painter.font())
                             .elidedText(pointer.name, Qt::ElideRight, place.width() - kTagPad);
    painter.drawText(place, Qt::AlignCenter | Qt::TextSingleLine, name);
    painter.restore();
}

PointerTags::PointerTags(QTreeView& view) : RowDelegate(&view), view_(view) {}

void PointerTags::set_pointed(const std::vector<Pointed>& pointed) {
    if (pointed == pointed_) return;
    pointed_ = pointed;
    view_.viewport()->update();
}

std::vector<PointerTags::Tag> PointerTags::tags_of(const QModelIndex& index) const {
    std::vector<Tag> tags;
    if (pointed_.empty() || index.column() != 0) return tags;
    const QString path = index.data(PathRole).toString();
    for (const Pointed& each : pointed_) {
        if (!is_within(each.path, path)) continue;
        const bool inside = each.path.size() > path.size();
        if (!inside || !view_.isExpanded(index)) tags.push_back({each.by, inside});
    }
    return tags;
}

/// At the right, the name of the row keeps what they leave.
void PointerTags::paint(QPainter* painter, const QStyleOptionViewItem& option,
                        const QModelIndex& index) const {
    constexpr double kApart = 3, kLeast = 24;
    QStyleOptionViewItem rest = option;
    std::vector<std::pair<QRectF, Tag>> placed;
    double right = option.rect.right() - kApart;
    for (const Tag& tag : tags_of(index)) {
        QSizeF size = tag_size(QFontMetricsF(option.font), tag.pointer.name);
        size.setWidth(std::min(size.width(), right - option.rect.left() - kLeast));
        if (size.width() < kLeast) break;
        QRectF place(QPointF(), size);
        place.moveCenter(QPointF(right - size.width() / 2, QRectF(option.rect).center().y()));
        placed.emplace_back(place, tag);
        right = place.left() - kApart;
    }
    if (!placed.empty()) rest.rect.setRight(static_cast<int>(right));
    RowDelegate::paint(painter, rest, index);
    painter->setFont(option.font);
    for (const auto& [place, tag] : placed)
        paint_tag(*painter, option.palette, place, tag.pointer, tag.inside);
}

}  // namespace teatime::inspector
