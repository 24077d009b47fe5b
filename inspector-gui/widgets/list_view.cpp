#include "list_view.h"

#include <QGuiApplication>
#include <QHeaderView>
#include <QHelpEvent>
#include <QKeyEvent>

#include "list_manners.h"

namespace teatime::inspector {

ListView::ListView(const QString& name, const QString& empty, QWidget* parent)
    : QTreeView(parent), empty_(empty) {
    make_list(*this, *header(), name);
    setUniformRowHeights(true);
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    setRootIsDecorated(false);
    connect(header(), &QHeaderView::sectionResized, this, [this] {
        divided_ |= !fitting_ && (QGuiApplication::mouseButtons() & Qt::LeftButton);
    });
}

void ListView::set_empty_text(const QString& text) {
    empty_ = text;
    viewport()->update();
}

void ListView::set_widths(const std::vector<int>& characters, int widest) {
    characters_ = characters;
    widest_ = widest;
    header()->setStretchLastSection(widest < 0);
    fit_columns();
}

void ListView::fit_columns() {
    if (divided_) return;
    fitting_ = true;
    fit_widths(*header(), characters_, widest_, viewport()->width());
    fitting_ = false;
}

void ListView::resizeEvent(QResizeEvent* event) {
    fitting_ = true;  // the header stretches its last column
    QTreeView::resizeEvent(event);
    fit_columns();
    fitting_ = false;
}

void ListView::paintEvent(QPaintEvent* event) {
    QTreeView::paintEvent(event);
    paint_empty(*this, empty_);
}

bool ListView::viewportEvent(QEvent* event) {
    if (event->type() != QEvent::ToolTip) return QTreeView::viewportEvent(event);
    show_tool_tip(*this, *static_cast<QHelpEvent*>(event));
    return true;
}

void ListView::keyPressEvent(QKeyEvent* event) {
    if (copies(*this, *header(), *event)) return;
    if (activates(*this, *event)) {
        emit activated(currentIndex());
    } else {
        QTreeView::keyPressEvent(event);
    }
}

}  // namespace teatime::inspector
