#include "list_view.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>

#include "row_delegate.h"
#include "theme.h"

namespace teatime::inspector {

ListView::ListView(const QString& name, const QString& empty, QWidget* parent)
    : QTreeView(parent), empty_(empty) {
    setAccessibleName(name);
    setItemDelegate(new RowDelegate(this));
    setUniformRowHeights(true);
    setAlternatingRowColors(true);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setRootIsDecorated(false);
    setFrameShape(QFrame::NoFrame);
    setTextElideMode(Qt::ElideRight);
    setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    header()->setStretchLastSection(true);
    header()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
}

void ListView::set_empty_text(const QString& text) {
    empty_ = text;
    viewport()->update();
}

void ListView::set_widths(const std::vector<int>& characters) {
    int unit = fontMetrics().averageCharWidth();
    for (std::size_t i = 0; i < characters.size(); ++i) {
        if (characters[i] > 0) header()->resizeSection(static_cast<int>(i), unit * characters[i]);
    }
}

QString ListView::selected_text() const {
    QStringList lines;
    for (const QModelIndex& row :
         selectionModel() ? selectionModel()->selectedRows() : QModelIndexList()) {
        QStringList cells;
        for (int i = 0; i < model()->columnCount(); ++i) {
            if (!isColumnHidden(i)) cells += row.siblingAtColumn(i).data().toString();
        }
        lines += cells.join('\t');
    }
    return lines.join('\n');
}

void ListView::paintEvent(QPaintEvent* event) {
    QTreeView::paintEvent(event);
    if (empty_.isEmpty() || (model() && model()->rowCount() > 0)) return;
    QPainter painter(viewport());
    painter.setPen(tints(palette()).faint);
    painter.drawText(viewport()->rect().adjusted(24, 12, -24, -12),
                     Qt::AlignCenter | Qt::TextWordWrap, empty_);
}

bool ListView::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        QModelIndex index = indexAt(help->pos());
        QString text = index.data(Qt::ToolTipRole).toString();
        if (text.isEmpty()) {  // what is cut can be read
            text = index.data().toString();
            if (fontMetrics().horizontalAdvance(text) + 8 < visualRect(index).width()) text.clear();
        }
        text.truncate(2000);
        QToolTip::showText(help->globalPos(),
                           text.isEmpty() ? text : "<p>" + text.toHtmlEscaped() + "</p>", this);
        return true;
    }
    return QTreeView::viewportEvent(event);
}

void ListView::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy)) {
        QGuiApplication::clipboard()->setText(selected_text());
    } else if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) &&
               currentIndex().isValid()) {
        emit activated(currentIndex());
    } else {
        QTreeView::keyPressEvent(event);
    }
}

}  // namespace teatime::inspector
