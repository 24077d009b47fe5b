#include "teatime/capture/earlier.h"

#include <fmt/format.h>

#include <filesystem>
#include <thread>

#include "teatime/timegraph/copy.h"
#include "teatime/timegraph/filter.h"
#include "teatime/timegraph/reader.h"
#include "teatime/timegraph/redact.h"

namespace teatime::capture {
namespace {

constexpr std::chrono::milliseconds kLookAgain{20};

result<void> is_of_this_run(const timegraph::Reader& reader, const session::Sync& sync) {
    auto info = reader.info();
    if (!info) return info.error();
    const auto& more = info->meta.more;
    auto timeline = more.find(timegraph::kTimeline);
    if (timeline == more.end() || timeline->second != sync.session.timeline) {
        return unavailable(reader.path() + " is not of this run of the session");
    }
    if (timegraph::filter_of(info->meta) || timegraph::redacted_of(info->meta)) {
        return unavailable(reader.path() + " is not the whole recording");
    }
    return {};
}

/// What was told to this member may not be committed yet.
result<void> wait_for(const timegraph::Reader& reader, Seq seq,
                      std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
        auto end = reader.end();
        if (!end) return end.error();
        if (end->last.seq >= seq) return {};
        auto gaps = reader.gaps();
        if (!gaps) return gaps.error();
        const bool stopped = !gaps->empty() && gaps->back().before.seq > end->last.seq;
        if (stopped || std::chrono::steady_clock::now() >= until) {
            return unavailable(
                fmt::format("{} reaches only up to {}", reader.path(), to_string(end->last.time)));
        }
        std::this_thread::sleep_for(kLookAgain);
    }
}

bool same(const timegraph::MessageView& recorded, const session::Message& told) {
    return recorded.stamp == told.stamp && recorded.sender == told.sender &&
           recorded.payload == told.payload && recorded.extra == told.extra;
}

/// From the message with which the state ends, there is each, and it is what this member was told.
result<void> agrees(const timegraph::Reader& reader, const session::Sync& sync,
                    const Image& image) {
    const auto differs = [&](const char* what) {
        return unavailable(fmt::format("{} has another {} than the session", reader.path(), what));
    };
    auto state = reader.keyframe_before(image.mark());
    if (!state) return state.error();
    if (*state && (*state)->mark == image.mark() && (*state)->hash != to_string(image.hash)) {
        return differs("state");
    }
    Seq expected{std::max<std::uint64_t>(image.seq.value, 1)};
    auto told = sync.messages.begin();
    auto recorded = reader.messages_after(Seq{expected.value - 1});
    for (; recorded.next(); expected = next(expected)) {
        if (recorded.stamp().seq != expected) {
            return unavailable(fmt::format("{} lacks message {}", reader.path(), expected.value));
        }
        if (expected <= image.seq || told == sync.messages.end()) continue;
        if (!same(recorded.message(), **told++)) return differs("message");
    }
    return recorded.status();
}

result<Earlier> read_earlier(const std::string& path) {
    auto reader = timegraph::Reader::open(path);
    if (!reader) return reader.error();
    auto end = reader->end();
    auto state = reader->keyframe_before({{}, VirtualTime::max(), Mark::kWholeInstant});
    auto members = reader->members();
    if (!end) return end.error();
    if (!state) return state.error();
    if (!members) return members.error();
    return Earlier{end->last, *state ? (*state)->mark : Mark{}, std::move(*members)};
}

}  // namespace

result<Earlier> take_over(const std::string& from, const std::string& to, const session::Sync& sync,
                          const Image& image, std::chrono::milliseconds patience) {
    auto reader = timegraph::Reader::open(from);
    if (!reader) return reader.error();
    if (auto right = is_of_this_run(*reader, sync); !right) return right.error();
    if (auto there = wait_for(*reader, image.seq, patience); !there) return there.error();
    if (auto right = agrees(*reader, sync, image); !right) return right.error();
    if (auto copied = timegraph::copy(from, to); !copied) return copied.error();
    auto earlier = read_earlier(to);
    std::error_code ignored;
    if (!earlier) std::filesystem::remove(to, ignored);
    return earlier;
}

}  // namespace teatime::capture
