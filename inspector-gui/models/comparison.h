#pragma once

#include <QObject>
#include <memory>
#include <vector>

#include "background.h"
#include "player.h"
#include "teatime/state/inspect.h"

namespace teatime::inspector {

/// Two players side by side. Linked, moving the left one moves the right one to the same time, or
/// by an offset beside it, and the other way round; not linked, each is on its own. Their states
/// are compared in the background whenever both rest. The players must outlive it.
class Comparison : public QObject {
    Q_OBJECT
public:
    Comparison(Player& left, Player& right, QObject* parent = nullptr);

    Player& left() const { return left_; }
    Player& right() const { return right_; }

    void set_linked(bool linked);  ///< keeps the offset that they have now
    bool linked() const { return linked_; }
    /// The right one stands so much later than the left one.
    void set_offset(Duration offset);
    Duration offset() const { return offset_; }

    /// As of diff(left, right); of the Moments below. Null before the first changed().
    const std::shared_ptr<const std::vector<Change>>& differences() const { return differences_; }
    bool same_hash() const;
    const MomentPtr& left_moment() const { return compared_left_; }
    const MomentPtr& right_moment() const { return compared_right_; }

signals:
    void changed();  ///< differences() are new
    void link_changed();

private:
    void moved(Player& from, Player& to, Duration by);
    void compare();

    Player& left_;
    Player& right_;
    bool linked_ = true;
    bool moving_ = false;
    Duration offset_{0};
    MomentPtr compared_left_, compared_right_;
    MomentPtr asked_left_, asked_right_;
    std::shared_ptr<const std::vector<Change>> differences_;
    Background background_;
};

}  // namespace teatime::inspector
