#include "teatime/timegraph/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include "gaps.h"
#include "meta_names.h"
#include "part_writer.h"
#include "teatime/timegraph/filter.h"
#include "teatime/timegraph/redact.h"

namespace teatime::timegraph {
namespace {

/// A recording, and where in it the merge is.
struct Source {
    Reader reader;
    Reader::Info info;
    std::optional<Reader::Cursor> cursor;
    Gaps gaps;
    bool there = false;  ///< the cursor stands on a message
};

class Merger {
public:
    Merger(const std::vector<std::string>& paths, const std::string& to_file, const Watch& watch)
        : watch_(watch), writer_(to_file) {
        if (paths.size() < 2) throw Failure{wrong_usage("there is nothing to merge with")};
        for (const std::string& path : paths) open(path);
        std::stable_sort(sources_.begin(), sources_.end(), [](const Source& a, const Source& b) {
            auto begin = [](const Source& source) {
                return source.info.first ? source.info.first->seq : Seq{UINT64_MAX};
            };
            return begin(a) < begin(b);
        });
    }

    Merged run() {
        merge_meta();
        merge_messages();
        merge_keyframes();
        merge_members();
        merge_clock();
        merge_votes();
        merge_records();
        Reader::End end;
        for (const Source& source : sources_) {
            if (source.info.end.bound >= end.bound) end = source.info.end;
        }
        writer_.end(end.bound, end.wall);
        merged_.end = writer_.keep(watch_);
        return std::move(merged_);
    }

private:
    void open(const std::string& path) {
        Source source{need(Reader::open(path)), {}, {}, {}};
        source.info = need(source.reader.info());
        for (Gap& gap : need(source.reader.gaps())) source.gaps.add(std::move(gap));
        const std::string& session = source.info.meta.session;
        if (session.empty()) {
            throw Failure{unreadable(path + " does not say which session it is of")};
        }
        if (!sources_.empty() && session != sources_.front().info.meta.session) {
            throw Failure{wrong_usage(fmt::format("{} is of session {}, {} of session {}", path,
                                                  session, sources_.front().reader.path(),
                                                  sources_.front().info.meta.session))};
        }
        for (const Source& other : sources_) {
            const std::string &a = timeline_of(source), &b = timeline_of(other);
            if (a.empty() || b.empty() || a == b) continue;
            throw Failure{wrong_usage(fmt::format("{} is of another run of session {} than {}",
                                                  path, session, other.reader.path()))};
        }
        refuse_incomplete(source);
        sources_.push_back(std::move(source));
    }

    static const std::string& timeline_of(const Source& source) {
        static const std::string kNone;
        auto found = source.info.meta.more.find(kTimeline);
        return found == source.info.meta.more.end() ? kNone : found->second;
    }

    /// What others have would stand beside what was taken out, and nothing could tell which is
    /// which.
    static void refuse_incomplete(const Source& source) {
        const char* how = filter_of(source.info.meta)     ? "filtered"
                          : redacted_of(source.info.meta) ? "redacted"
                                                          : nullptr;
        if (!how) return;
        throw Failure{wrong_usage(fmt::format(
            "{} was {}: merge the recordings that it and others were made of, and have that {}",
            source.reader.path(), how, how))};
    }

    void conflict(std::string sentence) {
        ++merged_.conflict_count;
        if (merged_.conflicts.size() < Merged::kConflictsKept) {
            merged_.conflicts.push_back(std::move(sentence));
        }
    }

    /// How it begins tells the one that begins first.
    void merge_meta() {
        std::map<std::string, std::string> names;
        for (const Source& source : sources_) {
            bool first = &source == &sources_.front();
            for (const auto& [name, value] : meta_names(source.info.meta)) {
                if (first || name != kStartedFrom) names.emplace(name, value);
            }
        }
        for (const auto& [name, value] : names) writer_.meta(name, value);
    }

