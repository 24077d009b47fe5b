#include "message_panel.h"

#include <QLabel>
#include <QMenu>
#include <QSplitter>
#include <QVBoxLayout>

#include "list_view.h"
#include "theme.h"

namespace teatime::inspector {
namespace {

QLabel* plain_label(const QString& name) {
    auto* label = new QLabel;
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    label->setAccessibleName(name);
    return label;
}

}  // namespace

MessagePanel::MessagePanel(QWidget* parent) : Panel(parent), causes_({tr("At"), tr("Message")}) {
    call_ = plain_label(tr("Message"));
    QFont bold = call_->font();
    bold.setBold(true);
    call_->setFont(bold);
    facts_ = plain_label(tr("About the message"));
    changes_view_ = new ListView(tr("Changes"), tr("It changed nothing."));
    changes_view_->setModel(&changes_);
    changes_view_->set_widths({13, 21, 24, 22});
    causes_view_ = new ListView(tr("Causes"), tr("An external message: nothing inside caused it."));
    causes_view_->setModel(&causes_);
    causes_view_->set_widths({16, 40});

    auto* split = new QSplitter(Qt::Vertical);
    auto boxed = [](const QString& heading, QWidget* view) {
        auto* box = new QWidget;
        auto* column = new QVBoxLayout(box);
        column->setContentsMargins(0, 0, 0, 0);
        column->setSpacing(2);
        auto* label = new QLabel(heading);
        label->setContentsMargins(8, 2, 8, 0);
        column->addWidget(label);
        column->addWidget(view);
        return box;
    };
    split->addWidget(boxed(tr("What it changed"), changes_view_));
    split->addWidget(boxed(tr("What caused it, nearest first"), causes_view_));
    split->setStretchFactor(0, 3);
    split->setStretchFactor(1, 2);

    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    auto* head = new QVBoxLayout;
    head->setContentsMargins(8, 8, 8, 4);
    head->addWidget(call_);
    head->addWidget(facts_);
    column->addLayout(head);
    column->addWidget(split, 1);

    connect(changes_view_, &QTreeView::activated, this,
            [this](const QModelIndex& index) { emit show_path(index.data(PathRole).toString()); });
    changes_view_->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(changes_view_, &QWidget::customContextMenuRequested, this, [this](QPoint at) {
        QString path = changes_view_->indexAt(at).data(PathRole).toString();
        if (path.isEmpty()) return;
        auto* menu = new QMenu(this);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        menu->addAction(tr("Show in the state"), this, [=, this] { emit show_path(path); });
        menu->addAction(tr("Pin to the plots"), this, [=, this] { emit pin(path); });
        menu->addAction(tr("Who wrote this before?"), this, [=, this] { emit who_wrote(path); });
        menu->popup(changes_view_->viewport()->mapToGlobal(at));
    });
    connect(causes_view_, &QTreeView::activated, this, [this](const QModelIndex& index) {
        QVariant mark = index.data(MarkRole);
        if (mark.isValid()) emit go(mark.value<Mark>());
    });
    set_moment(nullptr);
}

QWidget* MessagePanel::first_focus() {
    return changes_view_;
}

void MessagePanel::set_members(const std::vector<timegraph::Member>& members) {
    for (const timegraph::Member& each : members) {
        if (!each.name.empty()) names_[each.id] = to_text(each.name);
    }
}

QString MessagePanel::name_of(MemberId member) const {
    const auto named = names_.find(member);
    const QString number = tr("member %1").arg(member.value);
    return named == names_.end() ? number : tr("%1 (%2)").arg(named->second, number);
}

void MessagePanel::set_moment(const MomentPtr& moment) {
    if (moment && !moment->complete && moment_ && moment_->mark == moment->mark) return;
    moment_ = moment;
    causes_.set_rows({});
    if (!moment || !moment->message) {
        changes_.show(std::vector<Change>());
        call_->setText(moment && moment->stored ? tr("A stored state") : tr("No message"));
        facts_->setText(!moment            ? QString()
                        : moment->stored   ? tr("Nothing is executed here: messages are not known.")
                        : moment->complete ? tr("The world as it begins.")
                                           : QString());
        causes_view_->set_empty_text(QString());
        changes_view_->set_empty_text(QString());
        return;
    }
    const replayer::ExecutedInfo& message = *moment->message;
    std::string_view call = message.text;  // who sent it stands below, by name
    const std::string from = " from member " + std::to_string(message.sender.value);
    if (call.ends_with(from)) call.remove_suffix(from.size());
    call_->setText(to_text(call));
    QStringList facts{tr("at %1").arg(to_text(message.mark)),
                      message.external ? tr("external, number %1").arg(message.order)
                                       : tr("future, number %1").arg(message.order)};
    if (message.sender.value != 0) facts += tr("from %1").arg(name_of(message.sender));
    if (message.error) {
        facts +=
            tr("threw %1: %2").arg(to_text(message.error->type), to_text(message.error->sentence));
    }
    facts_->setText(facts.join(tr(" · ")));

    changes_.show(moment);
    changes_view_->set_empty_text(moment->complete ? tr("It changed nothing.") : tr("…"));
    causes_view_->set_empty_text(message.external
                                     ? tr("An external message: nothing inside caused it.")
                                     : tr("Looking for what caused it…"));
    if (!message.external && moment->complete) emit causes_wanted(message.mark);
}

void MessagePanel::set_causes(const std::vector<replayer::ExecutedInfo>& links,
                              const QString& end) {
    std::vector<TextRow> rows;
    for (std::size_t i = 1; i < links.size(); ++i) {  // the first is the message itself
        rows.push_back(
            {{to_text(links[i].mark), to_text(links[i].text)}, links[i].mark, links[i].external});
    }
    if (!end.isEmpty()) rows.push_back({{{}, end}});
    causes_view_->set_empty_text(tr("It was sent when the world began."));
    causes_.set_rows(std::move(rows));
}

}  // namespace teatime::inspector
