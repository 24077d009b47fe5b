#include "queue_model.h"

#include "call_text.h"

namespace teatime::inspector {

QueueModel::QueueModel(QObject* parent)
    : RowsModel({tr("Time"), tr("Kind"), tr("Target"), tr("Message"), tr("Arguments"), tr("Cause")},
                parent) {}

void QueueModel::show(const MomentPtr& moment) {
    moment_ = moment;
    replace_rows(moment && moment->state ? moment->state->queue : std::vector<Image::Message>());
}

QVariant QueueModel::data(const QModelIndex& index, int role) const {
    const Image::Message* message = row_at(index);
    if (!message) return {};
    if (role == MarkRole) return QVariant::fromValue(Mark{BranchId{}, message->time});
    if (role == ObjectRole) return QVariant::fromValue<qulonglong>(message->target.value);
    if (role != Qt::DisplayRole) return {};
    switch (index.column()) {
        case Time:
            return to_text(message->time);
        case Kind:
            return message->external ? tr("external") : tr("future");
        case Target:
            return call_text(*moment_->state, *message).target;
        case Selector:
            return call_text(*moment_->state, *message).selector;
        case Arguments:
            return call_text(*moment_->state, *message).arguments;
        case Cause:
            if (message->external) {
                return message->sender ? tr("member %1").arg(message->sender.value) : tr("router");
            }
            // A queue that was restored from a keyframe does not know.
            return message->cause ? cause_text(message->cause_external, message->cause) : QString();
        default:
            return {};
    }
}

}  // namespace teatime::inspector
