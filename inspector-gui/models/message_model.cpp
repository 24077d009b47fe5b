#include "message_model.h"

#include <algorithm>
#include <limits>

#include "row_loader.h"
#include "rows_model.h"

namespace teatime::inspector {
namespace {

constexpr std::size_t kSearchChunk = 4096;

/// What a filter looks at.
bool has_text(const MessageRow& row, const QString& sender, const QString& needle) {
    auto has = [&](const QString& text) { return text.contains(needle, Qt::CaseInsensitive); };
    return has(row.target) || has(row.selector) || has(row.arguments) || has(sender);
}

QString name_of(const QHash<quint64, QString>& members, MemberId member) {
    if (!member) return {};
    QString name = members.value(member.value);
    QString number = QString::number(member.value);
    return name.isEmpty() ? number : number + ' ' + name;
}

}  // namespace

MessageModel::MessageModel(QObject* parent) : QAbstractTableModel(parent) {}
MessageModel::~MessageModel() = default;

void MessageModel::open(Source source, std::uint64_t count) {
    close();
    beginResetModel();
    source_ = std::move(source);
    count_ = std::min<std::uint64_t>(count, std::numeric_limits<int>::max());
    const std::uint64_t run = run_;
    auto later = [this, run](auto function) {  // on the GUI's thread, unless it is too late
        QMetaObject::invokeMethod(
            this,
            [this, run, function = std::move(function)]() mutable {
                if (run == run_) function();
            },
            Qt::QueuedConnection);
    };
    Loader::Told told;
    told.loaded = [this, later](std::uint64_t block, Block rows) {
        later([this, block, rows = std::move(rows)]() mutable { loaded(block, std::move(rows)); });
    };
    told.located = [this, later](std::optional<std::uint64_t> number) {
        later([this, number] { located(number); });
    };
    told.failed = [this, later](const std::string& sentence) {
        later([this, sentence] { emit failed(to_text(sentence)); });
    };
    loader_ = std::make_unique<Loader>(source_, std::move(told));
    endResetModel();
    if (filters()) search();
    locate();
}

void MessageModel::close() {
    ++run_;
    ++run_search_;
    search_.cancel();
    loader_.reset();
    beginResetModel();
    source_ = {};
    searched_rows_.reset();
    count_ = 0;
    blocks_.clear();
    lately_.clear();
    found_.clear();
    found_rows_.clear();
    searched_ = 0;
    searching_ = search_cancelled_ = false;
    playhead_number_.reset();
    endResetModel();
    place_playhead();
}

void MessageModel::set_count(std::uint64_t count) {
    count = std::min<std::uint64_t>(count, std::numeric_limits<int>::max());
    if (!loader_ || count <= count_) return;
    if (!filters()) {
        beginInsertRows({}, static_cast<int>(count_), static_cast<int>(count) - 1);
        count_ = count;
        endInsertRows();
    } else {
        count_ = count;
        if (!searching_ && !search_cancelled_) search();
    }
    locate();
}

void MessageModel::set_members(const std::vector<timegraph::Member>& members) {
    for (const timegraph::Member& member : members) {
        if (!member.name.empty()) members_.insert(member.id.value, to_text(member.name));
    }
}

// ---- rows ------------------------------------------------------------------------------------

std::uint64_t MessageModel::number_of(int row) const {
    return filters() ? found_[static_cast<std::size_t>(row)] : static_cast<std::uint64_t>(row);
}

/// Null: it is on the way.
const MessageRow* MessageModel::cached(std::uint64_t number) const {
    if (filters()) {
        auto kept = found_rows_.find(static_cast<std::uint32_t>(number));
        if (kept != found_rows_.end()) return &kept->second;
    }
    const std::uint64_t block = number / kBlock;
    auto found = blocks_.find(block);
    if (found != blocks_.end()) {
        lately_.splice(lately_.begin(), lately_, found->second.place);
        std::size_t inside = number % kBlock;
        if (inside < found->second.rows.size()) return &found->second.rows[inside];
        if (found->second.count == count_) return nullptr;  // there is no more
    }
    if (loader_) loader_->want(block);
    return nullptr;
}

void MessageModel::loaded(std::uint64_t block, Block rows) {
    auto known = blocks_.find(block);
    if (known == blocks_.end()) {
        lately_.push_front(block);
        known = blocks_.emplace(block, Kept{{}, 0, lately_.begin()}).first;
    }
    known->second.rows = std::move(rows);
    known->second.count = count_;
    while (blocks_.size() > kBlocksKept) {
        blocks_.erase(lately_.back());
        lately_.pop_back();
    }
    std::uint64_t first = block * kBlock, last = first + kBlock - 1;
    if (filters()) {
        auto from = std::lower_bound(found_.begin(), found_.end(), first);
        auto to = std::upper_bound(found_.begin(), found_.end(), last);
        if (from == to) return;
        first = static_cast<std::uint64_t>(from - found_.begin());
        last = static_cast<std::uint64_t>(to - found_.begin()) - 1;
    } else {
        if (first >= count_) return;
        last = std::min(last, count_ - 1);
    }
    emit dataChanged(index(static_cast<int>(first), 0),
                     index(static_cast<int>(last), kColumns - 1));
}

std::optional<MessageRow> MessageModel::message(int row) const {
    if (row < 0 || row >= rowCount()) return std::nullopt;
    const MessageRow* kept = cached(number_of(row));
    return kept ? std::optional(*kept) : std::nullopt;
}

int MessageModel::rowCount(const QModelIndex& parent) const {
    if (parent.isValid()) return 0;
    return static_cast<int>(filters() ? found_.size() : count_);
}

int MessageModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int{kColumns};
}

