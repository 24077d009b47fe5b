#include <QDockWidget>
#include <QResizeEvent>
#include <QScreen>
#include <algorithm>
#include <cmath>

#include "main_window.h"

// How the window is divided between the world with its timeline and the panels beside them.

namespace teatime::inspector {
namespace {

constexpr double kPanelsShare = 0.4;  // of the width
constexpr int kPanelsMost = 620;      // pixels; what is wider than this is better the world's
constexpr double kWorldLeast = 0.5;   // of the width, or as many pixels as are enough for it
constexpr int kWorldEnough = 480;

}  // namespace

/// As large as is good to look at, and as the screen has room for with a frame around it.
QSize MainWindow::first_size() const {
    constexpr QSize kGood(1600, 1000), kFrame(16, 48);
    return kGood.boundedTo(screen()->availableSize() - kFrame);
}

/// One that tells how wide panels are; null: all are hidden or elsewhere.
QDockWidget* MainWindow::dock_beside() const {
    const auto found = std::find_if(docks_.begin(), docks_.end(), [this](QDockWidget* dock) {
        return dock->isVisible() && !dock->isFloating() &&
               dockWidgetArea(dock) == Qt::RightDockWidgetArea;
    });
    return found == docks_.end() ? nullptr : *found;
}

void MainWindow::share_with_panels(double share) {
    panels_share_ = share;
    if (QDockWidget* dock = dock_beside()) {
        resizeDocks({dock}, {static_cast<int>(std::lround(share * width()))}, Qt::Horizontal);
    }
}

/// Docks forget their sizes while they are hidden. Of a session most of the height is for what is
/// below: Together.
void MainWindow::divide_panels() {
    const int upper = live_ ? 320 : 520;
    share_with_panels(std::min(kPanelsShare, static_cast<double>(kPanelsMost) / width()));
    resizeDocks({docks_.front(), docks_.back()}, {upper, 920 - upper}, Qt::Vertical);
}

/// As they were left, but that was in a window that may have been wider.
void MainWindow::keep_world() {
    const QDockWidget* dock = dock_beside();
    if (!dock) return;
    const double least = std::min(kWorldLeast, static_cast<double>(kWorldEnough) / width());
    share_with_panels(std::min(static_cast<double>(dock->width()) / width(), 1 - least));
}

/// All parts become narrower and wider with the window: else the world alone did.
void MainWindow::resizeEvent(QResizeEvent* event) {
    QMainWindow::resizeEvent(event);
    if (event->size().width() != event->oldSize().width()) share_with_panels(panels_share_);
}

/// Where the border between is let go, it stays.
bool MainWindow::event(QEvent* event) {
    const bool done = QMainWindow::event(event);
    if (event->type() == QEvent::MouseButtonRelease) {
        if (const QDockWidget* dock = dock_beside())
            panels_share_ = static_cast<double>(dock->width()) / width();
    }
    return done;
}

}  // namespace teatime::inspector
