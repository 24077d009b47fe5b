#include "theme.h"

#include <QApplication>
#include <QStyleFactory>

namespace teatime::inspector {
namespace {

QPalette made(QColor window, QColor base, QColor button, QColor text, QColor accent) {
    QPalette palette(button, window);
    auto mix = [](QColor a, QColor b, double share) {
        auto of = [&](int x, int y) { return static_cast<int>(x + (y - x) * share); };
        return QColor(of(a.red(), b.red()), of(a.green(), b.green()), of(a.blue(), b.blue()));
    };
    for (auto role :
         {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::ToolTipText}) {
        palette.setColor(role, text);
        palette.setColor(QPalette::Disabled, role, mix(text, window, 0.55));
    }
    palette.setColor(QPalette::Base, base);
    palette.setColor(QPalette::AlternateBase, mix(base, text, 0.04));
    palette.setColor(QPalette::ToolTipBase, mix(window, text, 0.06));
    palette.setColor(QPalette::PlaceholderText, mix(text, base, 0.45));
    palette.setColor(QPalette::Highlight, accent);
    palette.setColor(QPalette::HighlightedText, Qt::white);
    palette.setColor(QPalette::Link, mix(accent, text, 0.2));
    palette.setColor(QPalette::Mid, mix(window, text, 0.25));
    palette.setColor(QPalette::Light, mix(window, Qt::white, 0.1));
    palette.setColor(QPalette::Dark, mix(window, Qt::black, 0.3));
    return palette;
}

}  // namespace

std::optional<Theme> parse_theme(const QString& text) {
    if (text == "system") return Theme::system;
    if (text == "light") return Theme::light;
    if (text == "dark") return Theme::dark;
    return std::nullopt;
}

void apply_theme(QApplication& application, Theme theme) {
    if (theme == Theme::system) return;
    application.setStyle(QStyleFactory::create("Fusion"));
    const QColor accent = QColor(0x2f6fd0);
    const QPalette palette =
        theme == Theme::dark
            ? made(QColor(0x25272b), QColor(0x1c1e21), QColor(0x33363b), QColor(0xe4e6ea), accent)
            : made(QColor(0xf2f3f5), QColor(0xffffff), QColor(0xf7f8fa), QColor(0x1d2126), accent);
    application.setPalette(palette);
    // An empty box or field would be dark on dark: Fusion's outlines are darker than the window.
    QPalette boxes = palette, fields = palette;
    if (theme == Theme::dark) {
        boxes.setColor(QPalette::Base, palette.color(QPalette::Mid));
        fields.setColor(QPalette::Base, palette.color(QPalette::Button));
    }
    QApplication::setPalette(boxes, "QCheckBox");
    QApplication::setPalette(fields, "QLineEdit");
}

bool is_dark(const QPalette& palette) {
    return palette.color(QPalette::Window).lightness() < 128;
}

Tints tints(const QPalette& palette) {
    Tints tints;
    if (is_dark(palette)) {
        tints = {QColor(0x4d4118),
                 QColor(0x1f4229),
                 QColor(0x55272b),
                 QColor(0xff8080),
                 QColor(0xf0b840),
                 QColor(0x66c987),
                 QColor(0x6aa5ff),
                 QColor(0x55272b),
                 QColor(0x4d4118),
                 QColor(0x243a5c),
                 {},
                 {}};
    } else {
        tints = {QColor(0xfff0b3),
                 QColor(0xd6f5dd),
                 QColor(0xffdcdc),
                 QColor(0xb3261e),
                 QColor(0x8a5a00),
                 QColor(0x1b7a3a),
                 QColor(0x2f6fd0),
                 QColor(0xffdcdc),
                 QColor(0xfff0b3),
                 QColor(0xdbe8fb),
                 {},
                 {}};
    }
    tints.faint = palette.color(QPalette::PlaceholderText);
    tints.line = palette.color(QPalette::Mid);
    return tints;
}

}  // namespace teatime::inspector
