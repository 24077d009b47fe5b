#include "together_panel.h"

#include <QComboBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QVBoxLayout>
#include <algorithm>

#include "icons.h"
#include "list_view.h"
#include "rows_model.h"
#include "theme.h"

namespace teatime::inspector {
namespace {

constexpr int kGridColumns = 5;  // the last one is empty beside buttons

/// `lines`: room for as many, whether there are, so that nothing below it moves.
QLabel* plain_label(int lines = 1) {
    auto* label = new QLabel;
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    if (lines > 1) label->setMinimumHeight(label->fontMetrics().lineSpacing() * lines);
    return label;
}

/// The text takes what the buttons leave.
void add_row(QGridLayout& grid, int row, QLabel* text,
             std::initializer_list<QPushButton*> buttons) {
    auto* line = new QHBoxLayout;
    line->addWidget(text, 1);
    for (QPushButton* each : buttons) line->addWidget(each);
    grid.addLayout(line, row, 0, 1, kGridColumns);
}

/// Rather of a group without a window's recorder: what one of those has, this window shows.
MemberId one_that_differs(const session::Company& company, const session::StepOutcome& outcome) {
    MemberId best;
    for (auto group = outcome.groups.rbegin(); group != outcome.groups.rend(); ++group) {
        bool recorded = false;
        MemberId one;
        for (MemberId member : group->members) {
            const session::MemberInfo* info = company.find(member);
            if (!info) continue;
            if (is_window_recorder(info->name, info->role))
                recorded = true;
            else if (!one)
                one = member;
        }
        if (one && !recorded) return one;
        if (!best) best = one;
    }
    return best;
}

/// What would be refused cannot be pressed, and its tool tip tells why instead of what it does.
void allow(QWidget& part, bool may, const QString& why) {
    if (!part.property("does").isValid()) part.setProperty("does", part.toolTip());
    part.setEnabled(may);
    part.setToolTip(may || why.isEmpty() ? part.property("does").toString() : why);
}

}  // namespace

TogetherPanel::TogetherPanel(QWidget* parent)
    : Panel(parent), notes_({tr("At"), tr("Note"), tr("By")}) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(10, 10, 10, 10);
    nothing_ = new QWidget;
    auto* empty = new QVBoxLayout(nothing_);
    empty->setContentsMargins(0, 0, 0, 0);
    auto* hint = plain_label();
    hint->setText(
        tr("No live session is joined. In one, everybody's replica is paused and stepped "
           "together here."));
    auto* join = new QPushButton(glyph_icon(Glyph::live), tr("Sessions that are running…"));
    empty->addWidget(hint);
    empty->addWidget(join, 0, Qt::AlignLeft);
    connect(join, &QPushButton::clicked, this, &TogetherPanel::sessions_wanted);
    auto* page = new QWidget;
    build_controls(page);
    controls_ = new QScrollArea;  // the window may be smaller
    controls_->setFrameShape(QFrame::NoFrame);
    controls_->setFocusPolicy(Qt::NoFocus);
    controls_->setWidgetResizable(true);
    controls_->setWidget(page);
    controls_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);  // buttons are seen whole
    controls_->setMinimumWidth(page->minimumSizeHint().width() +
                               controls_->verticalScrollBar()->sizeHint().width());
    column->addWidget(nothing_);
    column->addWidget(controls_, 1);
    column->addStretch(0);
    set_session(nullptr);
}

void TogetherPanel::build_controls(QWidget* page) {
    auto* grid = new QGridLayout(page);
    grid->setContentsMargins(0, 0, 0, 0);
    name_ = plain_label();
    QFont bold = name_->font();
    bold.setBold(true);
    name_->setFont(bold);
    state_ = plain_label(2);
    state_->setObjectName("session-state");
    auto* leave = new QPushButton(tr("Leave"));
    connect(leave, &QPushButton::clicked, this, &TogetherPanel::leave_wanted);
    add_row(*grid, 0, name_, {leave});
    grid->addWidget(state_, 1, 0, 1, kGridColumns);
    build_time(*grid);
    build_company(*grid);
    grid->setColumnStretch(kGridColumns - 1, 1);  // buttons keep their size
    grid->setRowStretch(7, 4);
    grid->setRowStretch(8, 2);
    grid->setRowStretch(9, 3);
}

