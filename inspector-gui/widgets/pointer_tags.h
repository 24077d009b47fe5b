#pragma once

#include <QColor>
#include <vector>

#include "pointers.h"
#include "row_delegate.h"

class QPainter;
class QPalette;
class QTreeView;

namespace teatime::inspector {

/// The same for one member everywhere: in the picture, in the tree, on the timeline.
QColor member_color(const QPalette& palette, MemberId member);

/// The name on the member's colour; faint: its frame alone.
void paint_tag(QPainter& painter, const QPalette& palette, const QRectF& place,
               const Pointer& pointer, bool faint = false);
QSizeF tag_size(const QFontMetricsF& metrics, const QString& name);

/// Who points at a row of the state is written on it; of a row that is closed faintly, who points
/// at what is inside.
class PointerTags : public RowDelegate {
    Q_OBJECT
public:
    explicit PointerTags(QTreeView& view);

    void set_pointed(const std::vector<Pointed>& pointed);
    struct Tag {
        Pointer pointer;
        bool inside = false;
    };
    std::vector<Tag> tags_of(const QModelIndex& index) const;

protected:
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;

private:
    QTreeView& view_;
    std::vector<Pointed> pointed_;
};

}  // namespace teatime::inspector
