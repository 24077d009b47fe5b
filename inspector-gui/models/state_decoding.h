#pragma once

#include <QHash>
#include <QVariant>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "moment.h"

namespace teatime::inspector {

/// What is inside an object, or the Island's own parts. Immutable.
struct Decoded {
    Value value;
    std::string needle;  ///< of a filter; empty: none
    /// Of the filter: the places that match in each list and map inside that has some.
    std::unordered_map<const Value*, std::vector<std::size_t>> matching;
};
using DecodedPtr = std::shared_ptr<const Decoded>;

using ChangesPtr = std::shared_ptr<const std::vector<Change>>;

/// Which state is to be shown, and what of it has to be known for that.
struct StateRequest {
    MomentPtr before;  ///< what is shown now
    MomentPtr moment;  ///< null: nothing is shown
    ChangesPtr changes;
    std::string needle;
    bool other_needle = false;  ///< than `before` is shown with
    struct Opened {
        ObjectId id;         ///< 0: the Island's own parts
        bool stale = false;  ///< not decoded yet, or from an older state
    };
    std::vector<Opened> opened;
};

/// All of it that costs.
struct StateAnswer {
    MomentPtr moment;
    std::unordered_map<ObjectId, const std::string*> names;  ///< of the moment's state
    QHash<QString, QVariant> old_values;  ///< by path of what changed; invalid: there was none
    QHash<QString, int> changed_inside;   ///< how much of what is inside
    std::string needle;
    std::vector<ObjectId> matching;  ///< of a needle; ascending
    bool island_matches = false;
    std::unordered_map<ObjectId, DecodedPtr> decoded;  ///< of what is open; null: as before
};

/// So little that asking another thread would cost more.
bool costs_little(const StateRequest& request);
bool costs_little(const Image& image, ObjectId opened);
/// Any thread. Stopped: whatever is there. O(bytes of what is opened, changes, names; of the whole
/// state where there is a needle).
StateAnswer answer(const StateRequest& request, const std::stop_token& stop);

/// Of what is there. O(its bytes).
DecodedPtr decode(const Image& image, ObjectId id, const std::string& needle);

}  // namespace teatime::inspector
