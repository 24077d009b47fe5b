#include "teatime/replayer/query.h"

#include <algorithm>

#include "mark_steps.h"
#include "teatime/replayer/stretches.h"
#include "teatime/timegraph/reader.h"

namespace teatime::replayer {
namespace {

/// The object that a path is about wherever it is looked up: `#17`, and the root by its lasting
/// names. Others may be given to other objects in the course of time, and a field of the root may
/// come to be hidden by a name.
std::optional<ObjectId> lasting_object(const std::string& path, const Image& image) {
    std::string head = path.substr(0, path.find('.'));
    if (head == image.app || head == "root") return image.root;
    if (!head.starts_with('#')) return std::nullopt;
    ObjectId id{std::strtoull(head.c_str() + 1, nullptr, 10)};
    return id ? std::optional(id) : std::nullopt;
}

/// Which stretches between keyframes have to be executed to know of all changes of some paths.
/// Damaged keyframes are passed over, as the Timeline does, and tells; what was touched before them
/// is not known then, nor where all of them stood.
class Skipper {
public:
    static result<Skipper> of(Timeline& timeline, const std::vector<std::string>& paths) {
        Skipper skipper(*timeline.reader());
        auto image = timeline.state();
        if (!image) return image.error();
        for (const std::string& path : paths) {
            auto object = lasting_object(path, *image);
            if (!object) skipper.any_ = true;
            if (object) skipper.objects_.push_back(*object);
        }
        std::vector<Error> damaged;
        auto keyframes = timeline.reader()->keyframes(&damaged);
        if (!keyframes) return keyframes.error();
        if (!damaged.empty()) skipper.any_ = true;
        return skipper;
    }

    /// The last keyframe before `mark`; empty where there is none after `from`.
    result<std::optional<timegraph::KeyframeInfo>> before(const Mark& mark,
                                                          const Mark& from) const {
        std::vector<Error> damaged;
        auto found = reader_->keyframe_before(just_before(mark), &damaged);
        if (found && *found && (*found)->mark <= from) found->reset();
        return found;
    }
    result<std::optional<timegraph::KeyframeInfo>> at(const Mark& mark) const {
        std::vector<Error> damaged;
        auto found = reader_->keyframe_before(mark, &damaged);
        if (found && *found && (*found)->mark != mark) found->reset();
        return found;
    }
    /// Whether something may have changed between a keyframe and the one before.
    result<bool> touched(const timegraph::KeyframeInfo& keyframe) const {
        if (any_ || keyframe.kind == timegraph::KeyframeInfo::Kind::foreign) return true;
        auto ids = reader_->touched(keyframe);
        if (!ids) return ids.error();
        return std::any_of(objects_.begin(), objects_.end(), [&](ObjectId id) {
            return std::binary_search(ids->begin(), ids->end(), id);
        });
    }

private:
    explicit Skipper(const timegraph::Reader& reader) : reader_(&reader) {}
    const timegraph::Reader* reader_;
    std::vector<ObjectId> objects_;
    bool any_ = false;  ///< some path may be about any object, or some of what was touched is lost
};

Error cannot_execute(const Timeline& timeline) {
    return wrong_usage("cannot execute: " + timeline.why_not_executed());
}

/// Tells values where they differ from what was told before, however often they are looked up.
class Changes {
public:
    Changes(std::size_t paths, const std::function<void(const ValueChange&)>& tell)
        : last_(paths), known_(paths), tell_(tell) {}

