#include <fmt/format.h>

#include <algorithm>

#include "reflector_impl.h"
#include "teatime/net/file_store.h"
#include "teatime/state/json.h"

namespace teatime::net {
namespace {

constexpr std::string_view kSessions = "/sessions";
constexpr auto kPingEvery = std::chrono::milliseconds(500);

session::SteadyTime steady(Loop::Clock::time_point now) {
    return session::SteadyTime(
        std::chrono::duration_cast<session::SteadyClock::duration>(now.time_since_epoch()));
}

std::string_view path_of(std::string_view target) {
    return target.substr(0, target.find('?'));
}

HttpResponse sentence(unsigned status, std::string text) {
    return {status, "text/plain; charset=utf-8", std::move(text) + "\n", {}};
}

HttpResponse put_file(FileStore& store, const std::string& path, const std::string& bytes) {
    auto done = store.put(path, bytes);
    if (!done) return sentence(500, done.error().message);
    switch (*done) {
        case FileStore::Put::created:
            return sentence(201, "kept");
        case FileStore::Put::same:
            return sentence(200, "it is there already");
        case FileStore::Put::different:
            return sentence(409, "another file is there, and files are written once");
        case FileStore::Put::too_big:
            return sentence(413, fmt::format("a file may have {} bytes and a path of {}",
                                             store.limits().file_bytes, store.limits().path_bytes));
        case FileStore::Put::full:
            break;
    }
    return sentence(
        507, fmt::format("all files together may have {} bytes", store.limits().total_bytes));
}

HttpResponse get_file(const FileStore& store, const std::string& path) {
    auto bytes = store.get(path);
    if (!bytes) return sentence(404, bytes.error().message);
    return {200, "application/octet-stream", std::move(*bytes), {}};
}

}  // namespace

void Reflector::Impl::on_http(HttpRequest request, HttpReply reply) {
    ready_.wait();
    std::string_view path = path_of(request.target);
    // Anywhere in the path: a box puts its own folder in front.
    if (std::size_t files = path.find(kFilesFolder); files != path.npos) {
        std::string name(path.substr(files + kFilesFolder.size()));
        serve_file(std::move(request), std::move(name), std::move(reply));
    } else if (request.method != "GET") {
        reply(sentence(405, "only /files/ can be written to"));
    } else if (path == "/") {
        reply(sentence(200, fmt::format("{}: {} sessions", options_.name, session_count_.load())));
    } else if (path == kSessions) {
        list_sessions(std::move(reply));
    } else if (path.starts_with(kSessions) && path[kSessions.size()] == '/') {
        show_session(std::string(path.substr(kSessions.size() + 1)), std::move(reply));
    } else {
        reply(sentence(404, "here are /sessions, /sessions/<id> and /files/"));
    }
}

void Reflector::Impl::serve_file(HttpRequest request, std::string path, HttpReply reply) {
    if (!options_.files) return reply(sentence(404, "no files are kept here"));
    if (path.empty()) return reply(sentence(404, "a file has a name"));
    // The disk may be slow, sessions must not be.
    disk_->loop.post([store = options_.files, request = std::move(request), path = std::move(path),
                      reply = std::move(reply)] {
        reply(request.method == "PUT" ? put_file(*store, path, request.body)
                                      : get_file(*store, path));
    });
}

/// Each thread describes its own sessions; the last one answers.
void Reflector::Impl::list_sessions(HttpReply reply) {
    struct Gathered {
        std::mutex mutex;
        std::size_t missing = 0;
        Value::List sessions;
    };
    auto gathered = std::make_shared<Gathered>();
    gathered->missing = shards_.size();
    for (Shard& shard : shards_) {
        shard.loop->post([&shard, gathered, reply] {
            Value::List mine;
            for (auto& [id, session] : shard.sessions) mine.push_back(describe(*session));
            const std::lock_guard lock(gathered->mutex);
            Value::List& all = gathered->sessions;
            std::move(mine.begin(), mine.end(), std::back_inserter(all));
            if (--gathered->missing > 0) return;
            std::sort(all.begin(), all.end(), [](const Value& a, const Value& b) {
                return *a.find("id")->if_string() < *b.find("id")->if_string();
            });
            reply({200, "application/json", to_pretty_json(std::move(all)) + "\n", {}});
        });
    }
}

Value Reflector::Impl::describe(const Session& session) {
    auto status = session.router.status(steady(Loop::Clock::now()));
    const session::SessionInfo& info = status.session;
    bool native = info.kind == session::Kind::native;
    return Value::Entries{
        {"id", info.id},
        {"name", native ? info.id : session.name},
        {"app", native ? info.app : session.app},
        {"code_id", info.code_id},
        {"kind", native ? "native" : "croquet"},
        {"members", std::uint64_t{status.participants}},
        {"viewers", std::uint64_t{status.viewers}},
        {"time", to_string(status.time)},
        {"rate", to_string(status.control.rate)},
        {"paused", status.control.paused},
        {"messages", status.seq.value},
        {"snapshot", status.snapshot ? to_string(status.snapshot->time) : std::string()},
        {"recording", session.sink ? session.sink->recording() : std::string()},
        {"file", status.file},
    };
}

/// On the session's own thread. Who asks again and again has its members' round trips measured.
void Reflector::Impl::show_session(std::string id, HttpReply reply) {
    Shard& shard = shards_[thread_of(id) % shards_.size()];
    shard.loop->post([&shard, id = std::move(id), reply = std::move(reply)] {
        auto found = shard.sessions.find(id);
        if (found == shard.sessions.end()) return reply(sentence(404, "there is no session " + id));
        Session& session = *found->second;
        reply({200, "application/json", to_pretty_json(describe_whole(session)) + "\n", {}});
        auto now = Loop::Clock::now();
        if (now - session.pinged_at < kPingEvery) return;
        session.pinged_at = now;
        for (auto& [connection, attachment] : session.attached) attachment->connection->ping();
    });
}

Value Reflector::Impl::describe_members(const Session& session) {
    Value::List list;
    for (const session::RouterMember& member : session.router.members()) {
        bool viewer = member.info.role == session::Role::viewer;
        Value::Entries entries{{"id", member.info.id.value},
                               {"name", member.info.name},
                               {"role", viewer ? "viewer" : "participant"},
                               {"replica", member.info.replica},
                               {"here", member.info.connected}};
        auto attached = session.attached.find(member.connection);
        if (attached != session.attached.end()) {
            const Connection& connection = *attached->second->connection;
            const RoundTrips& trips = connection.round_trips();
            auto milliseconds = [&](double part) {
                auto trip = trips.quantile(part);
                return trip ? Value(static_cast<double>(trip->count()) / 1000) : Value();
            };
            entries.push_back({"backlog_bytes", std::uint64_t{connection.queued_bytes()}});
            entries.push_back({"round_trips", std::uint64_t{trips.count()}});
            entries.push_back({"round_trip_p50_ms", milliseconds(0.5)});
            entries.push_back({"round_trip_p99_ms", milliseconds(0.99)});
        }
        list.push_back(std::move(entries));
    }
    return list;
}

/// The list's entry, and what is of use for one session only.
Value Reflector::Impl::describe_whole(const Session& session) {
    auto now = Loop::Clock::now();
    auto status = session.router.status(steady(now));
    Value::Entries whole = *describe(session).if_entries();
    auto put = [&](const char* name, Value value) {
        auto at = std::find_if(whole.begin(), whole.end(),
                               [&](const auto& entry) { return entry.first == name; });
        if (at != whole.end())
            at->second = std::move(value);
        else
            whole.push_back({name, std::move(value)});
    };
    put("members", describe_members(session));
    put("puller", status.puller.value);
    put("leads", status.lease.holder.value);
    put("waiting", status.control.held);
    if (status.control.until) put("until", to_string(*status.control.until));
    put("messages_per_second", session.messages.per_second(now));
    put("frames_per_second", session.frames.per_second(now));
    put("history", std::uint64_t{status.history});
    if (status.snapshot) {
        put("snapshot", Value::Entries{{"time", to_string(status.snapshot->time)},
                                       {"seq", status.snapshot->seq.value},
                                       {"hash", status.snapshot->hash}});
    } else {
        put("snapshot", Value());
    }
    return whole;
}

}  // namespace teatime::net
