#pragma once

#include <QTemporaryDir>
#include <QTest>
#include <filesystem>

#include "../verify_ok.h"
#include "island_replica.h"
#include "net.h"
#include "teatime/capture/member_recording.h"
#include "teatime/capture/service.h"
#include "teatime/timegraph/reader.h"
#include "teatime/timegraph/verify.h"

namespace teatime::capture {

using session::call;
using session::Net;
using std::chrono::milliseconds;
using std::chrono::seconds;

inline constexpr timegraph::WallTime kWall{std::chrono::microseconds(1'795'000'000'000'000)};

/// Router, Controllers and capture in one thread on one clock.
struct RecordedNet {
    explicit RecordedNet(std::uint64_t seed, session::RouterOptions router = {})
        : net(router, seed) {
        options.folder = folder.path().toStdString();
        options.router = "the router of the tests";
        options.writer_threads = options.replica_threads = 0;
        options.keyframes.first = options.keyframes.grid;
        options.replica = [this](const session::SessionInfo&) {
            return std::make_unique<IslandReplica>(pulse::module(), replica_fails_after);
        };
        options.fetch = [this](const std::string& url) -> result<std::string> {
            auto file = net.files.find(url);
            if (file == net.files.end()) return unreadable("there is no file " + url);
            return file->second;
        };
        options.wall = [this] { return kWall + net.now.time_since_epoch(); };
        options.steady = [this] { return net.now; };
    }

    void start() {
        auto made = CaptureService::create(options);
        if (!made) qFatal("%s", made.error().message.c_str());
        service = std::move(*made);
        recorder = service->record([this] {
            ++asked;
            net.want_snapshot();
        });
        net.tap = [this](const session::RouterOutputs& outputs) { recorder->take(outputs); };
    }

    /// Time passes for all; the service has its turns.
    void pass(Duration duration) {
        for (auto end = net.now + duration; net.now < end;) {
            net.pass(std::min<Duration>(milliseconds(100), end - net.now));
            turns();
        }
    }
    void turns() {
        while (service->turn()) {
        }
    }
    /// Everybody does something for a while.
    void live(int sends, std::uint64_t times = 1'000'000) {
        if (!std::exchange(looping, true))
            net.say(*net.replicas[0], call("loop", static_cast<std::int64_t>(times)));
        for (int i = 0; i < sends; ++i) {
            net.say(*net.replicas[net.random() % net.replicas.size()], call("add", i));
            if (net.random() % 3 == 0)
                pass(milliseconds(static_cast<std::int64_t>(net.random() % 150)));
        }
    }
    void close() {
        recorder->close();
        service->close();
    }
    timegraph::Reader open() const {
        auto reader = timegraph::Reader::open(recorder->status().path);
        if (!reader) qFatal("%s", reader.error().message.c_str());
        return std::move(*reader);
    }

    QTemporaryDir folder;
    std::optional<std::uint64_t> replica_fails_after;
    Net net;
    CaptureOptions options;
    std::unique_ptr<CaptureService> service;
    std::unique_ptr<Recorder> recorder;
    std::size_t asked = 0;
    bool looping = false;
};

inline std::vector<timegraph::Message> messages_of(const timegraph::Reader& reader) {
    std::vector<timegraph::Message> messages;
    auto cursor = reader.messages();
    while (cursor.next()) messages.push_back(cursor.message().copy());
    if (!cursor.status()) qFatal("%s", cursor.status().error().message.c_str());
    return messages;
}

/// As they should be in a file.
inline std::vector<timegraph::Message> as_recorded(const std::vector<session::MessagePtr>& all) {
    std::vector<timegraph::Message> messages;
    for (const session::MessagePtr& one : all)
        messages.push_back({one->stamp, one->sender, one->payload, one->extra});
    return messages;
}

/// The world after everything up to and including `time`, by these messages only.
inline std::unique_ptr<Island> rebuilt(const std::vector<timegraph::Message>& messages,
                                       VirtualTime time) {
    auto island = Island::create(pulse::module(), "session");
    if (!island) qFatal("%s", island.error().message.c_str());
    for (const timegraph::Message& message : messages) {
        if (message.stamp.time > time) break;
        auto queued = (*island)->enqueue({message.stamp, message.sender, message.payload});
        if (!queued) qFatal("%s", queued.error().message.c_str());
    }
    (*island)->set_bound(time);
    while ((*island)->execute_next()) {
    }
    return std::move(*island);
}

inline void check_whole(const std::string& path) {
    auto verification = timegraph::verify(path);
    VERIFY_OK(verification);
    for (const timegraph::Problem& problem : verification->problems)
        qWarning("%s", timegraph::to_string(problem).c_str());
    QCOMPARE(verification->problems.size(), std::size_t{0});
}

/// Each keyframe of the file is the state that these messages lead to. Returns how many.
inline std::size_t check_keyframes(const timegraph::Reader& reader,
                                   const std::vector<timegraph::Message>& messages) {
    auto keyframes = reader.keyframes();
    if (!keyframes) qFatal("%s", keyframes.error().message.c_str());
    for (const timegraph::KeyframeInfo& info : *keyframes) {
        auto image = reader.image(info);
        if (!image) qFatal("%s", image.error().message.c_str());
        auto island = rebuilt(messages, info.mark.time);
        if (island->hash() != image->hash || island->mark() != info.mark ||
            to_string(image->hash) != info.hash) {
            qWarning("the keyframe at %s differs", to_string(info.mark).c_str());
            return 0;
        }
    }
    return keyframes->size();
}

}  // namespace teatime::capture