    void merge_messages() {
        std::uint64_t whole = 1, done = 0;
        for (Source& source : sources_) {
            source.cursor.emplace(source.reader.messages());
            advance(source);
            whole = std::max(whole, source.info.end.messages);
        }
        while (Source* next = first_in_order()) {
            if (done++ % 1024 == 0) {
                go_on(watch_, std::min(1.0, static_cast<double>(done) / double(whole)));
            }
            Stamp stamp = next->cursor->stamp();
            if (stamp.time < last_.time) {
                conflict(fmt::format("message {} at {} of {} is before message {} at {}",
                                     stamp.seq.value, to_string(stamp.time), next->reader.path(),
                                     last_.seq.value, to_string(last_.time)));
                left_out_ = stamp.seq;
                advance(*next);
                continue;
            }
            before_message(stamp);
            writer_.message(*next->cursor);
            last_ = stamp;
            for (Source& other : sources_) {
                if (&other == next || !other.there) continue;
                if (other.cursor->stamp().seq != last_.seq) continue;
                compare(*next, other);
                advance(other);
            }
            advance(*next);
        }
        gap_at_end();
    }

    static void advance(Source& source) {
        source.there = source.cursor->next();
        need(source.cursor->status());
    }

    Source* first_in_order() {
        Source* first = nullptr;
        for (Source& source : sources_) {
            if (!source.there) continue;
            bool before = !first || source.cursor->stamp().seq < first->cursor->stamp().seq;
            if (before) first = &source;
        }
        return first;
    }

    void compare(const Source& taken, const Source& other) {
        const MessageView &a = taken.cursor->message(), &b = other.cursor->message();
        bool same = a.stamp == b.stamp && a.payload == b.payload && a.extra == b.extra &&
                    (a.sender == b.sender || !a.sender || !b.sender);
        if (same) return;
        conflict(fmt::format("message {} at {} is another one in {} than in {}", a.stamp.seq.value,
                             to_string(a.stamp.time), other.reader.path(), taken.reader.path()));
    }

    /// Missing in all of them: one may know why.
    void before_message(Stamp stamp) {
        if (!last_.seq || stamp.seq == next(last_.seq)) return;
        for (Source& source : sources_) {
            const Gap* gap = source.gaps.explains(last_.seq, stamp.seq);
            if (gap) return writer_.gap({last_, stamp, gap->why});
        }
        const char* why = left_out_ > last_.seq ? "the recordings differ in these messages"
                                                : "no recording has these messages";
        writer_.gap({last_, stamp, why});
    }

    void gap_at_end() {
        for (Source& source : sources_) {
            const Gap* gap = source.gaps.explains(last_.seq, next(last_.seq));
            if (gap) return writer_.gap({last_, gap->before, gap->why});
        }
    }

    struct Stored {
        KeyframeInfo info;
        const Source* source;
        bool first;  ///< of its recording: it does not tell what was touched before
    };

    std::vector<Stored> all_keyframes() const {
        std::vector<Stored> all;
        for (const Source& source : sources_) {
            bool first = true;
            for (KeyframeInfo& info : need(source.reader.keyframes())) {
                all.push_back({std::move(info), &source, std::exchange(first, false)});
            }
        }
        std::stable_sort(all.begin(), all.end(), [](const Stored& a, const Stored& b) {
            return a.info.mark < b.info.mark;
        });
        return all;
    }

    void merge_keyframes() {
        std::vector<Stored> all = all_keyframes();
        const Stored* before = nullptr;
        for (const Stored& stored : all) {
            go_on(watch_, 1);
            if (before && before->info.mark == stored.info.mark) {
                if (before->info.hash == stored.info.hash) continue;
                conflict(fmt::format("the state at {} is another one in {} than in {}",
                                     to_string(stored.info.mark), stored.source->reader.path(),
                                     before->source->reader.path()));
                continue;
            }
            write_keyframe(stored, before != nullptr);
            before = &stored;
        }
    }

    /// `touched` is since the keyframe before in its recording; one that comes between makes it too
    /// much, which is no harm: searches skip what was not touched.
    void write_keyframe(const Stored& stored, bool others_before) {
        const Reader& reader = stored.source->reader;
        if (stored.info.kind == KeyframeInfo::Kind::foreign) {
            return writer_.foreign_keyframe(stored.info, need(reader.foreign_state(stored.info)));
        }
        Image image = need(reader.image(stored.info));
        std::vector<ObjectId> there, touched;
        for (const Image::Object& object : image.objects) there.push_back(object.id);
        if (stored.first && others_before) {
            std::set_union(there.begin(), there.end(), objects_.begin(), objects_.end(),
                           std::back_inserter(touched));
        } else {
            touched = need(reader.touched(stored.info));
        }
        objects_ = std::move(there);
        writer_.keyframe(stored.info, touched, std::move(image));
    }

