#include "shared_replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "timelines.h"

namespace teatime::cli {

using session::TimeRequest;

result<std::unique_ptr<SharedReplay>> SharedReplay::fetch(
    const SessionAddress& address, const ListedSession& session,
    const std::vector<std::filesystem::path>& modules) {
    auto bytes = http(address.reflector.with_target(session.file), "GET", {}, net::kFetchRecording);
    if (!bytes) return bytes.error();
    auto folder = std::make_unique<TemporaryFolder>();
    const std::string path = (folder->path() / "shared.timegraph").string();
    std::ofstream out(path, std::ios::binary);
    out.write(bytes->data(), static_cast<std::streamsize>(bytes->size()));
    out.close();
    if (!out) return unavailable("cannot write a copy of the recording to " + path);
    TimelineArguments arguments;
    arguments.modules = modules;
    auto timeline = open_timeline(path, arguments);
    if (!timeline) return timeline.error();
    return std::unique_ptr<SharedReplay>(new SharedReplay(std::move(folder), std::move(*timeline)));
}

result<void> SharedReplay::seek(const Mark& mark) {
    mark_ = std::clamp(mark, timeline_.begin(), timeline_.end());
    return timeline_.seek(mark_);
}

result<void> SharedReplay::go(const Mark& mark) {
    until_.reset();
    return seek(mark);
}

result<void> SharedReplay::step(const TimeRequest& request, bool forward) {
    until_.reset();
    auto one = [&](replayer::StepBy by) -> result<void> {
        auto moved = forward ? timeline_.step_forward(by) : timeline_.step_backward(by);
        if (!moved) return moved.error();
        mark_ = timeline_.mark();
        if (*moved) return {};
        return wrong_usage(forward ? "The recording ends here." : "The recording begins here.");
    };
    switch (request.by) {
        case session::StepBy::message:
            return one(replayer::StepBy::message);
        case session::StepBy::instant:
            return one(replayer::StepBy::instant);
        case session::StepBy::external:
            return one(replayer::StepBy::external);
        case session::StepBy::mark:
            return go(request.mark);
        case session::StepBy::duration:
            break;
    }
    const Duration by = forward ? request.duration : -request.duration;
    return go({{}, mark().time + by, Mark::kWholeInstant});
}

result<void> SharedReplay::back(const TimeRequest& request) {
    return step(request, false);
}

result<void> SharedReplay::obey(const TimeRequest& request) {
    switch (request.op) {
        case TimeRequest::Op::pause:
            until_.reset();
            return {};
        case TimeRequest::Op::rate:
            rate_ = request.rate;
            if (until_) play(*until_);
            return {};
        case TimeRequest::Op::step:
            return step(request, true);
        case TimeRequest::Op::resume:
            play(timeline_.end());
            return {};
        case TimeRequest::Op::until:
            break;
    }
    if (request.mark <= mark())
        return wrong_usage(
            fmt::format("{} is not ahead; `go` goes anywhere", to_string(request.mark)));
    play(std::min(request.mark, timeline_.end()));
    return {};
}

void SharedReplay::play(const Mark& until) {
    until_ = until;
    from_ = mark().time;
    since_ = std::chrono::steady_clock::now();
}

result<void> SharedReplay::play_on() {
    if (!until_) return {};
    auto passed = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - since_);
    const VirtualTime now = from_ + passed * rate_.num / rate_.den;
    if (now >= until_->time) return go(*until_);
    if (now <= mark().time) return {};
    return seek({{}, now, Mark::kWholeInstant});
}

}  // namespace teatime::cli
