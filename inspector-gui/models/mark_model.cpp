#include "mark_model.h"

#include <QDateTime>
#include <mutex>
#include <utility>

#include "teatime/timegraph/writer.h"

namespace teatime::inspector {
/// Marks on their way into files, between the two threads.
struct MarkModel::Waiting {
    std::mutex mutex;
    std::vector<std::pair<std::string, timegraph::Bookmark>> marks;  ///< with the file's path

    std::vector<std::pair<std::string, timegraph::Bookmark>> take() {
        std::lock_guard lock(mutex);
        return std::exchange(marks, {});
    }
    result<void> write() {
        result<void> outcome;
        for (const auto& [path, mark] : take()) {
            auto written = write_one(path, mark);
            if (!written && outcome) outcome = written;
        }
        return outcome;
    }
    static result<void> write_one(const std::string& path, const timegraph::Bookmark& mark) {
        auto writer = timegraph::Writer::open(path);
        if (!writer) return writer.error();
        if (auto added = writer->bookmark(mark); !added) return added;
        return writer->close();
    }
};

MarkModel::MarkModel(QObject* parent)
    : RowsModel({tr("Where"), tr("Comment"), tr("Author"), tr("Written")}, parent),
      waiting_(std::make_shared<Waiting>()),
      background_(std::in_place) {}

MarkModel::~MarkModel() {
    background_.reset();
    (void)waiting_->write();
}

void MarkModel::show(const FactsPtr& facts) {
    facts_ = facts;
    replace_rows(facts ? facts->bookmarks : std::vector<timegraph::Bookmark>());
}

void MarkModel::add(const Mark& mark, const QString& comment, const QString& author) {
    if (live_) return live_->note(mark, comment);
    if (!facts_) return;
    if (!facts_->is_recording) {
        emit failed(tr("%1 is one saved state; marks belong to recordings").arg(facts_->path));
        return;
    }
    if (facts_->being_written) {
        emit failed(tr("%1 is being written, or its recorder crashed: only its own recorder may "
                       "add to it; `teatime copy` makes a file that can be marked")
                        .arg(facts_->path));
        return;
    }
    auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    {
        std::lock_guard lock(waiting_->mutex);
        waiting_->marks.emplace_back(
            facts_->path.toStdString(),
            timegraph::Bookmark{mark, now, author.toStdString(), comment.toStdString()});
    }
    background_->run([this, waiting = waiting_](const std::stop_token&) {
        auto written = waiting->write();
        QMetaObject::invokeMethod(
            this,
            [this, written] {
                if (written) {
                    emit added();
                } else {
                    emit failed(to_text(written.error().message));
                }
            },
            Qt::QueuedConnection);
    });
}

int MarkModel::next(const Mark& mark, bool forward) const {
    int best = -1;
    for (int i = 0; i < rowCount(); ++i) {
        const Mark& at = rows()[static_cast<std::size_t>(i)].mark;
        if (forward ? at > mark : at < mark) {
            best = i;
            if (forward) break;
        }
    }
    return best;
}

QVariant MarkModel::data(const QModelIndex& index, int role) const {
    const timegraph::Bookmark* bookmark = row_at(index);
    if (!bookmark) return {};
    if (role == MarkRole) return QVariant::fromValue(bookmark->mark);
    if (role != Qt::DisplayRole) return {};
    switch (index.column()) {
        case Where:
            return to_text(bookmark->mark);
        case Comment:
            return to_text(bookmark->comment);
        case Author:
            return to_text(bookmark->author);
        case Written: {
            using std::chrono::milliseconds;
            auto at = std::chrono::floor<milliseconds>(bookmark->written).time_since_epoch();
            return QDateTime::fromMSecsSinceEpoch(at.count());
        }
        default:
            return {};
    }
}

}  // namespace teatime::inspector
