#include "diff_panel.h"

#include <QCheckBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include "icons.h"
#include "list_view.h"
#include "moment_text.h"

namespace teatime::inspector {

DiffPanel::DiffPanel(Player& mine, QWidget* parent) : Panel(parent), mine_(mine) {
    build();
}

DiffPanel::~DiffPanel() = default;

void DiffPanel::build() {
    other_name_ = new QLabel;
    other_name_->setTextFormat(Qt::PlainText);
    moment_ = new QLineEdit;
    moment_->setObjectName("diff-moment");
    moment_->setPlaceholderText(tr("12.5s, 12.5s#3, start, end"));
    moment_->setMinimumWidth(fontMetrics().averageCharWidth() * 14);
    moment_->setAccessibleName(tr("Compare the playhead with this moment"));
    auto* here = new QPushButton(tr("Here"));
    here->setToolTip(tr("Compare with where the playhead is now: then move it"));
    auto* file = new QPushButton(tr("Another recording…"));
    linked_ = new QCheckBox(tr("Goes with the playhead"));
    show_all_ = new QCheckBox(tr("All fields"));
    show_all_->setToolTip(tr("Show all fields, not only those that differ"));
    summary_ = new QLabel;
    summary_->setObjectName("diff-summary");
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
    second->addWidget(linked_);
    second->addStretch();
    auto* third = new QHBoxLayout;
    third->addWidget(show_all_);
    third->addStretch();
    third->addWidget(summary_);
    third->addWidget(cancel_);
    third->addWidget(up);
    third->addWidget(down);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    auto* head = new QVBoxLayout;
    head->setContentsMargins(6, 6, 6, 4);
    head->addLayout(first);
    head->addWidget(other_name_);
    head->addLayout(second);
    head->addLayout(third);
    column->addLayout(head);
    column->addWidget(views_, 1);
    other_name_->hide();

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
    return tr("Nothing is compared. Give a moment above, or choose another recording.");
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
    const FactsPtr facts = other_ && other_->facts() ? other_->facts() : mine_.facts();
    if (!facts) return;
    auto mark = parse_moment(moment_->text(), *facts);
    if (!mark) return void(emit said(QString::fromStdString(mark.error().message)));
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
    comparison_.reset();
    other_.reset();
    other_path_ = path;
    wanted_ = mine_.playhead();
    linked_->setChecked(true);
    open_other();
}

void DiffPanel::compare_with(const Mark& mark) {
    if (other_path_ != path_) {
        comparison_.reset();
        other_.reset();
    }
    other_path_ = path_;
    linked_->setChecked(false);
    wanted_ = mark;
    open_other();
}

void DiffPanel::open_other() {
    if (other_path_.isEmpty() || !wanted_) return;
    moment_->setText(to_text(*wanted_));
    other_name_->setText(tr("in %1").arg(QFileInfo(other_path_).fileName()));
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
    other_->open(other_path_, options_);
}

void DiffPanel::show_result() {
    const std::vector<Change>& changes = *comparison_->differences();
    changes_.show(changes);
    all_.show(comparison_->right_moment(), comparison_->differences());
    list_->set_empty_text(tr("The same."));
    summary_->setText(changes.empty()       ? tr("the same, to the bit")
                      : changes.size() == 1 ? tr("1 difference")
                                            : tr("%1 differences").arg(changes.size()));
    emit compared(static_cast<int>(changes.size()));
}

bool DiffPanel::complete() const {
    if (!other_ || !other_->is_open()) return !other_;
    return !all_.working() && comparison_->left_moment() && comparison_->right_moment() &&
           !other_->working() && comparison_->left_moment()->mark == other_->moment()->mark &&
           comparison_->right_moment()->mark == mine_.moment()->mark;
}

void DiffPanel::next(bool forward) {
    show_all_->setChecked(false);
    int row = changes_.next(list_->currentIndex().row(), forward);
    if (row < 0) return;
    list_->setCurrentIndex(changes_.index(row, 0));
    list_->scrollTo(changes_.index(row, 0));
}

}  // namespace teatime::inspector
