#include "hosting.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>

#include "byte_count.h"
#include "output.h"
#include "recorder_replica.h"
#include "teatime/replayer/island_file.h"
#include "teatime/session/time_control.h"

namespace teatime::cli {
namespace {

namespace fs = std::filesystem;

constexpr Duration kLeastCommit = std::chrono::milliseconds(1);
constexpr Duration kMostCommit = std::chrono::seconds(10);
constexpr unsigned kWriters = 4;  // they mostly wait for the disk, which serves several at a time
constexpr Duration kLeastKeep = std::chrono::seconds(1);
constexpr std::uint64_t kLeastSpace = 1'000'000;

/// `/files/x` of an absolute URL as the file store knows it: `x`.
std::string store_path(const std::string& url) {
    std::size_t at = url.find(net::kFilesFolder);
    return at == url.npos ? url : url.substr(at + net::kFilesFolder.size());
}

/// Hands a session to its recording.
class RecordedSession : public net::SessionSink {
public:
    explicit RecordedSession(std::unique_ptr<capture::Recorder> recorder)
        : recorder_(std::move(recorder)) {}
    void take(const session::RouterOutputs& outputs) override { recorder_->take(outputs); }
    std::string recording() const override { return recorder_->status().path; }

protected:
    std::unique_ptr<capture::Recorder> recorder_;
};

/// Its members are told of nothing that the recording could still lose.
class SafelyRecordedSession : public RecordedSession {
public:
    using RecordedSession::RecordedSession;
    Seq may_be_told() const override { return recorder_->settled(); }
    void on_more_may_be_told(std::function<void()> look_again) override {
        recorder_->on_settled(std::move(look_again));
    }
};

result<session::RouterOptions> router_options(const HostingOptions& options) {
    session::RouterOptions router;
    auto rate = session::parse_rate(options.rate);
    if (!rate) return rate.error();
    auto tick = parse_duration(options.tick);
    if (!tick) return tick.error();
    auto votes = parse_duration(options.votes);
    if (!votes) return votes.error();
    auto lease = parse_duration(options.lease);
    if (!lease) return lease.error();
    if (*tick < router.min_tick || *tick > router.max_tick) {
        return wrong_usage(fmt::format("a tick of {} is not possible: {} to {}", options.tick,
                                       to_string(router.min_tick), to_string(router.max_tick)));
    }
    router.rate = *rate;
    router.tick = *tick;
    router.vote_interval = *votes;
    router.lease = *lease;
    router.mode = options.time == "lazy" ? session::TimeMode::lazy : session::TimeMode::heartbeat;
    router.allow_mixed = options.allow_mixed;
    return router;
}

result<capture::SpaceLimits> space_limits(const HostingOptions& options) {
    capture::SpaceLimits space;
    auto quota = parse_byte_count(options.quota);
    if (!quota) return quota.error();
    auto min_free = parse_byte_count(options.min_free);
    if (!min_free) return min_free.error();
    if (*quota > 0 && *quota < kLeastSpace) {
        return wrong_usage(fmt::format("a quota of {} is too little for a recording: at least {}",
                                       options.quota, byte_size(kLeastSpace)));
    }
    space.quota = *quota;
    space.min_free = *min_free;
    if (options.keep.empty()) return space;
    if (is_byte_count(options.keep)) {
        auto bytes = parse_byte_count(options.keep);
        if (!bytes) return bytes.error();
        space.keep_bytes = *bytes;
    } else {
        auto time = parse_duration(options.keep);
        if (!time) return time.error();
        space.keep = *time;
    }
    if (space.keep < kLeastKeep && space.keep_bytes < kLeastSpace) {
        return wrong_usage(fmt::format("--keep {} is too little: at least {} or {}", options.keep,
                                       to_string(kLeastKeep), byte_size(kLeastSpace)));
    }
    return space;
}

}  // namespace

net::RunningNote announce(const net::Reflector& reflector) {
    auto left = net::RunningNote::leave(reflector.address());
    if (left) return std::move(*left);
    note(left.error().message);
    return {};
}

result<void> Hosting::prepare_files(const HostingOptions& options) {
    fs::path folder = options.files;
    if (folder.empty() && !options.record.empty()) folder = fs::path(options.record) / "files";
    if (folder.empty()) {
        std::string name = (fs::temp_directory_path() / "teatime-files.XXXXXX").string();
        if (!mkdtemp(name.data())) {
            return failed("cannot make a folder for snapshots in " +
                          fs::temp_directory_path().string() + "; name one with --files");
        }
        folder = temporary_ = name;
    }
    auto store = net::FileStore::open(folder);
    if (!store) return store.error();
    files_ = std::move(*store);
    return {};
}

result<void> Hosting::prepare_capture(const HostingOptions& options) {
    if (options.record.empty()) return {};
    capture::CaptureOptions capture;
    capture.folder = fs::absolute(options.record);  // others on this machine are told of it
    capture.writer_threads = kWriters;
    auto commit = parse_duration(options.commit_every);
    if (!commit) return commit.error();
    if (*commit < kLeastCommit || *commit > kMostCommit) {
        return wrong_usage(fmt::format("--commit-every {} is not possible: {} to {}",
                                       options.commit_every, to_string(kLeastCommit),
                                       to_string(kMostCommit)));
    }
    capture.commit = std::chrono::duration_cast<std::chrono::milliseconds>(*commit);
    bool each = options.durability == timegraph::kEachMessage;
    if (each) capture.durability = capture::Durability::message;
    auto space = space_limits(options);
    if (!space) return space.error();
    capture.space = *space;
    capture.writer.max_bytes = space->quota;
    capture.router = "teatime reflector " TEATIME_VERSION;
    capture.recorder = "teatime " TEATIME_VERSION;
    capture.report = [](const std::string& sentence) { note(sentence); };
    capture.replica = worker_replicas(ModulePaths::standard(options.modules));
    capture.fetch = [files = files_](const std::string& url) {
        return files->get(store_path(url));
    };
    auto service = capture::CaptureService::create(std::move(capture));
    if (!service) return service.error();
    capture_ = std::move(*service);
    return {};
}

result<void> Hosting::prepare_restore(const HostingOptions& options,
                                      net::ReflectorOptions& reflector) {
    if (options.restore.empty()) return {};
    auto image = replayer::read_island_file(options.restore);
    if (!image) return image.error();
    std::string path = "restored/" + to_string(image->hash) + ".island";
    auto stored = files_->put(path, encode_image(*image));
    if (!stored) return stored.error();
    VirtualTime time = image->time;
    for (const Image::Message& one : image->queue) {  // stamped already, though not executed
        if (one.external) time = std::max(time, one.time);
    }
    session::SessionStart start{
        {"", time, image->seq, to_string(image->hash)}, image->app, image->code_id};
    reflector.configure = [this, start, path, id = image->session_id](
                              const std::string& session_id, session::RouterOptions& router) {
        if (session_id != id) return;
        router.start = start;
        router.start->snapshot.url =
            fmt::format("http://{}{}{}", reflector_->address(), net::kFilesFolder, path);
    };
    note(fmt::format("session {} of {} goes on from {}", image->session_id, image->app,
                     to_string(image->mark())));
    return {};
}

result<std::unique_ptr<Hosting>> Hosting::start(const HostingOptions& options) {
    std::unique_ptr<Hosting> hosting(new Hosting);
    auto router = router_options(options);
    if (!router) return router.error();
    if (auto named = ModulePaths::check(options.modules); !named) return named.error();
    if (auto ready = hosting->prepare_files(options); !ready) return ready.error();
    if (auto ready = hosting->prepare_capture(options); !ready) return ready.error();
    net::ReflectorOptions reflector;
    reflector.router = *router;
    reflector.server.host = options.host;
    reflector.server.port = options.port;
    net::Limits& limits = reflector.server.limits;
    limits.messages_per_second = options.message_rate;
    limits.message_burst = std::max(limits.message_burst, 2 * options.message_rate);
    double scale = options.message_rate / net::Limits{}.messages_per_second;
    limits.bytes_per_second *= scale;  // 0 again means any
    limits.byte_burst *= std::max(scale, 1.0);
    reflector.files = hosting->files_;
    if (hosting->capture_) {
        reflector.sink =
            [capture = hosting->capture_.get(),
             safely = options.durability == timegraph::kEachMessage](
                const session::Started&,
                net::ReflectorOptions::RouterFeed feed) -> std::unique_ptr<net::SessionSink> {
            auto recorder = capture->record([feed] { feed({{}, session::SnapshotWanted{}}); });
            if (safely) return std::make_unique<SafelyRecordedSession>(std::move(recorder));
            return std::make_unique<RecordedSession>(std::move(recorder));
        };
    }
    if (auto ready = hosting->prepare_restore(options, reflector); !ready) return ready.error();
    auto started = net::Reflector::start(std::move(reflector));
    if (!started) return started.error();
    hosting->reflector_ = std::move(*started);
    hosting->running_ = announce(*hosting->reflector_);
    return hosting;
}

Hosting::~Hosting() {
    stop();
}

std::string Hosting::url() const {
    return "ws://" + reflector_->address();
}

void Hosting::stop() {
    running_ = {};
    if (reflector_) reflector_->stop();
    if (capture_) capture_->close();
    std::error_code ignored;
    if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
    temporary_.clear();
}

}  // namespace teatime::cli
