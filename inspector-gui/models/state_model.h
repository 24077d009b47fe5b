#pragma once

#include <QAbstractItemModel>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "background.h"
#include "moment.h"
#include "rows_model.h"
#include "state_decoding.h"

namespace teatime::inspector {

/// The state at a Moment as a tree: the Island itself, then its objects, their fields, what is
/// inside those. An object is decoded when it is opened, of long lists a window of rows is there
/// and more come by fetchMore(). A newer Moment changes rows in place and adds or removes some, so
/// a view keeps what is expanded and selected while the playhead is dragged.
///
/// What costs little is there at once. Else the state is shown when a thread has decoded what is
/// open: shown() follows. Meanwhile the one before stays; of those asked for only the newest
/// counts.
///
/// What the message of the Moment changed has ChangedRole and OldValueRole, what it is in tells how
/// much it is by ChangedInsideRole. GUI thread only.
class StateModel : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Column { Name, Value_, Type, Before, kColumns };
    /// Of two states that are compared, what differs has its value of before in a column beside.
    enum class Of { one_state, two_states };

    explicit StateModel(Of of = Of::one_state, QObject* parent = nullptr);
    ~StateModel() override;

    /// Without a state: empty, at once. Flags are the Moment's own changes.
    void show(const MomentPtr& moment);
    /// The same, flagged with other differences: of two states that are compared.
    void show(const MomentPtr& moment, ChangesPtr changes);
    /// Of two states: what their columns are called.
    void set_sides(const QString& before, const QString& after);
    /// Something that was asked for is not shown yet.
    bool working() const { return busy_; }

    /// Only what has the text in its name, class or value, or is inside or above of such:
    /// filtered() follows, also after a newer Moment.
    void set_filter(const QString& text);
    const QString& filter() const { return filter_; }

    /// `counter.discs[3].at.x`, `#17`; of the Island's own parts `names.door`.
    QString path_of(const QModelIndex& index) const;
    /// Fetches what is needed to get there, at most kMostFetched rows of one list. Invalid where
    /// there is none, or while a large object on the way is being decoded: then working().
    QModelIndex index_of(const QString& path);
    static constexpr int kWindow = 256;
    static constexpr int kMostFetched = 100'000;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& index) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    bool hasChildren(const QModelIndex& parent = {}) const override;
    bool canFetchMore(const QModelIndex& parent) const override;
    void fetchMore(const QModelIndex& parent) override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

signals:
    void shown();                ///< what working() was about
    void filtered(int objects);  ///< that many are left

private:
    struct Node;
    struct Item;

    Node* node_of(const QModelIndex& index) const;
    QModelIndex index_of_node(const Node& node, int column = 0) const;
    QVariant value_data(const Node& node, int role) const;
    QString value_text(Node& node) const;
    QString text_before(Node& node, const QString& path) const;
    int columns() const { return of_ == Of::two_states ? kColumns : Before; }

    void ask();
    StateRequest request() const;
    void start(StateRequest request);
    void take(StateAnswer answer);
    void update(Node& node, bool repaint);
    void adopt(Node& child, const Item& item, bool repaint);
    bool decode_again(Node& child, bool differs);
    bool open(Node& node);
    void find_visible(Node& node) const;
    std::vector<Item> items(const Node& node, std::size_t from, std::size_t to) const;
    Item item(const Node& node, std::size_t place) const;
    void replace_children(Node& node, const std::vector<Item>& items);
    void remove_children(Node& node, std::size_t from, std::size_t to);
    void insert_children(Node& node, std::size_t at, std::vector<Item> items);
    void fetch(Node& node, std::size_t rows);
    bool fetch_to(Node& node, std::size_t row);
    Node* child_at(Node& node, std::size_t place);
    Node* find_object(std::string_view path, std::size_t& used);

    const Of of_;
    QString before_title_ = tr("Before"), after_title_ = tr("After");
    StateAnswer now_;  ///< what is shown
    std::unique_ptr<Node> root_;
    int changing_ = 0;  ///< rows are on the move: who looks at them now gets no more

    QString filter_;
    std::string needle_;  ///< of `filter_`; what is shown may still be of another
    MomentPtr wanted_;
    ChangesPtr wanted_changes_;
    std::string asked_needle_;  ///< of what is under way
    bool busy_ = false;         ///< an answer is under way
    bool again_ = false;        ///< and then another is wanted
    bool stale_ = false;        ///< something was opened meanwhile that the answer has not
    std::uint64_t run_ = 0;     ///< of the newest request
    std::vector<std::shared_ptr<const void>>
        old_;  ///< no longer shown; large ones take long to free
    Background background_;
};

}  // namespace teatime::inspector
