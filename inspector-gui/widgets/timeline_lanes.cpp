#include "timeline_lanes.h"

#include <QEvent>
#include <cmath>

#include "call_text.h"
#include "timeline_paint.h"

namespace teatime::inspector {
namespace {

/// The nearest of `items` within a few pixels of `at`; null: none.
template <class Items, class TimeOf>
auto nearest(const Items& items, VirtualTime at, double us_per_pixel, TimeOf time_of) {
    constexpr double kReach = 5;
    const auto before = [&time_of](const auto& item, VirtualTime time) {
        return time_of(item) < time;
    };
    auto right = std::lower_bound(items.begin(), items.end(), at, before);
    auto best = items.end();
    double least = kReach * us_per_pixel;
    for (auto it : {right, right == items.begin() ? items.end() : right - 1}) {
        if (it == items.end()) continue;
        const double away = std::abs(static_cast<double>((time_of(*it) - at).count()));
        if (away <= least) {
            best = it;
            least = away;
        }
    }
    return best == items.end() ? nullptr : &*best;
}

}  // namespace

TimelineLanes::TimelineLanes(TimeAxis& axis, QWidget* parent)
    : TimelineTrack(axis, Width::leads, parent) {
    setAccessibleName(tr("Timeline"));
    setAccessibleDescription(
        tr("Messages, votes, keyframes, marks, branches and errors of the recording over virtual "
           "time"));
    arrange();
}

void TimelineLanes::set_facts(const FactsPtr& facts) {
    facts_ = facts;
    notes_ = facts ? TimelineNotes(*facts) : TimelineNotes();
    hovered_.reset();
    arrange();
}

void TimelineLanes::set_source(LaneSource* source) {
    if (source_) source_->disconnect(this);
    source_ = source;
    if (source_) {
        connect(source_, &LaneSource::changed, this, &TimelineLanes::take_lanes);
        connect(source_, &LaneSource::progress_changed, this, [this] { repaint_all(); });
        connect(source_, &QObject::destroyed, this, [this] { set_source(nullptr); });
    }
    take_lanes();
}

void TimelineLanes::take_lanes() {
    layout_.set_lanes(source_ ? source_->lanes() : std::vector<Lane>());
    arrange();
}

void TimelineLanes::set_others(std::vector<OtherPlayhead> others) {
    std::stable_sort(others.begin(), others.end(),
                     [](const auto& a, const auto& b) { return a.mark.time < b.mark.time; });
    if (others == others_) return;
    const bool row_changes = others.empty() != others_.empty();
    others_ = std::move(others);
    if (row_changes) arrange();
    update();
}

void TimelineLanes::set_collapsed(Lane::Kind kind, bool collapsed) {
    layout_.set_collapsed(kind, collapsed);
    arrange();
}

void TimelineLanes::arrange() {
    const int em = fontMetrics().height();
    ruler_height_ = em + 10;
    const int note_height = em + 3;
    layout_.set_heights(em + 5, em + 7);
    std::vector<Note> notes;
    if (facts_) {
        if (!others_.empty()) notes.push_back(Note::others);
        if (!facts_->bookmarks.empty()) notes.push_back(Note::marks);
        if (!notes_.forks.empty()) notes.push_back(Note::branches);
        if (!notes_.stretches.empty() || !notes_.clock.breaks().empty()) {
            notes.push_back(Note::time);
        }
        if (!notes_.votes.empty()) notes.push_back(Note::votes);
        if (!facts_->keyframes.empty()) notes.push_back(Note::keyframes);
        if (!facts_->errors.empty()) notes.push_back(Note::errors);
    }
    rows_.clear();
    int y = ruler_height_;
    for (Note note : notes) {
        rows_.push_back({note, QRect(0, y, width(), note_height)});
        y += note_height;
    }
    lanes_top_ = y + 1;
    layout_.set_scroll(layout_.scroll(), lanes_rect().height());
    updateGeometry();
    repaint_all();
}

QRect TimelineLanes::lanes_rect() const {
    return {0, lanes_top_, width(), std::max(0, height() - lanes_top_)};
}

QSize TimelineLanes::sizeHint() const {
    const int lanes = std::clamp(layout_.content_height(), fontMetrics().height() * 6,
                                 fontMetrics().height() * 16);
    return {800, lanes_top_ + lanes};
}

QSize TimelineLanes::minimumSizeHint() const {
    return {240, lanes_top_ + fontMetrics().height() * 3};
}

void TimelineLanes::resizeEvent(QResizeEvent* event) {
    arrange();
    TimelineTrack::resizeEvent(event);
}

void TimelineLanes::changeEvent(QEvent* event) {
    if (event->type() == QEvent::FontChange) arrange();
    TimelineTrack::changeEvent(event);
}

void TimelineLanes::place_dots(SeenLane& seen) const {
    const double middle = lanes_top_ + seen.row.y + seen.row.height / 2.0;
    const auto& singles = seen.slice.singles;
    seen.dots.reserve(singles.size());
    for (std::size_t first = 0; first < singles.size();) {
        const double x = std::floor(x_of(singles[first].mark.time)) + 0.5;
        std::size_t last = first + 1;
        while (last < singles.size() && std::floor(x_of(singles[last].mark.time)) + 0.5 == x) {
            ++last;
        }
        const double count = static_cast<double>(last - first);
        const double apart = std::min(5.0, (seen.row.height - 8) / count);
        for (std::size_t i = first; i < last; ++i) {
            const double y = middle + (static_cast<double>(i - first) - (count - 1) / 2) * apart;
            seen.dots.push_back({&singles[i], seen.row.lane, {x, y}});
        }
        first = last;
    }
}

std::optional<TimelineLanes::Dot> TimelineLanes::dot_at(const QPoint& at) const {
    constexpr double kReach = 6;
    if (!lanes_rect().contains(at)) return std::nullopt;
    const auto row = layout_.row_at(at.y() - lanes_top_);
    if (!row || row->group) return std::nullopt;
    for (const SeenLane& seen : seen_) {
        if (seen.row.group || seen.row.lane != row->lane) continue;
        std::optional<Dot> best;
        double least = kReach;
        for (const Dot& dot : seen.dots) {
            // What shares a pixel is told apart by height; else a lane's whole height is the dot's.
            const double away = std::abs(dot.at.x() - at.x()) + std::abs(dot.at.y() - at.y()) / 8;
            if (away <= least) {
                least = away;
                best = dot;
            }
        }
        return best;
    }
    return std::nullopt;
}

std::optional<TimelineLanes::Dot> TimelineLanes::focused() const {
    const Mark& playhead = axis().playhead();
    std::optional<Dot> current;
    for (const SeenLane& seen : seen_) {
        if (seen.row.group) continue;
        for (const Dot& dot : seen.dots) {
            if (hovered_ && dot.single->id == *hovered_) return dot;
            if (dot.single->mark.time != playhead.time) continue;
            const bool last =
                playhead.whole_instant() && (!current || current->single->mark < dot.single->mark);
            if (dot.single->mark == playhead || last) current = dot;
        }
    }
    return current;
}

std::optional<QPointF> TimelineLanes::point_of(const MessageId& id) const {
    for (const SeenLane& seen : seen_) {
        if (seen.row.group) continue;
        for (const Dot& dot : seen.dots) {
            if (dot.single->id == id) return dot.at;
        }
    }
    const auto place = source_ ? source_->place_of(id) : std::nullopt;
    if (!place) return std::nullopt;
    const auto row = layout_.row_of(place->lane);
    if (!row) return std::nullopt;
    return QPointF(x_of(place->mark.time), lanes_top_ + row->y + row->height / 2.0);
}

Mark TimelineLanes::mark_at(const QPoint& at) const {
    if (const auto dot = dot_at(at)) return dot->single->mark;
    for (const NoteRow& row : rows_) {
        if (!row.rect.contains(at)) continue;
        const double near = axis().scale().us_per_pixel;
        const VirtualTime time = time_at(at.x());
        if (row.note == Note::others) {
            const auto tags = other_tags();
            if (const TagPlace* tag = other_at(tags, at.x())) return others_[tag->first].mark;
        } else if (row.note == Note::marks) {
            if (auto* mark = nearest(facts_->bookmarks, time, near, kTimeOfMark)) return mark->mark;
        } else if (row.note == Note::branches) {
            if (auto* fork = nearest(notes_.forks, time, near, kTimeOfMark)) return fork->mark;
        } else if (row.note == Note::votes) {
            if (auto* vote = nearest(notes_.splits, time, near, kTimeOfMark)) return vote->mark;
            if (auto* vote = nearest(notes_.votes, time, near, kTimeOfMark)) return vote->mark;
        } else if (row.note == Note::keyframes) {
            if (auto* key = nearest(facts_->keyframes, time, near, kTimeOfMark)) return key->mark;
        } else if (row.note == Note::errors) {
            if (auto* error = nearest(facts_->errors, time, near, kTimeOfMark)) return error->mark;
        }
    }
    return TimelineTrack::mark_at(at);
}

void TimelineLanes::hover(const std::optional<QPoint>& at) {
    std::optional<MessageId> now;
    if (at) {
        if (const auto dot = dot_at(*at)) now = dot->single->id;
    }
    if (now == hovered_) return;
    hovered_ = now;
    update();
}

bool TimelineLanes::click(const QPoint& at) {
    if (!lanes_rect().contains(at)) return false;
    const auto row = layout_.row_at(at.y() - lanes_top_);
    if (!row || !row->group || at.x() >= content().left()) return false;
    set_collapsed(row->kind, !layout_.collapsed(row->kind));
    return true;
}

bool TimelineLanes::scroll_rows(int pixels) {
    const int before = layout_.scroll();
    layout_.set_scroll(before + pixels, lanes_rect().height());
    if (layout_.scroll() != before) repaint_all();
    return layout_.content_height() > lanes_rect().height();
}

QString TimelineLanes::tip_at(const QPoint& at) const {
    if (!facts_) return {};
    if (at.y() < ruler_height_ && content().contains(at)) {
        const VirtualTime time = time_at(at.x());
        QString tip = time_label(time, axis().scale().us_per_pixel);
        if (!notes_.clock.empty()) {
            const auto wall = notes_.clock.wall_at(time);
            tip += '\n' + (wall ? wall_text(*wall) : tr("The wall time is not known here"));
        }
        return tip;
    }
    if (content().contains(at)) {
        const double near = axis().scale().us_per_pixel;
        for (const timegraph::Gap& gap : facts_->gaps) {
            const double from = x_of(gap.after.time), to = x_of(gap.before.time);
            if (at.x() >= from - 3 && at.x() <= to + 3 && near > 0) {
                if (gap.before.seq == next(gap.after.seq)) {
                    return tr("What came after this is not known: %1")
                        .arg(QString::fromStdString(gap.why));
                }
                return tr("Messages %1 to %2 are missing: %3")
                    .arg(gap.after.seq.value + 1)
                    .arg(gap.before.seq.value - 1)
                    .arg(QString::fromStdString(gap.why));
            }
        }
    }
    for (const NoteRow& row : rows_) {
        if (row.rect.contains(at)) return note_tip(row.note, at);
    }
    return lane_tip(at);
}

QString TimelineLanes::note_tip(Note note, const QPoint& at) const {
    if (!content().contains(at)) return gutter_name(note);
    const double near = axis().scale().us_per_pixel;
    const VirtualTime time = time_at(at.x());
    const auto text = [](const std::string& s) { return QString::fromStdString(s); };
    if (note == Note::others) {
        const auto tags = other_tags();
        const TagPlace* tag = other_at(tags, at.x());
        QStringList lines;
        for (std::size_t i = 0; tag && i < tag->count; ++i) {
            const OtherPlayhead& other = others_[tag->first + i];
            lines += tr("%1 is at %2").arg(other.name, text_of(other.mark));
        }
        return lines.join('\n');
    } else if (note == Note::marks) {
        if (auto* mark = nearest(facts_->bookmarks, time, near, kTimeOfMark)) {
            return text(mark->comment) + '\n' + text_of(mark->mark) +
                   (mark->author.empty() ? QString() : tr(", by %1").arg(text(mark->author)));
        }
    } else if (note == Note::branches) {
        if (auto* fork = nearest(notes_.forks, time, near, kTimeOfMark)) return fork_tip(*fork);
    } else if (note == Note::votes) {
        const auto* group = nearest(notes_.splits, time, near, kTimeOfMark);
        if (!group) group = nearest(notes_.votes, time, near, kTimeOfMark);
        if (!group) return {};
        QString tip = group->split ? tr("The replicas differ at %1:").arg(text_of(group->mark))
                      : group->count == 1
                          ? tr("One vote at %1").arg(text_of(group->mark))
                          : tr("%1 votes agree at %2").arg(group->count).arg(text_of(group->mark));
        for (std::size_t i = 0; group->split && i < std::min<std::size_t>(group->count, 12); ++i) {
            const timegraph::Vote& vote = facts_->votes[group->first + i];
            tip += tr("\nmember %1: %2").arg(vote.member.value).arg(text(vote.hash.substr(0, 16)));
        }
        return tip;
    } else if (note == Note::keyframes) {
        if (auto* key = nearest(facts_->keyframes, time, near, kTimeOfMark)) {
            return tr("Keyframe at %1, %2 bytes").arg(text_of(key->mark)).arg(key->stored_bytes);
        }
    } else if (note == Note::errors) {
        if (auto* error = nearest(facts_->errors, time, near, kTimeOfMark)) {
            return text(error->type) + ": " + text(error->sentence) + '\n' + text_of(error->mark);
        }
    } else {
        for (const WallClock::Break& pause : notes_.clock.breaks()) {
            if (std::abs(x_of(pause.at) - at.x()) > 5) continue;
            const double seconds = static_cast<double>((pause.to - pause.from).count()) / 1e6;
            return (pause.paused ? tr("Paused for %1 s at %2") : tr("Stood still for %1 s at %2"))
                .arg(seconds, 0, 'f', 1)
                .arg(QString::fromStdString(to_string(pause.at)));
        }
        for (const auto& stretch : notes_.stretches) {
            if (time < stretch.from || time >= stretch.to) continue;
            return stretch.rate <= 0 ? tr("Paused, stepped through")
                                     : tr("At %1 times the speed").arg(stretch.rate);
        }
    }
    return {};
}

QString TimelineLanes::name_in_tag(const OtherPlayhead& other) const {
    const double x = x_of(other.mark.time);
    if (x < content().left()) return QStringLiteral("\u25c2 ") + other.name;
    return x > width() ? other.name + QStringLiteral(" \u25b8") : other.name;
}

std::vector<TagPlace> TimelineLanes::other_tags() const {
    std::vector<TagWish> wishes;
    for (const OtherPlayhead& other : others_) {
        const double wide = fontMetrics().horizontalAdvance(name_in_tag(other)) + 8;
        wishes.push_back({x_of(other.mark.time), wide});
    }
    return lay_out_tags(wishes, content().left(), width(), fontMetrics().height() * 2.5);
}

const TagPlace* TimelineLanes::other_at(const std::vector<TagPlace>& tags, int x) const {
    const auto at = std::find_if(tags.begin(), tags.end(), [x](const TagPlace& tag) {
        return x >= tag.left && x < tag.left + tag.wide;
    });
    return at == tags.end() ? nullptr : &*at;
}

/// Of all branches that leave there.
QString TimelineLanes::fork_tip(const TimelineNotes::Fork& fork) const {
    constexpr std::ptrdiff_t kShown = 6;
    const auto [first, last] =
        std::equal_range(notes_.forks.begin(), notes_.forks.end(), fork,
                         [](const auto& a, const auto& b) { return a.mark < b.mark; });
    QStringList lines;
    for (auto each = first; each != last && each - first < kShown; ++each) {
        const timegraph::Branch& branch = facts_->branches[each->branch];
        lines += tr("%1, from %2%3")
                     .arg(branch_name(branch), text_of({{}, branch.fork.time, branch.fork.n}),
                          branch.fork.branch ? tr(" of branch %1").arg(branch.fork.branch.value)
                                             : QString());
        lines += edits_of(branch);
    }
    if (last - first > kShown) lines += tr("and %1 more").arg(last - first - kShown);
    return lines.join('\n');
}

QString TimelineLanes::lane_tip(const QPoint& at) const {
    const auto row = lanes_rect().contains(at) ? layout_.row_at(at.y() - lanes_top_) : std::nullopt;
    if (!row || !source_) return {};
    if (row->group) {
        return row->kind == Lane::Kind::external
                   ? tr("External messages, by who sent them. Click: fold or unfold")
                   : tr("Messages from inside, by what they call. Click: fold or unfold");
    }
    const Lane& lane = source_->lanes()[row->lane];
    if (!content().contains(at)) {
        return tr("%1\nmessages: %2").arg(lane.name).arg(lane.total);
    }
    if (const auto dot = dot_at(at)) return dot_tip(*dot);
    for (const SeenLane& seen : seen_) {
        const auto pixel = static_cast<std::size_t>(at.x() - content().left());
        if (seen.row.group || seen.row.lane != row->lane) continue;
        if (pixel >= seen.slice.density.size() || seen.slice.density[pixel] <= 0) return {};
        const double near = axis().scale().us_per_pixel;
        return tr("%1: %2 messages from %3 to %4")
            .arg(lane.name)
            .arg(static_cast<double>(seen.slice.density[pixel]), 0, 'f',
                 seen.slice.density[pixel] < 10 ? 1 : 0)
            .arg(time_label(time_at(at.x()), near), time_label(time_at(at.x() + 1), near));
    }
    return {};
}

QString TimelineLanes::dot_tip(const Dot& dot) const {
    const Single& single = *dot.single;
    QString tip = single.label + '\n' + text_of(single.mark);
    if (single.id.external) {
        tip += tr(", %1 from %2")
                   .arg(cause_text(true, single.id.order), source_->lanes()[dot.lane].name);
    } else if (single.cause) {
        tip += tr(", sent by %1").arg(cause_text(single.cause->external, single.cause->order));
    }
    if (single.error) tip += tr("\nIts handler threw an error");
    return tip;
}

QString TimelineLanes::gutter_name(Note note) const {
    switch (note) {
        case Note::others:
            return tr("Others");
        case Note::marks:
            return tr("Marks");
        case Note::branches:
            return tr("Branches");
        case Note::time:
            return tr("Time control");
        case Note::votes:
            return tr("Votes");
        case Note::keyframes:
            return tr("Keyframes");
        case Note::errors:
            return tr("Errors");
    }
    return {};
}

}  // namespace teatime::inspector
