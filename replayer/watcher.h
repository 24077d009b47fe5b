#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "teatime/island/island.h"
#include "teatime/replayer/session.h"
#include "teatime/state/field_path.h"

namespace teatime::replayer {

/// Follows the values of some paths while an Island executes. Names are looked up anew whenever
/// they may mean something else. The Island watches for one Watcher at a time.
class Watcher {
public:
    /// Takes down the values where the Island stands. The error names the path.
    static result<Watcher> start(Island& island, const std::vector<std::string>& paths,
                                 std::vector<ValueChange>& changes);
    ~Watcher();
    Watcher(Watcher&&) noexcept;
    Watcher& operator=(Watcher&&) = delete;

    /// After each message.
    void executed(const Step& step) {
        if (island_->names_version() != names_version_) return names_changed(step);
        if (island_->watched_touched()) touched(step);
    }
    bool full() const;

private:
    /// One path, and what it was last.
    struct Path {
        std::string text;
        ObjectId object;
        std::size_t object_size = 0;  ///< of the part of `text` that names the object
        const ClassInfo* prepared_for = nullptr;
        std::optional<FieldPath> field;  ///< for objects of that class; empty where they lack it
        const ClassInfo* last_class = nullptr;  ///< null: there was no value
        std::string last;
    };

    Watcher(Island& island, std::vector<ValueChange>& changes);
    result<void> add(std::string text);
    void resolve(Path& path) const;
    void watch_objects();
    void names_changed(const Step& step);
    void touched(const Step& step);
    result<void> prepare(Path& path, const ClassInfo* info) const;
    void look(std::uint32_t index, const Step& step, bool at_start);
    const ClassInfo* fields_of(ObjectId id);

    Island* island_;
    std::vector<ValueChange>* changes_;
    std::vector<Path> paths_;
    std::uint64_t names_version_ = 0;
    std::size_t bytes_ = 0;  ///< of the values told

    ObjectId encoded_;  ///< of which fields_ are; 0 = none
    const ClassInfo* encoded_class_ = nullptr;
    std::string fields_;
};

}  // namespace teatime::replayer
