#include "info_bar.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QProgressBar>
#include <QPushButton>
#include <QSet>
#include <QToolButton>
#include <QVBoxLayout>

#include "icons.h"
#include "theme.h"

namespace teatime::inspector {

class InfoBar::Line : public QWidget {
public:
    Line() {
        auto* row = new QHBoxLayout(this);
        row->setContentsMargins(12, 3, 4, 3);
        text_ = new QLabel;
        text_->setTextFormat(Qt::PlainText);
        text_->setWordWrap(true);
        text_->setTextInteractionFlags(Qt::TextSelectableByMouse);
        bar_ = new QProgressBar;
        bar_->setMaximumWidth(220);
        bar_->setTextVisible(false);
        bar_->setAccessibleName(tr("Progress"));
        buttons_ = new QHBoxLayout;
        close_ = new QToolButton;
        close_->setIcon(glyph_icon(Glyph::close));
        close_->setAutoRaise(true);
        close_->setToolTip(tr("Close this line"));
        close_->setAccessibleName(close_->toolTip());
        row->addWidget(text_, 1);
        row->addWidget(bar_);
        row->addLayout(buttons_);
        row->addWidget(close_);
        setAutoFillBackground(true);
    }

    void set(Kind kind, const QString& text) {
        kind_ = kind;
        text_->setText(text);
        text_->setAccessibleName(text);
        bar_->hide();
        recolor();
    }
    void set_buttons(std::vector<Button> buttons) {
        while (QLayoutItem* item = buttons_->takeAt(0)) {
            item->widget()->deleteLater();
            delete item;
        }
        for (Button& button : buttons) {
            auto* made = new QPushButton(button.text);
            connect(made, &QPushButton::clicked, this, [run = std::move(button.run)] { run(); });
            buttons_->addWidget(made);
        }
    }
    void set_share(double share) {
        bar_->show();
        bar_->setRange(0, share < 0 ? 0 : 1000);
        if (share >= 0) bar_->setValue(static_cast<int>(share * 1000));
    }
    bool is_progress() const { return !bar_->isHidden(); }
    QString text() const { return text_->text(); }
    QToolButton* close_button() { return close_; }

private:
    void changeEvent(QEvent* event) override {
        if (event->type() == QEvent::PaletteChange && parentWidget()) recolor();
        QWidget::changeEvent(event);
    }
    void recolor() {
        const QPalette& outer = parentWidget()->palette();
        Tints tints = inspector::tints(outer);
        QColor back = kind_ == Kind::error     ? tints.error_back
                      : kind_ == Kind::warning ? tints.warning_back
                                               : tints.note_back;
        if (palette().color(QPalette::Window) == back) return;
        QPalette mine = outer;
        mine.setColor(QPalette::Window, back);
        setPalette(mine);
    }

    Kind kind_ = Kind::note;
    QLabel* text_;
    QProgressBar* bar_;
    QHBoxLayout* buttons_;
    QToolButton* close_;
};

InfoBar::InfoBar(QWidget* parent) : QWidget(parent) {
    layout_ = new QVBoxLayout(this);
    layout_->setContentsMargins(0, 0, 0, 0);
    layout_->setSpacing(1);
    setAccessibleName(tr("Notes"));
}

InfoBar::Line& InfoBar::line(const QString& topic) {
    Line*& line = lines_[topic];
    if (!line) {
        line = new Line;
        layout_->addWidget(line);
        connect(line->close_button(), &QToolButton::clicked, this,
                [this, topic] { forget(topic); });
    }
    return *line;
}

void InfoBar::say(const QString& topic, Kind kind, const QString& text,
                  std::vector<Button> buttons) {
    Line& said = line(topic);
    said.set(kind, text);
    said.set_buttons(std::move(buttons));
    said.close_button()->show();
    show_once();
}

/// What several topics have to say in the same words is said once.
void InfoBar::show_once() {
    QSet<QString> shown;
    for (const auto& [topic, line] : lines_) {
        line->setVisible(!shown.contains(line->text()));
        shown += line->text();
    }
}

void InfoBar::progress(const QString& topic, const QString& text, double share,
                       std::function<void()> cancel) {
    bool known = lines_.contains(topic) && lines_[topic]->is_progress();
    Line& said = line(topic);
    said.set(Kind::note, text);
    said.set_share(share);
    said.close_button()->hide();
    show_once();
    if (known) return;  // with its button
    std::vector<Button> buttons;
    if (cancel) buttons.push_back({tr("Cancel"), std::move(cancel)});
    said.set_buttons(std::move(buttons));
}

void InfoBar::forget(const QString& topic) {
    auto found = lines_.find(topic);
    if (found == lines_.end()) return;
    found->second->hide();
    found->second->deleteLater();
    lines_.erase(found);
    show_once();
}

void InfoBar::forget_all() {
    while (!lines_.empty()) forget(QString(lines_.begin()->first));
}

QString InfoBar::text(const QString& topic) const {
    auto found = lines_.find(topic);
    return found == lines_.end() ? QString() : found->second->text();
}

}  // namespace teatime::inspector
