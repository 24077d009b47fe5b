#pragma once

#include <QAbstractTableModel>
#include <QHash>
#include <list>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "background.h"
#include "facts.h"
#include "message_rows.h"
#include "moment.h"

namespace teatime::inspector {

/// The messages of a recording as a list of any length: rows near those that are looked at are in
/// memory, others are placeholders (LoadingRole) until they have been loaded in the background. A
/// Survey tells how many there are; while it works, or the recording grows, rows are added at the
/// end. Memory: kBlocksKept * kBlock rows; while filtering also 4 bytes for each row found.
class MessageModel : public QAbstractTableModel {
    Q_OBJECT
public:
    /// Kind and number name a message, here, as a cause and on its own page: external ones count as
    /// they were stamped, futures as they were sent.
    enum Column { Time, Number, Kind, Sender, Target, Selector, Arguments, Cause, kColumns };
    static constexpr std::size_t kBlock = 128;
    static constexpr std::size_t kBlocksKept = 64;
    static constexpr std::size_t kFoundKept = 20'000;  ///< found rows whose texts are kept

    /// Makes its rows' source, once for each thread that needs one.
    using Source = std::function<std::unique_ptr<MessageRows>()>;

    explicit MessageModel(QObject* parent = nullptr);
    ~MessageModel() override;

    void open(Source source, std::uint64_t count);
    void close();
    void set_count(std::uint64_t count);  ///< it has grown
    void set_members(const std::vector<timegraph::Member>& members);

    /// Only rows with the text in sender, target, selector or arguments; any case. Goes through all
    /// of them in the background; what is found is there at once.
    void set_filter(const QString& text);
    void cancel_filter();  ///< stays with what was found so far
    const QString& filter() const { return filter_; }

    /// The row where the Moment's message is: playhead_row() follows, also later, when it becomes
    /// known. -1: before the first.
    void follow(const MomentPtr& moment);
    int playhead_row() const { return playhead_row_; }

    /// What is in a row; empty while it is being loaded.
    std::optional<MessageRow> message(int row) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

signals:
    void playhead_row_changed(int row);
    /// `share`: 0 .. 1 of all rows; running: more is to come.
    void filter_progress(double share, int found, bool running);
    void failed(const QString& sentence);

private:
    using Block = std::vector<MessageRow>;
    class Loader;

    bool filters() const { return !filter_.isEmpty(); }
    std::uint64_t number_of(int row) const;  ///< in the recording, from 0
    const MessageRow* cached(std::uint64_t number) const;
    void loaded(std::uint64_t block, Block rows);
    void located(std::optional<std::uint64_t> number);
    void add_found(const std::vector<std::uint32_t>& numbers, Block rows, std::uint64_t searched,
                   bool running);
    void search();
    void locate();
    void place_playhead();
    QString sender_text(const MessageRow& row) const;

    Source source_;
    std::uint64_t count_ = 0;  ///< of all rows
    QHash<quint64, QString> members_;

    mutable std::list<std::uint64_t> lately_;  ///< blocks, latest first
    struct Kept {
        Block rows;
        std::uint64_t count = 0;  ///< of all rows when it was loaded
        std::list<std::uint64_t>::iterator place;
    };
    std::unordered_map<std::uint64_t, Kept> blocks_;

    QString filter_;
    std::vector<std::uint32_t> found_;
    std::unordered_map<std::uint32_t, MessageRow> found_rows_;
    std::uint64_t searched_ = 0;  ///< rows looked through
    bool searching_ = false, search_cancelled_ = false;

    MomentPtr moment_;
    std::optional<std::uint64_t> playhead_number_;  ///< row in the recording, before any filter
    int playhead_row_ = -1;
    std::uint64_t run_ = 0, run_search_ = 0;  ///< what older runs bring does not count
    std::unique_ptr<Loader> loader_;
    std::shared_ptr<MessageRows> searched_rows_;  ///< used by the search alone
    Background search_;
};

}  // namespace teatime::inspector