QString MessageModel::sender_text(const MessageRow& row) const {
    return row.external && !row.sender ? tr("router") : name_of(members_, row.sender);
}

QVariant MessageModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= rowCount()) return {};
    const std::uint64_t number = number_of(index.row());
    const MessageRow* row = cached(number);
    if (role == LoadingRole) return row == nullptr;
    if (!row) return {};
    if (role == MarkRole) return QVariant::fromValue(row->mark);
    if (role == ErrorRole) return !row->error.isEmpty();
    if (role == Qt::ToolTipRole && !row->error.isEmpty()) return row->error;
    if (role != Qt::DisplayRole) return {};
    switch (index.column()) {
        case Time:
            return to_text(row->mark);
        case Number:
            return QString::number(row->order);
        case Kind:
            return row->external ? tr("external") : tr("future");
        case Sender:
            return sender_text(*row);
        case Target:
            return row->target;
        case Selector:
            return row->selector;
        case Arguments:
            return row->arguments;
        case Cause:
            return row->error.isEmpty() ? row->cause : row->error;
        default:
            return {};
    }
}

QVariant MessageModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    const QString titles[] = {tr("Time"),   tr("Number"),  tr("Kind"),      tr("Sender"),
                              tr("Target"), tr("Message"), tr("Arguments"), tr("Cause")};
    return section >= 0 && section < kColumns ? QVariant(titles[section]) : QVariant();
}

// ---- filter ----------------------------------------------------------------------------------

void MessageModel::set_filter(const QString& text) {
    if (text == filter_) return;
    search_.cancel();
    ++run_search_;
    beginResetModel();
    filter_ = text;
    found_.clear();
    found_rows_.clear();
    searched_ = 0;
    searching_ = search_cancelled_ = false;
    endResetModel();
    place_playhead();
    if (filters() && source_) {
        search();
    } else {
        emit filter_progress(1, rowCount(), false);
    }
}

void MessageModel::cancel_filter() {
    if (!searching_) return;
    search_.cancel();
    ++run_search_;
    searching_ = false;
    search_cancelled_ = true;
    emit filter_progress(count_ ? double(searched_) / double(count_) : 1, rowCount(), false);
}

/// Goes on behind what was looked through already.
void MessageModel::search() {
    searching_ = true;
    if (!searched_rows_) searched_rows_ = source_();
    emit filter_progress(count_ ? double(searched_) / double(count_) : 0, rowCount(), true);
    search_.run([this, run = run_search_, rows = searched_rows_, from = searched_, to = count_,
                 needle = filter_, members = members_](const std::stop_token& stop) {
        for (std::uint64_t next = from; !stop.stop_requested();) {
            std::size_t count = std::min<std::uint64_t>(kSearchChunk, to - next);
            auto chunk = count ? rows->rows(next, count, stop) : result<Block>(Block());
            if (stop.stop_requested()) return;
            std::vector<std::uint32_t> numbers;
            Block matching;
            for (std::size_t i = 0; chunk && i < chunk->size(); ++i) {
                MessageRow& row = (*chunk)[i];
                if (!has_text(row, name_of(members, row.sender), needle)) continue;
                numbers.push_back(static_cast<std::uint32_t>(next + i));
                matching.push_back(std::move(row));
            }
            const std::size_t got = chunk ? chunk->size() : 0;
            next += got;
            const bool more = chunk && got == count && next < to;
            QMetaObject::invokeMethod(
                this,
                [this, run, numbers, matching = std::move(matching), next, more,
                 why = chunk ? std::string() : chunk.error().message]() mutable {
                    if (run != run_search_) return;
                    add_found(numbers, std::move(matching), next, more);
                    if (!why.empty()) emit failed(to_text(why));
                },
                Qt::QueuedConnection);
            if (!more) return;
        }
    });
}

void MessageModel::add_found(const std::vector<std::uint32_t>& numbers, Block rows,
                             std::uint64_t searched, bool running) {
    const bool advanced = searched > searched_;
    searched_ = searched;
    searching_ = running;
    if (!numbers.empty()) {
        int first = static_cast<int>(found_.size());
        beginInsertRows({}, first, first + static_cast<int>(numbers.size()) - 1);
        found_.insert(found_.end(), numbers.begin(), numbers.end());
        for (std::size_t i = 0; i < rows.size() && found_rows_.size() < kFoundKept; ++i) {
            found_rows_.emplace(numbers[i], std::move(rows[i]));
        }
        endInsertRows();
        place_playhead();
    }
    emit filter_progress(count_ ? double(searched_) / double(count_) : 1, rowCount(), running);
    if (!running && advanced && searched_ < count_) search();  // it has grown meanwhile
}

// ---- playhead --------------------------------------------------------------------------------

void MessageModel::follow(const MomentPtr& moment) {
    moment_ = moment;
    locate();
}

void MessageModel::locate() {
    if (!loader_ || !moment_) return;
    std::optional<Seq> seq;
    if (moment_->message && moment_->message->external) seq = Seq{moment_->message->order};
    loader_->locate(moment_->mark, seq);
}

void MessageModel::located(std::optional<std::uint64_t> number) {
    playhead_number_ = number;
    place_playhead();
}

void MessageModel::place_playhead() {
    int row = -1;
    if (playhead_number_ && !filters()) {
        row = static_cast<int>(std::min(*playhead_number_, count_ > 0 ? count_ - 1 : 0));
        if (count_ == 0) row = -1;
    } else if (playhead_number_) {
        auto behind = std::upper_bound(found_.begin(), found_.end(), *playhead_number_);
        row = static_cast<int>(behind - found_.begin()) - 1;
    }
    if (row == playhead_row_) return;
    playhead_row_ = row;
    emit playhead_row_changed(row);
}

}  // namespace teatime::inspector
