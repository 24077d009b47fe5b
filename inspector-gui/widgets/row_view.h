#pragma once

#include <QAbstractItemView>
#include <vector>

class QHeaderView;

namespace teatime::inspector {

/// A list of any length, of a model that grows or is reset, with a ListView's manners. Qt's own
/// views keep something for each row and look for a row among all; this one's time and memory
/// depend on the rows that are seen alone. One row at most is selected.
class RowView : public QAbstractItemView {
    Q_OBJECT
public:
    RowView(const QString& name, const QString& empty, QWidget* parent = nullptr);

    void set_empty_text(const QString& text);
    /// Widths in characters; 0 = as it is. The last column takes the rest.
    void set_widths(const std::vector<int>& characters);

    void setModel(QAbstractItemModel* model) override;
    QRect visualRect(const QModelIndex& index) const override;  ///< empty: far from what is seen
    void scrollTo(const QModelIndex& index, ScrollHint hint = EnsureVisible) override;
    QModelIndex indexAt(const QPoint& point) const override;
    void keyboardSearch(const QString& text) override;
    void reset() override;

protected:
    void rowsInserted(const QModelIndex& parent, int first, int last) override;
    void updateGeometries() override;
    void scrollContentsBy(int dx, int dy) override;
    QModelIndex moveCursor(CursorAction action, Qt::KeyboardModifiers modifiers) override;
    int horizontalOffset() const override;
    int verticalOffset() const override;
    bool isIndexHidden(const QModelIndex& index) const override;
    void setSelection(const QRect& rect, QItemSelectionModel::SelectionFlags flags) override;
    QRegion visualRegionForSelection(const QItemSelection& selection) const override;
    void paintEvent(QPaintEvent* event) override;
    bool viewportEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    int rows() const { return model() ? model()->rowCount() : 0; }
    int row_height() const;
    int page() const;  ///< rows that are seen whole, at least one
    int top() const;   ///< the first row that is seen
    void paint_row(QPainter& painter, int row, const QRect& place);

    QHeaderView* header_;
    QString empty_;
    mutable int row_height_ = 0;  ///< 0: not asked for yet
};

}  // namespace teatime::inspector