void TogetherPanel::build_time(QGridLayout& grid) {
    pause_ = new QPushButton;
    pause_->setObjectName("pause-all");
    pause_->setToolTip(tr("Everybody's time stands still, or goes on (Ctrl+Space)"));
    connect(pause_, &QPushButton::clicked, this, &TogetherPanel::pause_or_resume);
    grid.addWidget(pause_, 2, 0);
    struct StepButton {
        QString text, tip;
        Glyph glyph;
        session::StepBy by;
    };
    const StepButton buttons[] = {
        {tr("Message"), tr("Everyone executes the next message (Alt+Right)"),
         Glyph::message_forward, session::StepBy::message},
        {tr("Instant"), tr("Everyone executes all of the next instant (Alt+Shift+Right)"),
         Glyph::instant_forward, session::StepBy::instant},
        {tr("External"), tr("Lets one waiting message through (Alt+Ctrl+Right)"),
         Glyph::external_forward, session::StepBy::external}};
    int at = 1;
    for (const StepButton& each : buttons) {
        auto* button = new QPushButton(glyph_icon(each.glyph), each.text);
        button->setToolTip(each.tip);
        connect(button, &QPushButton::clicked, this, [this, by = each.by] {
            if (session_) session_->step(by);
        });
        grid.addWidget(button, 2, at++);
        steps_.push_back(button);
    }
    rate_ = new QComboBox;
    rate_->setEditable(true);
    rate_->setInsertPolicy(QComboBox::NoInsert);
    rate_->addItems({"1/16", "1/4", "1/2", "1", "2", "4", "16"});
    rate_->setAccessibleName(tr("Rate for all"));
    connect(rate_, &QComboBox::textActivated, this, &TogetherPanel::rate_entered);
    until_ = new QLineEdit;
    until_->setPlaceholderText(tr("a time or Mark ahead"));
    until_->setAccessibleName(tr("Run until, for all"));
    connect(until_, &QLineEdit::returnPressed, this, &TogetherPanel::until_entered);
    auto* rate_text = new QLabel(tr("Rate for all"));
    auto* until_text = new QLabel(tr("Run until"));
    grid.addWidget(rate_text, 3, 0);
    grid.addWidget(rate_, 3, 1);
    grid.addWidget(until_text, 3, 2, Qt::AlignRight);
    grid.addWidget(until_, 3, 3, 1, kGridColumns - 3);
    time_parts_ = {pause_, rate_, until_, rate_text, until_text};
    time_parts_.insert(time_parts_.end(), steps_.begin(), steps_.end());
}

