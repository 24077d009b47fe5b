#include "teatime/replayer/trace.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "teatime/replayer/stretches.h"
#include "teatime/state/inspect.h"
#include "teatime/state/json.h"
#include "teatime/timegraph/reader.h"

namespace teatime::replayer {
namespace {

// The Trace Event Format: "ph" X is a slice, i an instant, s and f are begin and end of an arrow, M
// a name. Times are microseconds. As Perfetto's importer wants it: "ts" and "dur" stand before any
// text, since while it looks for them it takes no \\u in one; there is no "displayTimeUnit", which
// it has taken for the unit of "ts"; an arrow's end has "bp":"e", to end at the slice around it and
// not the next.
constexpr std::size_t kMostTracks = 500;
constexpr std::size_t kPieceBytes = 64 * 1024;

class TraceWriter {
public:
    /// `gaps`: in order.
    TraceWriter(const timegraph::Sink& sink, std::vector<timegraph::Gap> gaps)
        : sink_(sink), gaps_(std::move(gaps)), gap_(gaps_.begin()) {}

    void begin(const std::string& session) {
        text_ = "{\"traceEvents\":[\n";
        text_ += R"({"ph":"M","ts":0,"pid":1,"tid":0,"name":"process_name","args":{"name":)";
        append_json_string(text_, session);
        text_ += "}}";
    }

    void add(const ExecutedInfo& message) {
        add_gaps_before(message.mark.time);
        const std::string& target = message.target_name;
        std::uint64_t track = track_of(target.empty() ? "(nobody)" : target,
                                       message.class_name.empty() ? "others" : message.class_name);
        std::int64_t at = place(message.mark.time);
        std::string name =
            message.selector.empty() ? message.text : target + "." + message.selector;
        event('X', name, message.external ? "external" : "future", at, track);
        text_ += ",\"args\":";
        Value::Entries arguments{{"mark", to_string(message.mark)},
                                 {"arguments", message.arguments},
                                 {message.external ? "seq" : "order", message.order}};
        if (message.sender) arguments.emplace_back("sender", message.sender.value);
        if (message.error) {
            arguments.emplace_back("error", message.error->type + ": " + message.error->sentence);
        }
        text_ += to_json(arguments);
        text_ += '}';
        if (message.cause) arrow(*message.cause, at, track);
        places_[{message.external, message.order}] = {at, track};
    }

    void add_gaps_before(VirtualTime time) {
        for (; gap_ != gaps_.end() && gap_->after.time < time; ++gap_) {
            event('i',
                  "messages " + std::to_string(gap_->after.seq.value + 1) + " to " +
                      std::to_string(gap_->before.seq.value - 1) + " are missing: " + gap_->why,
                  "gap", place(gap_->after.time), 0);
            text_ += ",\"s\":\"g\"}";
        }
    }

    result<void> flush(std::size_t from_size = 0) {
        if (text_.size() < from_size) return {};
        auto done = sink_(text_);
        text_.clear();
        return done;
    }
    result<void> end() {
        text_ += "\n]}\n";
        return flush();
    }

private:
    struct Place {
        std::int64_t at = 0;
        std::uint64_t track = 0;
    };

    /// Messages of one instant stand side by side.
    std::int64_t place(VirtualTime time) {
        last_ = std::max(time.time_since_epoch().count(), last_ + 1);
        return last_;
    }

    void event(char phase, std::string_view name, std::string_view category, std::int64_t at,
               std::uint64_t track) {
        text_ += ",\n{\"ph\":\"";
        text_ += phase;
        text_ += "\",\"ts\":" + std::to_string(at);
        if (phase == 'X') text_ += ",\"dur\":1";
        text_ += ",\"pid\":1,\"tid\":" + std::to_string(track) + ",\"name\":";
        append_json_string(text_, name);
        text_ += ",\"cat\":\"";
        text_ += category;
        text_ += '"';
    }

    /// From the slice that sent it, where that is in the trace.
    void arrow(const ExecutedInfo::Cause& cause, std::int64_t at, std::uint64_t track) {
        auto from = places_.find({cause.external, cause.order});
        if (from == places_.end()) return;
        std::string id = ",\"id\":" + std::to_string(++arrows_);
        event('s', "cause", "cause", from->second.at, from->second.track);
        text_ += id + "}";
        event('f', "cause", "cause", at, track);
        text_ += id + ",\"bp\":\"e\"}";
    }

