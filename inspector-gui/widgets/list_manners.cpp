#include "list_manners.h"

#include <QAbstractItemView>
#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <numeric>

#include "row_delegate.h"
#include "theme.h"

namespace teatime::inspector {

void make_list(QAbstractItemView& view, QHeaderView& header, const QString& name) {
    view.setAccessibleName(name);
    view.setItemDelegate(new RowDelegate(&view));
    view.setAlternatingRowColors(true);
    view.setSelectionBehavior(QAbstractItemView::SelectRows);
    view.setEditTriggers(QAbstractItemView::NoEditTriggers);
    view.setFrameShape(QFrame::NoFrame);
    view.setTextElideMode(Qt::ElideRight);
    view.setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    header.setStretchLastSection(true);
    header.setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
}

void set_widths(QHeaderView& header, const std::vector<int>& characters) {
    const int unit = header.parentWidget()->fontMetrics().averageCharWidth();
    for (std::size_t i = 0; i < characters.size(); ++i) {
        if (characters[i] > 0) header.resizeSection(static_cast<int>(i), unit * characters[i]);
    }
}

void fit_widths(QHeaderView& header, const std::vector<int>& characters, int widest, int room) {
    constexpr double kLeast = 0.6;
    const int unit = header.parentWidget()->fontMetrics().averageCharWidth();
    const int all = unit * std::accumulate(characters.begin(), characters.end(), 0);
    if (all == 0 || room <= 0) return;
    const double share = std::clamp(static_cast<double>(room) / all, kLeast, 1.0);
    for (std::size_t i = 0; i < characters.size(); ++i) {
        const auto column = static_cast<int>(i);
        const int wide = static_cast<int>(share * unit * characters[i]);
        header.resizeSection(column, column == widest ? wide + std::max(0, room - all) : wide);
    }
}

void paint_empty(QAbstractItemView& view, const QString& sentence) {
    if (sentence.isEmpty() || (view.model() && view.model()->rowCount() > 0)) return;
    QPainter painter(view.viewport());
    painter.setPen(tints(view.palette()).faint);
    painter.drawText(view.viewport()->rect().adjusted(24, 12, -24, -12),
                     Qt::AlignCenter | Qt::TextWordWrap, sentence);
}

void show_tool_tip(QAbstractItemView& view, const QHelpEvent& help) {
    const QModelIndex index = view.indexAt(help.pos());
    QString text = index.data(Qt::ToolTipRole).toString();
    if (text.isEmpty()) {  // what is cut can be read
        text = with_change(index, index.data().toString());
        const int room = view.visualRect(index).width();
        if (view.fontMetrics().horizontalAdvance(text) + 8 < room) text.clear();
    }
    text.truncate(2000);
    QToolTip::showText(help.globalPos(),
                       text.isEmpty() ? text : "<p>" + text.toHtmlEscaped() + "</p>", &view);
}

static QString selected_text(const QAbstractItemView& view, const QHeaderView& header) {
    QStringList lines;
    for (const QModelIndex& row :
         view.selectionModel() ? view.selectionModel()->selectedRows() : QModelIndexList()) {
        QStringList cells;
        for (int i = 0; i < view.model()->columnCount(); ++i) {
            if (!header.isSectionHidden(i)) cells += row.siblingAtColumn(i).data().toString();
        }
        lines += cells.join('\t');
    }
    return lines.join('\n');
}

bool copies(const QAbstractItemView& view, const QHeaderView& header, QKeyEvent& event) {
    if (!event.matches(QKeySequence::Copy)) return false;
    QGuiApplication::clipboard()->setText(selected_text(view, header));
    return true;
}

bool activates(const QAbstractItemView& view, const QKeyEvent& event) {
    return (event.key() == Qt::Key_Return || event.key() == Qt::Key_Enter) &&
           view.currentIndex().isValid();
}

}  // namespace teatime::inspector
