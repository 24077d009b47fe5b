#pragma once

#include <QColor>
#include <QPalette>
#include <QString>
#include <optional>

class QApplication;

namespace teatime::inspector {

enum class Theme { system, light, dark };
std::optional<Theme> parse_theme(const QString& text);

/// `system` keeps what the desktop gives. Before any window is made.
void apply_theme(QApplication& application, Theme theme);

bool is_dark(const QPalette& palette);

/// What a palette has no roles for. Text on each `..._back` stays readable.
struct Tints {
    QColor changed_back, added_back, removed_back;
    QColor error, warning, good, accent;
    QColor error_back, warning_back, note_back;
    QColor faint;  ///< text of less weight
    QColor line;   ///< separators
};
Tints tints(const QPalette& palette);

}  // namespace teatime::inspector
