#include "diff_panel.h"

#include <QCheckBox>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include "company_models.h"
#include "icons.h"
#include "list_view.h"
#include "moment_text.h"

namespace teatime::inspector {

namespace {

/// At one Mark, who was asked later may have heard more of what no world sees: of a pause, say.
std::shared_ptr<const std::vector<Change>> without_seq(std::vector<Change> changes) {
    std::erase_if(changes, [](const Change& change) {
        return change.object.empty() && change.path == "seq";
    });
    return std::make_shared<const std::vector<Change>>(std::move(changes));
}

}  // namespace

DiffPanel::DiffPanel(Player& mine, QWidget* parent) : Panel(parent), mine_(mine) {
    build();
}

DiffPanel::~DiffPanel() = default;

void DiffPanel::build() {
    other_name_ = new QLabel;
    other_name_->setTextFormat(Qt::PlainText);
    other_name_->setObjectName("diff-other");
    other_name_->setWordWrap(true);
    moment_ = new QLineEdit;
    moment_->setObjectName("diff-moment");
    moment_->setPlaceholderText(tr("12.5s, 12.5s#3, start, end"));
    moment_->setMinimumWidth(fontMetrics().averageCharWidth() * 14);
    moment_->setAccessibleName(tr("Compare the playhead with this moment"));
    auto* here = new QPushButton(tr("Here"));
    here->setToolTip(tr("Compare with where the playhead is now: then move it"));
    auto* file = new QPushButton(tr("Another recording…"));
    member_ = new QPushButton(tr("Another member…"));
    member_->setObjectName("diff-member");
    members_ = new QMenu(member_);
    member_->setMenu(members_);
    linked_ = new QCheckBox(tr("Goes with the playhead"));
    show_all_ = new QCheckBox(tr("All fields"));
    show_all_->setToolTip(tr("Show all fields, not only those that differ"));
    summary_ = new QLabel;
    summary_->setObjectName("diff-summary");
    summary_->setTextFormat(Qt::PlainText);
    summary_->setWordWrap(true);
    cancel_ = new QPushButton(tr("Cancel"));
    cancel_->setObjectName("cancel-compare");
    cancel_->hide();
    auto* up = new QToolButton;
    up->setArrowType(Qt::UpArrow);
    up->setToolTip(tr("Previous difference"));
    up->setAccessibleName(up->toolTip());
    auto* down = new QToolButton;
    down->setArrowType(Qt::DownArrow);
    down->setToolTip(tr("Next difference"));
    down->setAccessibleName(down->toolTip());

    list_ = new ListView(tr("Differences"), nothing_compared());
    list_->setObjectName("differences");
    list_->setModel(&changes_);
    list_->set_widths({14, 20, 22, 22});
    tree_ = new ListView(tr("State with differences"), {});
    tree_->setRootIsDecorated(true);
    tree_->setModel(&all_);
    tree_->set_widths({26, 22, 14, 22});
    tree_->header()->moveSection(StateModel::Before, 1);
    views_ = new QStackedWidget;
    views_->addWidget(list_);
    views_->addWidget(tree_);

    auto* first = new QHBoxLayout;
    first->addWidget(new QLabel(tr("Playhead with")));
    first->addWidget(moment_, 1);
    first->addWidget(here);
    auto* second = new QHBoxLayout;
    second->addWidget(file);
    second->addWidget(member_);
    second->addStretch();
    auto* third = new QHBoxLayout;
    third->addWidget(show_all_);
    third->addWidget(linked_);
    third->addStretch();
    auto* fourth = new QHBoxLayout;
    fourth->addWidget(summary_, 1);
    fourth->addWidget(cancel_);
    fourth->addWidget(up);
    fourth->addWidget(down);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    auto* head = new QVBoxLayout;
    head->setContentsMargins(6, 6, 6, 4);
    head->addLayout(first);
    head->addWidget(other_name_);
    head->addLayout(second);
    head->addLayout(third);
    head->addLayout(fourth);
    column->addLayout(head);
    column->addWidget(views_, 1);
    other_name_->hide();
    show_members();

    connect(members_, &QMenu::aboutToShow, this, &DiffPanel::list_members);
    connect(&mine_, &Player::facts_changed, this, &DiffPanel::state_recorded);
    connect(moment_, &QLineEdit::returnPressed, this, &DiffPanel::moment_entered);
    connect(here, &QPushButton::clicked, this, [this] { compare_with(mine_.playhead()); });
    connect(file, &QPushButton::clicked, this, &DiffPanel::choose_file);
    connect(cancel_, &QPushButton::clicked, this, &DiffPanel::cancel);
    connect(up, &QToolButton::clicked, this, [this] { next(false); });
    connect(down, &QToolButton::clicked, this, [this] { next(true); });
    connect(show_all_, &QCheckBox::toggled, this,
            [this](bool all) { views_->setCurrentIndex(all ? 1 : 0); });
    connect(linked_, &QCheckBox::toggled, this, [this](bool linked) {
        if (comparison_) comparison_->set_linked(linked);
    });
    connect(list_, &QTreeView::activated, this,
            [this](const QModelIndex& index) { emit show_path(index.data(PathRole).toString()); });
}

QString DiffPanel::nothing_compared() {
    return tr(
        "Nothing is compared. Give a moment above, or choose another recording or, in a live "
        "session, another member.");
}

QWidget* DiffPanel::first_focus() {
    return moment_;
}

void DiffPanel::set_recording(const QString& path, const replayer::TimelineOptions& options) {
    if (path == path_) return;
    path_ = path;
    options_ = options;
    forget_other();
}

void DiffPanel::forget_other() {
    comparison_.reset();
    other_.reset();
    other_path_.clear();
    if (theirs_ && !theirs_->file.isEmpty()) QFile::remove(theirs_->file);
    theirs_.reset();
    linked_->setEnabled(true);
    changes_.show(std::vector<Change>());
    all_.show(nullptr);
    list_->set_empty_text(nothing_compared());
    summary_->clear();
    cancel_->hide();
    moment_->clear();
    other_name_->hide();
}

/// What is opened is forgotten, what is rebuilt stays where it has come to.
void DiffPanel::cancel() {
    if (!other_ || !other_->is_open()) return forget_other();
    other_->cancel();
}

/// What takes longer than a moment.
void DiffPanel::show_busy(bool busy, const Mark& at) {
    const bool rebuilds = busy && other_->is_open() && other_->working();
    cancel_->setVisible(rebuilds || (busy && !other_->is_open()));
    if (rebuilds) summary_->setText(tr("rebuilding %1, at %2").arg(moment_->text(), to_text(at)));
}

void DiffPanel::moment_entered() {
    const bool elsewhere = other_ && other_->facts() && !theirs_;  // theirs has but one
    const FactsPtr facts = elsewhere ? other_->facts() : mine_.facts();
    if (!facts) return;
    auto mark = parse_moment(moment_->text(), *facts);
    if (!mark) return void(emit said(QString::fromStdString(mark.error().message)));
    if (theirs_) return compare_with(*mark);
    wanted_ = *mark;
    if (other_path_.isEmpty()) other_path_ = path_;
    open_other();
}

void DiffPanel::choose_file() {
    auto* dialog = new QFileDialog(this, tr("Compare with another recording"), {},
                                   tr("Recordings and Islands (*.timegraph *.island)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QFileDialog::fileSelected, this, &DiffPanel::compare_with_file);
    dialog->open();
}

void DiffPanel::compare_with_file(const QString& path) {
    forget_other();
    other_path_ = path;
    wanted_ = mine_.playhead();
    linked_->setChecked(true);
    open_other();
}

void DiffPanel::compare_with(const Mark& mark) {
    if (other_path_ != path_) forget_other();
    other_path_ = path_;
    linked_->setChecked(false);
    wanted_ = mark;
    open_other();
}

void DiffPanel::open_other() {
    if (other_path_.isEmpty() || !wanted_) return;
    moment_->setText(to_text(*wanted_));
    other_name_->setText(theirs_ ? theirs_at()
                                 : tr("in %1").arg(QFileInfo(other_path_).fileName()));
    other_name_->setVisible(other_path_ != path_);
    if (other_ && other_->is_open()) return other_->seek(*wanted_);
    other_ = std::make_unique<Player>();
    summary_->setText(tr("opening…"));
    connect(other_.get(), &Player::busy_changed, this,
            [this](bool busy, const Mark& at) { show_busy(busy, at); });
    connect(other_.get(), &Player::opened, this, [this] { other_->seek(*wanted_); });
    connect(other_.get(), &Player::failed, this, [this](const QString& sentence) {
        summary_->setText(tr("cannot be opened"));
        cancel_->hide();
        list_->set_empty_text(sentence);
    });
    connect(other_.get(), &Player::playhead_moved, this,
            [this](const Mark& mark) { moment_->setText(to_text(mark)); });
    comparison_ = std::make_unique<Comparison>(*other_, mine_);
    comparison_->set_linked(linked_->isChecked());
    connect(comparison_.get(), &Comparison::changed, this, &DiffPanel::show_result);
    replayer::TimelineOptions options = options_;
    options.execute = !theirs_;  // it stands still, and may be of another build
    other_->open(other_path_, options);
}

// ---- another member's replica ----------------------------------------------------------------

void DiffPanel::set_session(LiveSession* session) {
    if (session_) session_->disconnect(this);
    if (theirs_) forget_other();
    session_ = session;
    show_members();
    if (!session) return;
    connect(session, &LiveSession::company_changed, this, &DiffPanel::show_members);
    connect(session, &LiveSession::connection_changed, this, &DiffPanel::show_members);
    connect(session, &LiveSession::state_came, this, &DiffPanel::state_came);
    connect(session, &LiveSession::state_refused, this, &DiffPanel::state_refused);
    connect(session, &LiveSession::ended, this, [this](const QString& sentence) {
        show_members();
        if (theirs_) state_refused(theirs_->request, sentence);
    });
}

void DiffPanel::show_members() {
    const bool live = session_ && session_->connected() && !session_->is_recording();
    member_->setEnabled(live && !other_replicas(session_->company()).empty());
    member_->setToolTip(!live ? tr("In a live session: what another member's replica has now")
                        : member_->isEnabled()
                            ? tr("Compare with what this member's replica has now")
                            : tr("No other member here has a replica"));
}

void DiffPanel::list_members() {
    members_->clear();
    if (!session_) return;
    for (const session::MemberInfo& each : other_replicas(session_->company())) {
        QString name = QString::fromStdString(session::name_of(each.id, each.name));
        if (!each.name.empty())
            name = tr("%1 (member %2)").arg(name, QString::number(each.id.value));
        connect(members_->addAction(name.replace('&', "&&")), &QAction::triggered, this,
                [this, id = each.id] { compare_with_member(id); });
    }
}

void DiffPanel::compare_with_member(MemberId member) {
    if (!session_) return;
    forget_other();
    linked_->setChecked(false);
    linked_->setEnabled(false);
    theirs_ = {QString::fromStdString(session_->company().name_of(member)),
               session_->ask_state(member),
               {},
               {}};
    summary_->setText(tr("asking %1…").arg(theirs_->name));
    cancel_->show();
}

void DiffPanel::state_came(quint64 request, const Mark& mark, const QString& file) {
    if (!theirs_ || theirs_->request != request) return void(QFile::remove(file));
    theirs_->file = file;
    theirs_->mark = mark;
    summary_->setText(tr("waiting for %1…").arg(to_text(mark)));
    state_recorded();
}

void DiffPanel::state_refused(quint64 request, const QString& sentence) {
    if (!theirs_ || theirs_->request != request || !other_path_.isEmpty()) return;
    forget_other();
    list_->set_empty_text(sentence);
    summary_->setText(tr("cannot be had"));
}

/// The state has come, and this recording has got to its Mark.
void DiffPanel::state_recorded() {
    const FactsPtr facts = mine_.facts();
    if (!theirs_ || theirs_->file.isEmpty() || !other_path_.isEmpty()) return;
    if (!facts || facts->end < theirs_->mark) return;
    cancel_->hide();
    emit go(theirs_->mark);
    other_path_ = theirs_->file;
    wanted_ = theirs_->mark;
    open_other();
}

/// `Ann's replica at 12.5s#3`, and where this recording stands now, if elsewhere.
QString DiffPanel::theirs_at() const {
    const QString at = tr("%1's replica at %2").arg(theirs_->name, to_text(theirs_->mark));
    const MomentPtr here = comparison_ ? comparison_->right_moment() : nullptr;
    return !here || here->mark == theirs_->mark ? at
                                                : tr("%1, here %2").arg(at, to_text(here->mark));
}

void DiffPanel::show_result() {
    auto differences = comparison_->differences();
    if (theirs_ && comparison_->left_moment()->mark == comparison_->right_moment()->mark)
        differences = without_seq(*differences);
    const std::vector<Change>& changes = *differences;
    const QString other = side_name(), mine = to_text(comparison_->right_moment()->asked);
    changes_.set_sides(other, mine);
    all_.set_sides(other, mine);
    changes_.show(changes);
    all_.show(comparison_->right_moment(), differences);
    list_->set_empty_text(tr("The same."));
    QString summary = changes.empty()       ? tr("the same, to the bit")
                      : changes.size() == 1 ? tr("1 difference")
                                            : tr("%1 differences").arg(changes.size());
    const QString builds = QString::fromStdString(
        built_differently(*comparison_->left_moment()->state, *comparison_->right_moment()->state));
    if (!builds.isEmpty()) summary = tr("%1; %2").arg(summary, builds);
    summary_->setText(summary);
    if (theirs_) other_name_->setText(theirs_at());
    emit compared(static_cast<int>(changes.size()));
}

bool DiffPanel::complete() const {
    if (!other_ || !other_->is_open()) return !other_ && !theirs_;
    return !all_.working() && comparison_->left_moment() && comparison_->right_moment() &&
           !other_->working() && comparison_->left_moment()->mark == other_->moment()->mark &&
           comparison_->right_moment()->mark == mine_.moment()->mark;
}

void DiffPanel::next(bool forward) {
    const int before = list_->currentIndex().row();
    const int row = changes_.next(before, forward);
    if (row < 0) return void(emit said(tr("There is no difference")));
    if (before >= 0 && (forward ? row <= before : row >= before)) {
        emit said(forward ? tr("That was the last difference; the first one again")
                          : tr("That was the first difference; the last one again"));
    }
    list_->setCurrentIndex(changes_.index(row, 0));
    list_->scrollTo(changes_.index(row, 0));
    const QString path = changes_.index(row, 0).data(PathRole).toString();
    const QModelIndex place = all_.index_of(path);
    tree_->setCurrentIndex(place);
    if (place.isValid()) return tree_->scrollTo(place);
    if (show_all_->isChecked()) emit said(tr("%1 is among the differences alone").arg(path));
}

/// Of the one that the playhead is compared with.
QString DiffPanel::side_name() const {
    const QString moment = to_text(comparison_->left_moment()->asked);
    if (theirs_) return tr("%1, %2").arg(moment, theirs_->name);
    if (other_path_ == path_) return moment;
    return tr("%1, %2").arg(moment, QFileInfo(other_path_).fileName());
}

}  // namespace teatime::inspector
