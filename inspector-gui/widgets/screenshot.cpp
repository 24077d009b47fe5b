#include "screenshot.h"

#include <QPixmap>

#include "main_window.h"

namespace teatime::inspector {
namespace {

constexpr int kLookEvery_ms = 50;
constexpr int kQuietLooks = 6;  // what follows from the last change is painted by then
constexpr int kPatience_ms = 120'000;

}  // namespace

Screenshot::Screenshot(MainWindow& window, QString panel, QString file,
                       std::function<void(const QString&)> done)
    : window_(window), panel_(std::move(panel)), file_(std::move(file)), done_(std::move(done)) {
    connect(&timer_, &QTimer::timeout, this, &Screenshot::look);
    waited_.start();
    timer_.start(kLookEvery_ms);
}

void Screenshot::look() {
    if (!window_.open_error().isEmpty()) {
        timer_.stop();
        return done_(window_.open_error());
    }
    quiet_ = window_.complete() ? quiet_ + 1 : 0;
    if (quiet_ == 1 && !panel_.isEmpty()) window_.show_panel(panel_);
    bool late = waited_.elapsed() > kPatience_ms;
    if (quiet_ < kQuietLooks && !late) return;
    timer_.stop();
    if (late) return done_(tr("the window was not complete within %1 s").arg(kPatience_ms / 1000));
    bool saved = window_.grab().save(file_);
    done_(saved ? QString() : tr("%1 cannot be written").arg(file_));
}

}  // namespace teatime::inspector
