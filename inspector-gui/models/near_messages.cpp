#include "near_messages.h"

#include "call_text.h"
#include "teatime/timegraph/reader.h"

namespace teatime::inspector {
namespace {

using replayer::ExecutedInfo;

NearMessage of(const ExecutedInfo& info) {
    NearMessage message;
    message.single.mark = info.mark;
    message.single.id = {info.external, info.order};
    message.single.error = info.error.has_value();
    message.single.cause = info.cause;
    message.single.label =
        QString::fromStdString(info.selector.empty() ? info.text
                                                     : info.target_name + '.' + info.selector +
                                                           '(' + info.arguments + ')');
    message.sender = info.sender;
    if (!info.external) {
        message.call = QString::fromStdString(
            info.class_name.empty() ? info.selector : info.class_name + '.' + info.selector);
    }
    return message;
}

void execute(replayer::Timeline& timeline, NearMessages& found, std::size_t most,
             const std::stop_token& stop) {
    const replayer::Watch watch{.progress = {}, .stop = stop};
    const Mark first = std::max(Mark{BranchId{}, found.from, 0}, timeline.begin());
    const Mark last = std::min(Mark{BranchId{}, found.to, Mark::kWholeInstant}, timeline.end());
    if (last < first || !timeline.seek(first, watch)) return;
    replayer::RunLimit what;
    what.details = true;
    // What was executed before an error is told, and kept.
    (void)timeline.observe(
        last, what,
        [&](const replayer::RunResult& part) {
            found.too_many = found.messages.size() + part.details.size() > most;
            if (found.too_many) return false;
            for (const ExecutedInfo& info : part.details) found.messages.push_back(of(info));
            return true;
        },
        watch);
}

void read(const timegraph::Reader& reader, NearMessages& found, std::size_t most,
          const std::stop_token& stop) {
    auto cursor = reader.messages(found.from, found.to);
    Mark mark{BranchId{}, VirtualTime::min(), 0};
    while (!stop.stop_requested() && cursor.next()) {
        const timegraph::MessageView& message = cursor.message();
        mark = {BranchId{}, message.stamp.time, message.stamp.time == mark.time ? mark.n + 1 : 1};
        NearMessage near;
        near.single.mark = mark;
        near.single.id = {true, message.stamp.seq.value};
        near.single.label = call_text(message.payload).whole();
        near.sender = message.sender;
        found.too_many = found.messages.size() >= most;
        if (found.too_many) return;
        found.messages.push_back(std::move(near));
    }
}

}  // namespace

NearMessages near_messages(replayer::Timeline& timeline, VirtualTime from, VirtualTime to,
                           std::size_t most, const std::stop_token& stop) {
    NearMessages found{from, to, {}, false};
    if (timeline.can_execute()) {
        execute(timeline, found, most, stop);
    } else if (timeline.reader()) {
        read(*timeline.reader(), found, most, stop);
    }
    found.to = std::min(to, timeline.end().time);  // it may grow beyond
    if (found.too_many) found.messages.clear();
    return found;
}

}  // namespace teatime::inspector