void TogetherPanel::build_company(QGridLayout& grid) {
    lease_ = plain_label(2);
    lead_ = new QPushButton(tr("Ask for the lead"));  // the longest it will have
    lead_->setMinimumWidth(lead_->sizeHint().width());
    lead_->setObjectName("lead");
    lead_->setToolTip(tr("Who leads pauses and steps for all (Shift+G)"));
    hand_ = new QPushButton(tr("Hand over"));
    hand_->setToolTip(tr("The selected member leads from now on (H)"));
    add_row(grid, 4, lease_, {lead_, hand_});
    followed_text_ = plain_label(2);
    followed_text_->setObjectName("followed");
    follow_ = new QPushButton;
    follow_->setObjectName("follow");
    follow_->setToolTip(
        tr("This window goes where the selected member looks, or else who leads (G)"));
    add_row(grid, 5, followed_text_, {follow_});
    outcome_ = plain_label(2);  // below all buttons: it takes as much as there is to tell
    outcome_->setObjectName("outcome");
    compare_ = new QPushButton(tr("Compare"));
    compare_->setObjectName("compare-split");
    compare_->setToolTip(tr("What the replica of one that differs has, and what this window has"));
    compare_->hide();
    add_row(grid, 6, outcome_, {compare_});
    members_view_ = new ListView(tr("Who is here"), tr("Nobody is known yet."));
    members_view_->setModel(&members_);
    members_view_->set_widths({18, 20, 14, 24});
    members_view_->setMinimumHeight(fontMetrics().height() * 7);  // five people
    waiting_view_ = new ListView(tr("What waits"), tr("No message waits."));
    waiting_view_->setModel(&waiting_);
    waiting_view_->set_widths({16, 12, 16, 24});
    notes_view_ = new ListView(tr("Notes"), tr("No notes yet."));
    notes_view_->setModel(&notes_);
    notes_view_->set_widths({14, 40, 12});
    note_ = new QLineEdit;
    note_->setObjectName("note");
    note_->setPlaceholderText(tr("A note for everyone, at the playhead"));
    note_->setAccessibleName(note_->placeholderText());
    note_->setToolTip(tr("Shown to everyone and kept in the recording (Shift+M)"));
    note_->setMaxLength(500);
    for (ListView* view : {waiting_view_, notes_view_})
        view->setMinimumHeight(fontMetrics().height() * 4);
    for (ListView* view : {members_view_, waiting_view_, notes_view_})  // as high as there is room
        view->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Ignored);
    grid.addWidget(members_view_, 7, 0, 1, kGridColumns);
    grid.addWidget(waiting_view_, 8, 0, 1, kGridColumns);
    time_parts_.push_back(waiting_view_);
    grid.addWidget(notes_view_, 9, 0, 1, kGridColumns);
    grid.addWidget(note_, 10, 0, 1, kGridColumns);

    connect(lead_, &QPushButton::clicked, this, &TogetherPanel::lead_or_release);
    connect(hand_, &QPushButton::clicked, this, &TogetherPanel::hand_over);
    connect(compare_, &QPushButton::clicked, this, &TogetherPanel::compare_split);
    connect(follow_, &QPushButton::clicked, this, &TogetherPanel::follow_pressed);
    connect(note_, &QLineEdit::returnPressed, this, &TogetherPanel::note_entered);
    connect(members_view_->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &TogetherPanel::show_followed);
    connect(notes_view_, &QTreeView::activated, this, [this](const QModelIndex& index) {
        QVariant mark = index.data(MarkRole);
        if (mark.isValid()) emit go(mark.value<Mark>());
    });
    connect(members_view_, &QTreeView::activated, this, &TogetherPanel::look_at);
    connect(members_view_, &QTreeView::clicked, this, [this](const QModelIndex& index) {
        const bool pointed = !index.data(PathRole).toString().isEmpty();
        if (pointed && index.column() == CompanyModel::Points) look_at(index);
    });
}

/// Where the member looks, and at what it points there. What one points at who goes with the
/// session is here as well.
void TogetherPanel::look_at(const QModelIndex& member) {
    const CompanyRow& row = members_.rows()[static_cast<std::size_t>(member.row())];
    const bool elsewhere = row.playhead && (row.points_at.isEmpty() || !row.playhead->follows);
    const QString path = row.points_at;
    if (elsewhere) emit go(row.playhead->mark);
    if (!path.isEmpty()) emit show_path(path);
}

void TogetherPanel::pause_or_resume() {
    if (!session_) return;
    session_->time().paused ? session_->resume() : session_->pause();
}

void TogetherPanel::lead_or_release() {
    if (!session_) return;
    leads() ? session_->release_lead() : session_->take_lead();  // of who has it, it is asked for
}

bool TogetherPanel::leads() const {
    const MemberId holder = session_ ? session_->company().lease.holder : MemberId{};
    return holder && holder == session_->member();
}

void TogetherPanel::hand_over() {
    if (!session_) return;
    const QVariant to = members_view_->currentIndex().data(ObjectRole);
    if (to.isValid()) return session_->hand_lead(MemberId{to.toULongLong()});
    members_view_->setFocus();
    emit said(tr("Select a member first"));
}

void TogetherPanel::compare_split() {
    if (differs_) emit compare_wanted(differs_);
}

void TogetherPanel::write_note() {
    note_->setFocus();
}

void TogetherPanel::set_session(LiveSession* session) {
    if (session_) session_->disconnect(this);
    session_ = session;
    nothing_->setVisible(!session);
    controls_->setVisible(session != nullptr);
    set_followed({});
    begin_ = {{}, kSessionStart, 0};
    outcome_->clear();
    unnamed_.reset();
    compare_->hide();
    if (!session) return;
    const LiveSession::Options& options = session->options();
    name_->setText(options.session.isEmpty() ? options.url
                                             : tr("%1 at %2").arg(options.session, options.url));
    connect(session, &LiveSession::time_changed, this, &TogetherPanel::show_time);
    connect(session, &LiveSession::connection_changed, this, &TogetherPanel::show_time);
    connect(session, &LiveSession::ended, this, &TogetherPanel::show_time);
    connect(session, &LiveSession::stepped, this,
            [this](const std::shared_ptr<const session::StepOutcome>& outcome) {
                show_outcome(*outcome);
            });
    connect(session, &LiveSession::split, this,
            [this](const QString&, const std::vector<session::Agreement>& groups) {
                session::StepOutcome vote;
                vote.groups = groups;
                if (groups.size() > 1) show_outcome(vote);
            });
    connect(session, &LiveSession::company_changed, this, &TogetherPanel::show_company);
    show_company();
}