    void take(ValueChange change) {
        std::optional<Value>& last = last_[change.path];
        if (known_[change.path] && last == change.value) return;
        change.at_start = !known_[change.path];
        known_[change.path] = true;
        last = change.value;
        tell_(change);
    }

private:
    std::vector<std::optional<Value>> last_;
    std::vector<bool> known_;
    const std::function<void(const ValueChange&)>& tell_;
};

/// Where to stand and up to where to execute, in order.
result<std::vector<Stretch>> parts_to_execute(const Skipper& skipper, const Stretch& stretch) {
    std::vector<Stretch> parts;  // backwards first
    for (Mark to = stretch.to; to > stretch.from;) {
        auto end = skipper.at(to);
        if (!end) return end.error();
        auto begin = skipper.before(to, stretch.from);
        if (!begin) return begin.error();
        Mark from = *begin ? (*begin)->mark : stretch.from;
        auto touched = *end ? skipper.touched(**end) : true;
        if (!touched) return touched.error();
        if (*touched) {
            if (!parts.empty() && parts.back().from == to) {
                parts.back().from = from;
            } else {
                parts.push_back({from, to});
            }
        }
        to = from;
    }
    std::reverse(parts.begin(), parts.end());
    return parts;
}

}  // namespace

result<void> values(Timeline& timeline, const std::vector<std::string>& paths, const Mark& from,
                    const Mark& to, const std::function<void(const ValueChange&)>& tell,
                    const Watch& watch) {
    if (!timeline.can_execute()) return cannot_execute(timeline);
    auto all = stretches(timeline);
    if (!all) return all.error();
    Changes changes(paths.size(), tell);
    RunLimit what;
    what.watch = paths;
    auto taken = [&](const RunResult& part) {
        for (const ValueChange& change : part.values) changes.take(change);
        return true;
    };
    std::optional<Skipper> skipper;
    for (Stretch stretch : *all) {
        stretch.from = std::max(stretch.from, from);
        stretch.to = std::min(stretch.to, to);
        if (stretch.from > stretch.to) continue;
        if (auto there = timeline.seek(stretch.from, watch); !there) return there.error();
        if (!skipper) {
            auto made = Skipper::of(timeline, paths);
            if (!made) return made.error();
            skipper.emplace(std::move(*made));
        }
        stretch.from = timeline.mark();
        // The values at the start, also where nothing is executed.
        auto looked = timeline.observe(stretch.from, what, taken, watch);
        if (!looked) return looked.error();
        auto parts = parts_to_execute(*skipper, stretch);
        if (!parts) return parts.error();
        for (const Stretch& part : *parts) {
            if (auto there = timeline.seek(part.from, watch); !there) return there.error();
            auto went = timeline.observe(part.to, what, taken, watch);
            if (!went) return went.error();
        }
    }
    return {};
}

namespace {

struct Found {
    ValueChange change;
    std::optional<Value> before;
};

/// The last change in a part; empty where there is none.
result<std::optional<Found>> last_change(Timeline& timeline, const std::string& path,
                                         const Stretch& part, const Watch& watch) {
    if (auto there = timeline.seek(part.from, watch); !there) return there.error();
    RunLimit what;
    what.watch = {path};
    std::optional<Found> last;
    std::optional<Value> value;
    auto tell = [&](const RunResult& run) {
        for (const ValueChange& change : run.values) {
            if (!change.at_start) last = Found{change, value};
            value = change.value;
        }
        return true;
    };
    auto went = timeline.observe(part.to, what, tell, watch);
    return went ? result<std::optional<Found>>(std::move(last)) : went.error();
}

/// Executes the message that leads to `mark` once more.
result<ExecutedInfo> message_at(Timeline& timeline, const Mark& mark, const Watch& watch) {
    Mark before = std::max(just_before(mark), timeline.begin());
    if (auto there = timeline.seek(before, watch); !there) return there.error();
    auto info = timeline.step(watch);
    if (!info) return info.error();
    if (!*info || (*info)->mark != mark) {
        return wrong_usage("no message leads to " + to_string(mark));
    }
    return std::move(**info);
}

}  // namespace

result<Write> who_wrote(Timeline& timeline, const std::string& path, const Mark& at,
                        const Watch& watch) {
    if (!timeline.can_execute()) return cannot_execute(timeline);
    if (auto there = timeline.seek(at, watch); !there) return there.error();
    auto skipper = Skipper::of(timeline, {path});
    if (!skipper) return skipper.error();
    auto all = stretches(timeline);
    if (!all) return all.error();
    const Mark here = timeline.mark();
    auto stretch = std::find_if(all->rbegin(), all->rend(),
                                [&](const Stretch& each) { return each.from <= here; });
    if (stretch == all->rend())
        return unreadable("messages before " + to_string(at) + " are missing");

    Write write;
    // What it is here, and whether it can be watched at all.
    RunLimit what;
    what.watch = {path};
    auto look = [&](const RunResult& run) {
        for (const ValueChange& change : run.values) write.new_value = change.value;
        return true;
    };
    if (auto looked = timeline.observe(here, what, look, watch); !looked) return looked.error();

    std::optional<Found> found;
    for (Mark to = here; to > stretch->from && !found;) {
        auto end = skipper->at(to);
        if (!end) return end.error();
        auto begin = skipper->before(to, stretch->from);
        if (!begin) return begin.error();
        Mark from = *begin ? (*begin)->mark : stretch->from;
        auto touched = *end ? skipper->touched(**end) : true;
        if (!touched) return touched.error();
        if (*touched) {
            auto last = last_change(timeline, path, {from, to}, watch);
            if (!last) return last.error();
            found = std::move(*last);
        }
        to = from;
        if (watch.progress) watch.progress(to);
        if (watch.stop.stop_requested()) return failed("cancelled at " + to_string(to));
    }
    if (!found) {
        write.since = stretch->from;
        return write;
    }
    auto info = message_at(timeline, found->change.step.mark(), watch);
    if (!info) return info.error();
    write.since = info->mark;
    write.message = std::move(*info);
    write.old_value = std::move(found->before);
    write.new_value = std::move(found->change.value);
    return write;
}

result<Tally> tally(Timeline& timeline, VirtualTime from, VirtualTime to, std::size_t columns,
                    const Watch& watch) {
    if (!timeline.can_execute()) return cannot_execute(timeline);
    if (columns == 0 || to <= from) return wrong_usage("a tally needs columns and some time");
    auto all = stretches(timeline);
    if (!all) return all.error();
    RunLimit what;
    what.tally.emplace();
    what.tally->origin = from;
    auto width = ((to - from).count() - 1) / static_cast<std::int64_t>(columns) + 1;
    what.tally->bucket = Duration(width);
    Tally sum;
    auto taken = [&](const RunResult& part) {
        add(sum, part.tally);
        return true;
    };
    for (Stretch stretch : *all) {
        stretch.from = std::max(stretch.from, Mark{BranchId{}, from, 0});
        stretch.to = std::min(stretch.to, Mark{BranchId{}, to - Duration(1), Mark::kWholeInstant});
        if (stretch.from > stretch.to) continue;
        if (auto there = timeline.seek(stretch.from, watch); !there) return there.error();
        auto went = timeline.observe(stretch.to, what, taken, watch);
        if (!went) return went.error();
    }
    sum.places.clear();
    return sum;
}

}  // namespace teatime::replayer
