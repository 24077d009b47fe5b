#include "row_view.h"

#include <QHeaderView>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <algorithm>

#include "list_manners.h"

namespace teatime::inspector {

RowView::RowView(const QString& name, const QString& empty, QWidget* parent)
    : QAbstractItemView(parent), header_(new QHeaderView(Qt::Horizontal, this)), empty_(empty) {
    make_list(*this, *header_, name);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setVerticalScrollMode(QAbstractItemView::ScrollPerItem);
    header_->setSectionsClickable(false);
    connect(header_, &QHeaderView::geometriesChanged, this, &RowView::updateGeometries);
    connect(header_, &QHeaderView::sectionResized, this, [this] {
        updateGeometries();
        viewport()->update();
    });
}

void RowView::set_empty_text(const QString& text) {
    empty_ = text;
    viewport()->update();
}

void RowView::set_widths(const std::vector<int>& characters) {
    inspector::set_widths(*header_, characters);
}

void RowView::setModel(QAbstractItemModel* model) {
    header_->setModel(model);
    QAbstractItemView::setModel(model);
}

// ---- where rows are --------------------------------------------------------------------------

/// Qt asks for the place of each item of a range that changes, some of which have thousands.
int RowView::row_height() const {
    if (row_height_ == 0) {
        QStyleOptionViewItem option;
        initViewItemOption(&option);
        row_height_ = std::max(1, itemDelegate()->sizeHint(option, {}).height());
    }
    return row_height_;
}

int RowView::page() const {
    return std::max(1, viewport()->height() / row_height());
}

int RowView::top() const {
    return verticalScrollBar()->value();
}

QRect RowView::visualRect(const QModelIndex& index) const {
    const int from_top = index.row() - top();
    if (!index.isValid() || from_top < -1 || from_top > page() + 1) return {};
    return {header_->sectionViewportPosition(index.column()), from_top * row_height(),
            header_->sectionSize(index.column()), row_height()};
}

QModelIndex RowView::indexAt(const QPoint& point) const {
    const int column = header_->logicalIndexAt(point.x());
    if (point.y() < 0 || column < 0 || !model()) return {};
    const qint64 row = qint64{top()} + point.y() / row_height();
    return row < rows() ? model()->index(static_cast<int>(row), column) : QModelIndex();
}

void RowView::scrollTo(const QModelIndex& index, ScrollHint hint) {
    if (!index.isValid()) return;
    const int row = index.row(), last_top = row - page() + 1;
    int to = top();
    if (hint == PositionAtTop || (hint == EnsureVisible && row < to)) to = row;
    if (hint == PositionAtBottom || (hint == EnsureVisible && to < last_top)) to = last_top;
    if (hint == PositionAtCenter) to = row - page() / 2;
    verticalScrollBar()->setValue(to);
}

int RowView::horizontalOffset() const {
    return header_->offset();
}

/// In pixels where they fit; Qt asks for it to see how far a mouse was dragged.
int RowView::verticalOffset() const {
    constexpr qint64 kMost = 1 << 30;
    return static_cast<int>(std::min(qint64{top()} * row_height(), kMost));
}

bool RowView::isIndexHidden(const QModelIndex& index) const {
    return header_->isSectionHidden(index.column());
}

/// After a change of font or style, too.
void RowView::updateGeometries() {
    row_height_ = 0;
    const int height = header_->sizeHint().height();
    if (viewportMargins().top() != height) setViewportMargins(0, height, 0, 0);
    const QRect place = viewport()->geometry();
    header_->setGeometry(place.left(), place.top() - height, place.width(), height);
    verticalScrollBar()->setRange(0, std::max(0, rows() - page()));
    verticalScrollBar()->setPageStep(page());
    verticalScrollBar()->setSingleStep(1);
    horizontalScrollBar()->setRange(0, std::max(0, header_->length() - viewport()->width()));
    horizontalScrollBar()->setPageStep(viewport()->width());
    header_->setOffset(horizontalScrollBar()->value());
    QAbstractItemView::updateGeometries();
}

void RowView::scrollContentsBy(int dx, int) {
    if (dx != 0) header_->setOffset(horizontalScrollBar()->value());
    viewport()->update();
}

// ---- rows that come and go -------------------------------------------------------------------

void RowView::reset() {
    QAbstractItemView::reset();
    verticalScrollBar()->setValue(0);
    updateGeometries();
}

void RowView::rowsInserted(const QModelIndex& parent, int first, int last) {
    QAbstractItemView::rowsInserted(parent, first, last);
    updateGeometries();
    if (first <= top() + page()) viewport()->update();
}

// ---- choosing --------------------------------------------------------------------------------

/// It would go through rows that nobody looks at.
void RowView::keyboardSearch(const QString&) {}

QModelIndex RowView::moveCursor(CursorAction action, Qt::KeyboardModifiers) {
    if (rows() == 0) return {};
    const QModelIndex current = currentIndex();
    const int last = rows() - 1, column = std::max(0, current.column());
    qint64 row = current.isValid() ? current.row() : -1;
    switch (action) {
        case MoveUp:
        case MovePrevious:
            --row;
            break;
        case MoveDown:
        case MoveNext:
            ++row;
            break;
        case MovePageUp:
            row -= page();
            break;
        case MovePageDown:
            row += page();
            break;
        case MoveHome:
            row = 0;
            break;
        case MoveEnd:
            row = last;
            break;
        case MoveLeft:
        case MoveRight:
            horizontalScrollBar()->triggerAction(action == MoveLeft
                                                     ? QAbstractSlider::SliderSingleStepSub
                                                     : QAbstractSlider::SliderSingleStepAdd);
            return current;
    }
    return model()->index(static_cast<int>(std::clamp<qint64>(row, 0, last)), column);
}

void RowView::setSelection(const QRect& rect, QItemSelectionModel::SelectionFlags flags) {
    const QModelIndex index = indexAt(rect.normalized().topLeft());
    selectionModel()->select(index.isValid() ? QItemSelection(index, index) : QItemSelection(),
                             flags);
}

QRegion RowView::visualRegionForSelection(const QItemSelection& selection) const {
    QRegion region;
    for (const QItemSelectionRange& range : selection) {
        const int first = std::max(range.top(), top());
        const int last = std::min(range.bottom(), top() + page() + 1);
        if (first > last) continue;
        region += QRect(0, (first - top()) * row_height(), viewport()->width(),
                        (last - first + 1) * row_height());
    }
    return region;
}

// ---- painting and events ---------------------------------------------------------------------

void RowView::paintEvent(QPaintEvent* event) {
    QPainter painter(viewport());
    const int height = row_height();
    const int below = std::min(rows() - top(), event->rect().bottom() / height + 1);
    for (int i = std::max(0, event->rect().top() / height); i < below; ++i) {
        paint_row(painter, top() + i, {0, i * height, viewport()->width(), height});
    }
    painter.end();
    paint_empty(*this, empty_);
}

void RowView::paint_row(QPainter& painter, int row, const QRect& place) {
    QStyleOptionViewItem option;
    initViewItemOption(&option);
    option.rect = place;
    option.state.setFlag(QStyle::State_Selected, selectionModel()->isRowSelected(row));
    option.features.setFlag(QStyleOptionViewItem::Alternate, row % 2 != 0);
    style()->drawPrimitive(QStyle::PE_PanelItemViewRow, &option, &painter, this);
    const bool current = hasFocus() && currentIndex().row() == row;
    for (int column = 0; column < header_->count(); ++column) {
        if (header_->isSectionHidden(column)) continue;
        const QModelIndex index = model()->index(row, column);
        option.rect.setLeft(header_->sectionViewportPosition(column));
        option.rect.setWidth(header_->sectionSize(column));
        option.state.setFlag(QStyle::State_HasFocus, current && index == currentIndex());
        itemDelegate()->paint(&painter, option, index);
    }
}

bool RowView::viewportEvent(QEvent* event) {
    if (event->type() != QEvent::ToolTip) return QAbstractItemView::viewportEvent(event);
    show_tool_tip(*this, *static_cast<QHelpEvent*>(event));
    return true;
}

void RowView::keyPressEvent(QKeyEvent* event) {
    if (copies(*this, *header_, *event)) return;
    if (activates(*this, *event)) {
        emit activated(currentIndex());
    } else {
        QAbstractItemView::keyPressEvent(event);
    }
}

}  // namespace teatime::inspector