void TogetherPanel::show_company() {
    if (!session_) return;
    const session::Company& company = session_->company();
    members_.show(company, session_->member(), session_->points_at());
    waiting_.show(company);
    const int rows = std::clamp(waiting_.rowCount(), 3, 8);  // and the heads
    waiting_view_->setMinimumHeight(fontMetrics().height() * (rows + 1) + 2);
    std::vector<TextRow> notes;
    for (const session::Note& each : company.notes) {
        const QString at = each.mark < begin_
                               ? tr("%1 (before this recording)").arg(to_text(each.mark))
                               : to_text(each.mark);
        notes.push_back(
            {{at, QString::fromStdString(each.text), QString::fromStdString(each.author)},
             each.mark});
    }
    notes_.set_rows(std::move(notes));

    if (unnamed_) show_outcome(session::StepOutcome(*unnamed_));
    show_time();
}

/// Who leads, and what that lets one do here.
void TogetherPanel::show_lead() {
    const session::Lease& lease = session_->company().lease;
    const QString who = QString::fromStdString(session_->company().name_of(lease.holder));
    const bool connected = session_->connected(), mine = leads();
    const bool others = lease.holder && !mine;
    lease_->setText(!lease.holder ? tr("Nobody leads")
                    : mine        ? tr("You lead")
                    : lease.away  ? tr("%1 leads, but is away").arg(who)
                                  : tr("%1 leads").arg(who));
    lead_->setText(mine                    ? tr("Release")
                   : others && !lease.away ? tr("Ask for the lead")
                                           : tr("Take the lead"));
    const QString lost = connected ? QString() : tr("The connection is lost");
    allow(*lead_, connected && !(others && lease.away),
          connected ? tr("%1 has lost the connection; soon the lead is free").arg(who) : lost);
    allow(*hand_, connected && mine, connected ? tr("Only who leads hands the lead over") : lost);
    allow(*note_, connected, lost);
    const QString why =
        connected ? tr("%1 leads: only who leads moves time for all").arg(who) : lost;
    for (QWidget* part : std::initializer_list<QWidget*>{pause_, rate_, until_})
        allow(*part, connected && !others, why);
    const bool paused = session_->time().paused;
    for (QPushButton* step : steps_) {
        allow(*step, connected && !others && paused,
              connected && !others ? tr("Pause first: then all go on step by step") : why);
    }
}

void TogetherPanel::set_begin(const Mark& begin) {
    if (std::exchange(begin_, begin) != begin) show_company();
}

void TogetherPanel::set_followed(std::optional<MemberId> member) {
    followed_ = member;
    show_followed();
}

void TogetherPanel::set_with_session(bool with) {
    with_session_ = with;
    show_followed();
}

/// The selected member; where none is, who leads. Null: there is nobody.
std::optional<MemberId> TogetherPanel::whom_to_follow() const {
    const MemberId selected{members_view_->currentIndex().data(ObjectRole).toULongLong()};
    if (selected && selected != session_->member()) return selected;
    if (session_->is_recording()) return MemberId{};
    const MemberId holder = session_->company().lease.holder;
    return holder && !leads() ? std::optional(holder) : std::nullopt;
}

void TogetherPanel::show_followed() {
    if (!session_) return;
    const bool others_follow = session_->is_recording() && leads();
    follow_->setVisible(!others_follow);
    follow_->setText(followed_ ? tr("Do not follow") : tr("Follow"));
    allow(*follow_, session_->connected() && (followed_ || whom_to_follow()),
          session_->connected() ? tr("Select a member below: then this window goes with them")
                                : tr("The connection is lost"));
    followed_text_->setText(
        others_follow                    ? tr("The others go with you")
        : followed_ && !followed_->value ? tr("You go with who leads")
        : followed_                      ? tr("You go with %1")
                          .arg(QString::fromStdString(session_->company().name_of(*followed_)))
        : with_session_ ? tr("You go with the session")
                        : tr("You look on your own"));
}

