#include "transport_bar.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>

#include "actions.h"

namespace teatime::inspector {

TransportBar::TransportBar(Actions& actions, Transport& transport)
    : actions_(actions), transport_(transport) {
    setObjectName("transport-bar");
    setWindowTitle(tr("Transport"));
    setMovable(false);
    setIconSize(QSize(20, 20));
    for (const char* id :
         {"to-start", "back-external", "back-instant", "back-message", "reverse", "play",
          "forward-message", "forward-instant", "forward-external", "to-end"}) {
        addAction(actions[id]);
    }
    addSeparator();
    addAction(actions["slower"]);
    rate_ = new QComboBox;
    rate_->setEditable(true);
    rate_->setInsertPolicy(QComboBox::NoInsert);
    rate_->addItems({"1/16", "1/8", "1/4", "1/2", "1", "2", "4", "8", "16", "64"});
    rate_->setMinimumContentsLength(4);
    rate_->setToolTip(tr("Virtual time per wall time: 1/64 to 64, also 0.25"));
    rate_->setAccessibleName(tr("Rate"));
    connect(rate_, &QComboBox::textActivated, this, &TransportBar::rate_entered);
    connect(rate_->lineEdit(), &QLineEdit::returnPressed, this, &TransportBar::rate_entered);
    addWidget(rate_);
    addAction(actions["faster"]);
    addAction(actions["loop"]);
    addSeparator();
    auto* spacer = new QWidget;
    spacer->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    addWidget(spacer);
    go_to_ = new QLineEdit;
    go_to_->setObjectName("go-to");
    go_to_->setPlaceholderText(tr("Go to: 12.5s, 1:02:03, 12.5s#3, end"));
    go_to_->setToolTip(
        tr("A time (12.5s, 500ms, 1:02:03.25), a Mark (12.5s#3), start, end, or wall "
           "clock, UTC (2026-11-20T14:32:05)") +
        QString(" (%1)").arg(actions["go-to"]->shortcut().toString(QKeySequence::NativeText)));
    go_to_->setAccessibleName(tr("Go to"));
    go_to_->setMaximumWidth(fontMetrics().averageCharWidth() * 38);
    connect(go_to_, &QLineEdit::returnPressed, this, [this] { emit go_to(go_to_->text()); });
    addWidget(go_to_);
    for (const char* id : {"find", "mark", "diff", "live", "help"}) addAction(actions[id]);
    connect(&transport_, &Transport::changed, this, &TransportBar::show_transport);
    show_transport();
}

void TransportBar::focus_go_to() {
    go_to_->setFocus(Qt::ShortcutFocusReason);
    go_to_->selectAll();
}

void TransportBar::refuse_go_to(const QString& sentence) {
    emit refused(sentence);
    focus_go_to();
}

void TransportBar::accept_go_to() {
    go_to_->clear();
    go_to_->clearFocus();
}

void TransportBar::show_transport() {
    using State = Transport::State;
    bool forward = transport_.state() == State::forward || transport_.state() == State::following;
    bool backward = transport_.state() == State::backward;
    actions_["play"]->setIcon(glyph_icon(forward ? Glyph::pause : Glyph::play));
    actions_["reverse"]->setIcon(glyph_icon(backward ? Glyph::pause : Glyph::reverse));
    actions_["loop"]->setChecked(transport_.loop().has_value());
    if (!rate_->hasFocus() || rate_->lineEdit()->selectedText() == rate_->currentText()) {
        session::Rate rate = transport_.rate();
        rate_->setEditText(rate.num == 1 && rate.den > 1
                               ? QString("1/%1").arg(rate.den)
                               : QString::fromStdString(session::to_string(rate)));
    }
}

void TransportBar::rate_entered() {
    auto rate = session::parse_rate(rate_->currentText().trimmed().toStdString());
    if (!rate) return void(emit refused(QString::fromStdString(rate.error().message)));
    transport_.set_rate(*rate);
    rate_->lineEdit()->selectAll();
}

}  // namespace teatime::inspector
