#pragma once

#include <QObject>
#include <vector>

#include "background.h"
#include "facts.h"
#include "message_rows.h"
#include "moment.h"
#include "text_rows.h"

namespace teatime::inspector {

/// The rows of the list of messages; opened where they are used.
struct MessageSource {
    std::function<std::unique_ptr<MessageRows>()> open;  ///< none: there are none
    std::uint64_t count = 0;
};

/// Looks for a text in all that is known of a recording: objects and fields at a Moment (by a part
/// of their path, too: `discs[36]`), marks, errors, members, and the messages of a source, the
/// nearest to the Moment first. In a thread of its own; a newer text takes the place of the one
/// before. Used by the GUI's thread; signals come on it.
class Finder : public QObject {
    Q_OBJECT
public:
    explicit Finder(QObject* parent = nullptr);
    ~Finder() override;

    void find(const QString& text, const FactsPtr& facts, const MomentPtr& moment,
              const MessageSource& messages = {});
    void cancel();

    struct Progress {
        bool done = false;
        bool cut = false;  ///< there are more of a kind than are told
    };

    static constexpr std::size_t kMostOfAKind = 200;

signals:
    /// Cells: kind, where, what. A row leads to its Mark, or to the path in its DataRole.
    /// Several times, always with all so far.
    void found(const std::vector<teatime::inspector::TextRow>& rows,
               const teatime::inspector::Finder::Progress& progress);

private:
    class Search;
    std::uint64_t run_ = 0;
    Background background_;
};

}  // namespace teatime::inspector