void TogetherPanel::follow_pressed() {
    if (!session_) return;
    if (followed_) return void(emit follow_wanted(std::nullopt));
    if (const auto member = whom_to_follow()) emit follow_wanted(*member);
}

void TogetherPanel::until_entered() {
    auto mark = parse_mark(until_->text().trimmed().toStdString());
    if (!mark) return void(emit said(QString::fromStdString(mark.error().message)));
    if (session_) session_->run_until(*mark);
    until_->clear();
}

void TogetherPanel::note_entered() {
    if (!session_ || note_->text().trimmed().isEmpty()) return;
    emit note_wanted(note_->text());
    note_->clear();
}

void TogetherPanel::show_time() {
    if (!session_) return;
    const bool recording = session_->is_recording();
    show_lead();
    show_followed();
    for (QWidget* part : time_parts_) part->setVisible(!recording);
    static_cast<QGridLayout*>(controls_->widget()->layout())->setRowStretch(8, recording ? 0 : 2);
    if (recording) {
        return state_->setText(
            session_->connected()
                ? tr("a recording, seen together · you are member %1").arg(session_->member().value)
                : tr("not connected"));
    }
    const session::TimeState& time = session_->time();
    bool connected = session_->connected();
    bool paused = time.paused;
    pause_->setText(paused ? tr("Resume") : tr("Pause"));
    pause_->setIcon(glyph_icon(paused ? Glyph::play : Glyph::pause));
    if (!rate_->hasFocus()) rate_->setEditText(QString::fromStdString(to_string(time.rate)));
    QString text =
        !connected ? tr("not connected")
        : paused   ? tr("paused for all at %1")
                       .arg(to_text(session_->stands().value_or(Mark{{}, time.time})))
                 : tr("running for all, rate %1").arg(QString::fromStdString(to_string(time.rate)));
    if (connected && time.until) text += tr(", until %1").arg(to_text(*time.until));
    if (connected && session_->member().value != 0) {
        text += tr(" · you are member %1").arg(session_->member().value);
    }
    text += waiting_text(session_->company());
    state_->setText(text);
}

void TogetherPanel::show_outcome(const session::StepOutcome& outcome) {
    QStringList lines;
    for (const session::Agreement& group : outcome.groups) {
        lines += tr("%1  %2  %3")
                     .arg(to_text(group.mark), QString::fromStdString(to_string(group.hash)),
                          member_names(session_->company(), group.members));
    }
    bool split = outcome.groups.size() > 1;
    const std::size_t agree = outcome.groups.empty() ? 0 : outcome.groups[0].members.size();
    const std::size_t asked = agree + outcome.missing.size();
    lines.prepend(split        ? tr("THE REPLICAS DIFFER:")
                  : agree == 0 ? tr("no replica reported")
                  : agree < asked
                      ? tr("%1 of %2 replicas reported, and agree:").arg(agree).arg(asked)
                  : agree == 1 ? tr("1 replica:")
                               : tr("all %1 replicas agree:").arg(agree));
    if (!outcome.missing.empty()) {
        lines += tr("no report from %1").arg(member_names(session_->company(), outcome.missing));
    }
    outcome_->setText(lines.join('\n'));
    QPalette palette = this->palette();
    Tints tints = inspector::tints(palette);
    palette.setColor(QPalette::WindowText, split ? tints.error : tints.good);
    outcome_->setPalette(palette);
    const session::Company& company = session_->company();
    const auto known = [&](MemberId member) { return company.find(member) != nullptr; };
    const bool all_known = std::all_of(
        outcome.groups.begin(), outcome.groups.end(), [&](const session::Agreement& group) {
            return std::all_of(group.members.begin(), group.members.end(), known);
        });
    unnamed_ = all_known ? std::nullopt : std::optional(outcome);
    differs_ = split ? one_that_differs(company, outcome) : MemberId{};
    compare_->setVisible(differs_.value != 0);
    show_time();
}

void TogetherPanel::rate_entered() {
    auto rate = session::parse_rate(rate_->currentText().trimmed().toStdString());
    if (!rate) return void(emit said(QString::fromStdString(rate.error().message)));
    if (session_) session_->set_rate(*rate);
}

QString TogetherPanel::outcome_text() const {
    return outcome_->text();
}

}  // namespace teatime::inspector