    std::uint64_t track_of(const std::string& target, const std::string& class_name) {
        auto found = tracks_.find(target);
        if (found != tracks_.end()) return found->second;
        if (tracks_.size() >= kMostTracks && target != class_name) {
            return track_of(class_name, class_name);
        }
        std::uint64_t track = tracks_.size() + 1;
        tracks_.emplace(target, track);
        text_ += ",\n{\"ph\":\"M\",\"ts\":0,\"pid\":1,\"tid\":" + std::to_string(track) +
                 ",\"name\":\"thread_name\",\"args\":{\"name\":";
        append_json_string(text_, target);
        text_ += "}}";
        return track;
    }

    const timegraph::Sink& sink_;
    const std::vector<timegraph::Gap> gaps_;
    std::vector<timegraph::Gap>::const_iterator gap_;
    std::string text_;
    std::int64_t last_ = -1;
    std::uint64_t arrows_ = 0;
    std::map<std::string, std::uint64_t> tracks_;
    std::map<std::pair<bool, std::uint64_t>, Place> places_;
};

result<void> trace_stretch(Timeline& timeline, const Mark& from, const Mark& to, TraceWriter& trace,
                           const Watch& watch) {
    if (auto moved = timeline.seek(from, watch); !moved) return moved;
    RunLimit what;
    what.details = true;
    result<void> written;
    auto observed = timeline.observe(
        to, what,
        [&](const RunResult& run) {
            for (const ExecutedInfo& message : run.details) {
                trace.add(message);
                written = trace.flush(kPieceBytes);
                if (!written) return false;
            }
            return true;
        },
        watch);
    return written ? observed : written;
}

/// Behind missing messages it goes on with the next state.
result<void> trace_executed(Timeline& timeline, const Mark& from, const Mark& to,
                            TraceWriter& trace, const Watch& watch) {
    auto parts = stretches(timeline);
    if (!parts) return parts.error();
    bool any = false;
    for (const Stretch& part : *parts) {
        Mark first = std::max(from, part.from), last = std::min(to, part.to);
        if (last < first) continue;
        auto traced = trace_stretch(timeline, first, last, trace, watch);
        if (!traced) return traced;
        any = true;
    }
    return any ? result<void>() : timeline.seek(from, watch);  // which tells what is missing
}

result<void> trace_external(const timegraph::Reader& reader, const Mark& from, const Mark& to,
                            TraceWriter& trace, const Watch& watch) {
    auto cursor = reader.messages(from.time, to.time);
    std::uint64_t n = 0;
    while (cursor.next()) {
        const timegraph::MessageView& view = cursor.message();
        if (n++ % 1024 == 0) {
            if (watch.stop.stop_requested()) return failed("interrupted");
            if (watch.progress) watch.progress({BranchId{}, view.stamp.time, 0});
        }
        ExecutedInfo message;
        message.mark = {BranchId{}, view.stamp.time, Mark::kWholeInstant};
        message.external = true;
        message.order = view.stamp.seq.value;
        message.sender = view.sender;
        if (auto call = decode_call_text(view.payload)) {
            message.target_name = std::move(call->target);
            message.selector = std::move(call->selector);
            message.arguments = to_json(Value(std::move(call->arguments)));
        } else {
            message.text = describe_payload(view.payload);
            if (message.text.empty()) message.text = "message";
        }
        trace.add(message);
        if (auto written = trace.flush(kPieceBytes); !written) return written;
    }
    return cursor.status();
}

}  // namespace

result<void> write_trace(Timeline& timeline, const Mark& from, const Mark& to,
                         const timegraph::Sink& sink, const Watch& watch) {
    const timegraph::Reader& reader = *timeline.reader();
    auto info = reader.info();
    if (!info) return info.error();
    auto gaps = reader.gaps();
    if (!gaps) return gaps.error();
    std::erase_if(*gaps, [&](const timegraph::Gap& gap) {
        return gap.before.seq <= next(gap.after.seq) || gap.before.time < from.time;
    });
    TraceWriter trace(sink, std::move(*gaps));
    trace.begin(info->meta.app + " " + info->meta.session.substr(0, 8));
    auto traced = timeline.can_execute() ? trace_executed(timeline, from, to, trace, watch)
                                         : trace_external(reader, from, to, trace, watch);
    if (!traced) return traced;
    trace.add_gaps_before(to.time);
    return trace.end();
}

}  // namespace teatime::replayer
