#include "state_panel.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QLineEdit>
#include <QMenu>
#include <QRegularExpression>
#include <QToolButton>
#include <QVBoxLayout>

#include "icons.h"
#include "list_view.h"
#include "pointer_tags.h"

namespace teatime::inspector {
namespace {

/// A value that is a Ref: `{"ref": 17}`.
QString ref_of(const QString& value) {
    static const QRegularExpression pattern(R"(^(?:\{"ref": ?(\d+)\}|#(\d+))$)");
    auto match = pattern.match(value);
    return match.hasMatch() ? "#" + match.captured(1) + match.captured(2) : QString();
}

}  // namespace

StatePanel::StatePanel(QWidget* parent) : Panel(parent) {
    view_ = new ListView(tr("State"), tr("No state is known here."));
    view_->setModel(&model_);
    view_->setItemDelegate(tags_ = new PointerTags(*view_));
    view_->setRootIsDecorated(true);
    view_->setSelectionMode(QAbstractItemView::SingleSelection);
    view_->set_widths({26, 32, 18}, StateModel::Value_);
    view_->setContextMenuPolicy(Qt::CustomContextMenu);
    filter_ = new QLineEdit;
    filter_->setObjectName("state-filter");
    filter_->setPlaceholderText(tr("Filter: a name, class or value"));
    filter_->setClearButtonEnabled(true);
    filter_->setAccessibleName(tr("Filter of the state"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* tools = new QHBoxLayout;
    tools->setContentsMargins(4, 4, 4, 4);
    tools->addWidget(filter_);
    auto button = [&](const char* name, Glyph glyph, const QString& text, auto does) {
        auto* made = new QToolButton;
        made->setObjectName(name);
        made->setIcon(glyph_icon(glyph));
        made->setToolTip(text);
        made->setAccessibleName(text);
        connect(made, &QToolButton::clicked, this, does);
        tools->addWidget(made);
    };
    button("who-wrote", Glyph::author, tr("Who wrote the selected field? (W)"),
           [this] { emit who_wrote(selected_path()); });
    button("pin", Glyph::pin, tr("Pin the selected field to the plots (P)"),
           [this] { emit pin(selected_path()); });
    column->addLayout(tools);
    column->addWidget(view_, 1);

    connect(filter_, &QLineEdit::textChanged, &model_, &StateModel::set_filter);
    connect(&model_, &StateModel::filtered, this, &StatePanel::open_matches);
    connect(&model_, &StateModel::shown, this, &StatePanel::was_shown);
    connect(view_->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            [this] { emit selected(selected_path()); });
    connect(view_, &QWidget::customContextMenuRequested, this, &StatePanel::show_menu);
    connect(view_, &QTreeView::activated, this, [this](const QModelIndex& index) {
        QString ref = ref_of(index.siblingAtColumn(StateModel::Value_).data().toString());
        if (!ref.isEmpty()) reveal(ref);
    });
}

QWidget* StatePanel::first_focus() {
    return view_;
}

void StatePanel::set_moment(const MomentPtr& moment) {
    first_ |= !model_.hasChildren();
    model_.show(moment);
    view_->set_empty_text(moment && !moment->problem.empty()
                              ? QString::fromStdString(moment->problem)
                          : filter_->text().isEmpty() ? tr("No state is known here.")
                                                      : tr("Nothing here has that text."));
}

bool StatePanel::reveal(const QString& path) {
    QModelIndex index = model_.index_of(path);
    if (!index.isValid() && model_.working()) {  // a large object is being decoded
        revealing_ = path;
        return true;
    }
    if (!index.isValid()) {
        emit said(tr("There is no %1 at this moment").arg(path));
        return false;
    }
    view_->setCurrentIndex(index);
    view_->scrollTo(index, QAbstractItemView::PositionAtCenter);
    return true;
}

void StatePanel::was_shown() {
    if (model_.rowCount() > 1 && std::exchange(first_, false)) {
        view_->expand(model_.index(1, 0));  // the root object
    }
    if (!revealing_.isEmpty()) reveal(std::exchange(revealing_, {}));
}

QString StatePanel::selected_path() const {
    const QModelIndexList rows = view_->selectionModel()->selectedRows();
    return rows.isEmpty() ? QString() : model_.path_of(rows.front());
}

void StatePanel::select_nothing() {
    revealing_.clear();
    view_->clearSelection();
}

void StatePanel::set_pointed(const std::vector<Pointed>& pointed) {
    tags_->set_pointed(pointed);
}

void StatePanel::open_matches() {
    constexpr int kOpened = 20;  // more would only be scrolled past
    view_->set_empty_text(tr("Nothing here has that text."));
    if (filter_->text().isEmpty()) return;
    for (int row = 0; row < std::min(model_.rowCount(), kOpened); ++row) {
        view_->expand(model_.index(row, 0));
    }
}

void StatePanel::show_menu(QPoint at) {
    QModelIndex index = view_->indexAt(at);
    if (!index.isValid()) return;
    view_->setCurrentIndex(index);
    QString path = selected_path();
    QString value = index.siblingAtColumn(StateModel::Value_).data().toString();
    QString ref = ref_of(value);
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(tr("Who wrote this?\tW"), this, [=, this] { emit who_wrote(path); });
    menu->addAction(tr("Pin to the plots\tP"), this, [=, this] { emit pin(path); });
    if (in_session_) {
        menu->addAction(tr("Point at this for everyone\tShift+P"), this, &StatePanel::point_wanted);
    }
    if (!ref.isEmpty()) {
        menu->addAction(tr("Go to object %1").arg(ref), this, [=, this] { reveal(ref); });
    }
    menu->addSeparator();
    menu->addAction(tr("Copy path"), this, [=] { QGuiApplication::clipboard()->setText(path); });
    menu->addAction(tr("Copy value"), this, [=] { QGuiApplication::clipboard()->setText(value); });
    menu->popup(view_->viewport()->mapToGlobal(at));
}

}  // namespace teatime::inspector