    void merge_members() {
        std::map<std::pair<Stamp, MemberId>, Member> all;
        for (const Source& source : sources_) {
            for (Member& member : need(source.reader.members())) {
                auto [there, added] = all.emplace(std::pair(member.joined, member.id), member);
                if (!added && !there->second.left) there->second.left = member.left;
            }
        }
        for (const auto& [place, member] : all) {
            writer_.joined(member);
            if (member.left) writer_.left(member.id, *member.left);
        }
    }

    /// Two that record one router differ by their delays: where one tells the time, it does so
    /// alone.
    void merge_clock() {
        std::vector<ClockPoint> all;
        for (const Source& source : sources_) {
            std::vector<ClockPoint> points = need(source.reader.clock());
            bool empty = all.empty();
            VirtualTime begin = empty ? VirtualTime::max() : all.front().stamp.time;
            VirtualTime end = empty ? VirtualTime::max() : all.back().stamp.time;
            for (const ClockPoint& point : points) {
                if (point.stamp.time < begin || point.stamp.time > end) all.push_back(point);
            }
            std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
                return a.stamp.time < b.stamp.time;
            });
        }
        for (const ClockPoint& point : all) writer_.clock(point);
    }

    /// All that `read` gives of any recording, equal ones once, by `key`.
    template <class Read, class Key, class Take>
    void merge_rows(Read&& read, Key&& key, Take&& take) {
        std::set<decltype(key(need(read(sources_.front().reader)).front()))> taken;
        for (const Source& source : sources_) {
            for (const auto& row : need(read(source.reader))) {
                if (taken.insert(key(row)).second) take(row);
            }
        }
    }

    void merge_votes() {
        struct Cast {
            std::string hash;
            const Source* source;
        };
        std::map<std::pair<Mark, MemberId>, Cast> cast;
        for (const Source& source : sources_) {
            for (const Vote& vote : need(source.reader.votes())) {
                auto [there, added] =
                    cast.emplace(std::pair(vote.mark, vote.member), Cast{vote.hash, &source});
                const Cast& before = there->second;
                if (added || (before.source == &source && before.hash != vote.hash)) {
                    writer_.vote(vote);
                } else if (before.hash != vote.hash) {
                    conflict(fmt::format("the vote of #{} at {} is another one in {} than in {}",
                                         vote.member.value, to_string(vote.mark),
                                         source.reader.path(), before.source->reader.path()));
                }
            }
        }
    }

    void merge_records() {
        merge_rows([](const Reader& reader) { return reader.bookmarks(); },
                   [](const Bookmark& bookmark) {
                       return std::tuple(bookmark.mark, bookmark.written, bookmark.author,
                                         bookmark.comment);
                   },
                   [&](const Bookmark& bookmark) {
                       if (is_trunk(bookmark.mark)) writer_.bookmark(bookmark);
                   });
        merge_rows([](const Reader& reader) { return reader.errors(); },
                   [](const HandlerError& error) {
                       return std::tuple(error.mark, error.seq, error.type, error.sentence);
                   },
                   [&](const HandlerError& error) {
                       if (is_trunk(error.mark)) writer_.error(error);
                   });
        merge_rows([](const Reader& reader) { return reader.files(); },
                   [](const ForeignFile& file) { return std::tuple(file.stamp, file.path); },
                   [&](const ForeignFile& file) { writer_.file(file); });
    }

    const Watch& watch_;
    PartWriter writer_;
    std::vector<Source> sources_;
    Stamp last_;
    Seq left_out_;                   ///< the last message that could not follow
    std::vector<ObjectId> objects_;  ///< of the state written last; ascending
    Merged merged_;
};

}  // namespace

result<Merged> merge(const std::vector<std::string>& paths, const std::string& to_file,
                     const Watch& watch) {
    return guarded([&] { return Merger(paths, to_file, watch).run(); });
}

}  // namespace teatime::timegraph
