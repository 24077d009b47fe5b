#include <QTemporaryDir>
#include <filesystem>

#include "../test_main.h"
#include "session_net.h"
#include "teatime/state/json.h"

using namespace teatime;
using namespace teatime::net;
using namespace teatime::net::test;
using namespace std::chrono_literals;

namespace {

constexpr int kPatienceMs = 20'000;
const std::string kTicks = ",\"ticks\":{\"tick\":10,\"delay\":0}";

std::string join(const std::string& user, const std::string& more = kTicks) {
    return text(
        "{\"id\":\"s\",\"action\":\"JOIN\",\"args\":{\"version\":1,\"apiKey\":\"none\","
        "\"name\":\"org.example/world\",\"user\":\"" +
        user + "\"" + more + "}}");
}
std::string send(const std::string& payload) {
    return text("{\"id\":\"s\",\"action\":\"SEND\",\"args\":[0,0,\"" + payload + "\",7]}");
}

/// A Croquet client as bytes.
struct Guest : RawWebSocket {
    explicit Guest(const Reflector& reflector, const std::string& target = "/box/reflector/s?x=1")
        : RawWebSocket(reflector.port(), target) {}

    /// The args of the next frame with that action; others are skipped.
    Value next(std::string_view action) {
        while (auto received = receive()) {
            if (received->opcode != 1) continue;
            Value frame = *parse_json(received->payload);
            last = received->payload;
            if (*frame.find("action")->if_string() != action) continue;
            return frame.find("args") ? *frame.find("args") : Value();
        }
        qFatal("no %s came", std::string(action).c_str());
    }
    unsigned close_code() {
        auto closed = receive_close();
        return closed ? closed->close_code() : 0;
    }
    std::string last;
};

/// On a loop of its own: others do not run meanwhile.
HttpResponse exchange_once(const std::string& address, const std::string& target) {
    Loop loop;
    return exchange(loop, address, target).value();
}

/// Counts what a session does.
struct Counts {
    std::mutex mutex;
    unsigned started = 0, ended = 0, messages = 0, ticks = 0;
    ReflectorOptions::RouterFeed feed;
};
struct CountingSink : SessionSink {
    explicit CountingSink(Counts& all) : counts(all) {}
    ~CountingSink() override {
        const std::lock_guard lock(counts.mutex);
        ++counts.ended;
    }
    void take(const session::RouterOutputs& outputs) override {
        const std::lock_guard lock(counts.mutex);
        for (auto& output : outputs) {
            if (auto* all = std::get_if<session::Broadcast>(&output)) {
                counts.messages += std::holds_alternative<session::MessagePtr>(all->frame);
                counts.ticks += std::holds_alternative<session::Tick>(all->frame);
            } else if (auto* record = std::get_if<session::Record>(&output)) {
                counts.started += std::holds_alternative<session::Started>(*record);
            }
        }
    }
    std::string recording() const override { return "here.timegraph"; }
    Counts& counts;
};

/// Lets members know what a test says.
struct HoldingSink : CountingSink {
    struct Told {
        std::atomic<std::uint64_t> up_to{0};
        std::function<void()> look_again;
        void allow(std::uint64_t seq) {
            up_to = seq;
            look_again();
        }
    };
    HoldingSink(Counts& all, Told& told_) : CountingSink(all), told(told_) {}
    Seq may_be_told() const override { return {told.up_to}; }
    void on_more_may_be_told(std::function<void()> look_again) override {
        const std::lock_guard lock(counts.mutex);
        told.look_again = std::move(look_again);
    }
    Told& told;
};

}  // namespace

class SessionReflectorTest : public QObject {
    Q_OBJECT

private slots:
    void clients_join_send_and_get_ticks() {
        auto reflector = reflect();
        Guest a(*reflector);
        QVERIFY(a.send(join("ann")));
        Value sync = a.next("SYNC");
        const Value& first = (*sync.find("messages")->if_list())[0];
        QCOMPARE((*first.if_list())[1], Value(4294967281));
        QVERIFY(to_json(first).find("\"joined\":[\"ann\"]") != std::string::npos);
        Guest b(*reflector);
        QVERIFY(b.send(join("bob")));
        b.next("SYNC");
        QVERIFY(b.send(send("hello")));
        for (Guest* client : {&a, &b}) {
            do client->next("RECV");
            while (client->last.find("hello") == std::string::npos);
            QVERIFY2(client->last.find(",\"hello\",7]}") != std::string::npos,
                     client->last.c_str());
        }
        std::int64_t before = *a.next("TICK").if_int();
        QVERIFY(*a.next("TICK").if_int() > before);
        QVERIFY(a.send(text("{\"action\":\"PING\",\"args\":[1]}")));
        QVERIFY(a.next("PONG") == Value(Value::List{1}));
    }

    void bad_frames_close_only_their_connection() {
        struct Case {
            const char* what;
            std::vector<std::string> frames;
            unsigned code;
        };
        std::string big = send(std::string(2 << 20, 'x'));
        const std::vector<Case> cases{
            {"no json", {text("{")}, 4102},
            {"too early", {send("x")}, 4102},
            {"right after wrong", {send("x"), join("eve")}, 4102},
            {"joined twice", {join("eve"), join("eve")}, 4102},
            {"no args", {join("eve"), text("{\"action\":\"SEND\"}")}, 4109},
            {"a message of the router's",
             {join("eve"), text("{\"action\":\"SEND\",\"args\":[0,0,{\"what\":\"users\"}]}")},
             4109},
            {"no version", {text("{\"action\":\"JOIN\",\"args\":{\"apiKey\":\"x\"}}")}, 4100},
            {"no key", {text("{\"action\":\"JOIN\",\"args\":{\"version\":1}}")}, 4103},
            {"native", {join("eve", ",\"teatime\":{\"app\":\"counter\"}")}, 4104},
            {"oversized", {join("eve"), big}, 1009},
            {"binary", {Frame{.opcode = 2, .payload = "x"}.bytes()}, 1003},
        };
        auto reflector = reflect();
        Guest witness(*reflector);
        QVERIFY(witness.send(join("ann")));
        witness.next("SYNC");
        for (const Case& one : cases) {
            Guest client(*reflector);
            for (const std::string& frame : one.frames) client.send(frame);
            unsigned code = client.close_code();
            QVERIFY2(code == one.code, fmt::format("{}: {}", one.what, code).c_str());
        }
        QVERIFY(witness.send(send("still here")));
        do witness.next("RECV");
        while (witness.last.find("still here") == std::string::npos);
    }

    void a_first_join_without_ticks_is_only_a_bad_join() {
        auto reflector = reflect();
        Guest bad(*reflector);
        QVERIFY(bad.send(join("eve", "")));
        QCOMPARE(bad.close_code(), 4102u);
        Guest good(*reflector);
        QVERIFY(good.send(join("ann")));
        good.next("SYNC");
        good.next("TICK");
    }

    void who_never_joins_is_closed() {
        ReflectorOptions options;
        options.join_deadline = 50ms;
        auto reflector = reflect(std::move(options));
        Guest silent(*reflector);
        QCOMPARE(silent.close_code(), 4121u);
        Guest nameless(*reflector, "/box/reflector/");
        QCOMPARE(nameless.close_code(), 4100u);
    }

    void sessions_are_bounded_and_refused_ones_leave_room() {
        ReflectorOptions options;
        options.sessions = 1;
        auto reflector = reflect(std::move(options));
        Guest bad(*reflector, "/one");
        bad.send(join("eve", ""));
        QCOMPARE(bad.close_code(), 4102u);
        Guest first(*reflector, "/two");
        first.send(join("ann"));
        first.next("SYNC");
        Guest second(*reflector, "/three");
        second.send(join("bob"));
        QCOMPARE(second.close_code(), 4107u);
    }

    void a_sink_gets_what_is_reflected_until_the_end() {
        Counts counts;
        ReflectorOptions options;
        options.router.empty_session = 1ms;
        options.sink = [&](const session::Started& started, ReflectorOptions::RouterFeed feed) {
            if (started.session.id != "s") qFatal("another session");
            counts.feed = std::move(feed);
            return std::make_unique<CountingSink>(counts);
        };
        auto reflector = reflect(std::move(options));
        auto count = [&](unsigned Counts::*what) {
            const std::lock_guard lock(counts.mutex);
            return counts.*what;
        };
        {
            Guest client(*reflector);
            client.send(join("ann"));
            client.next("SYNC");
            for (int i = 0; i < 10; ++i) client.send(send("x"));
            for (int i = 0; i < 10; ++i) client.next("RECV");
            client.next("TICK");
            counts.feed({{}, session::Alarm{}});  // too early: the router looks, that is all
        }
        QTRY_COMPARE_WITH_TIMEOUT(count(&Counts::ended), 1u, kPatienceMs);
        QCOMPARE(count(&Counts::started), 1u);
        QVERIFY(count(&Counts::messages) >= 11 && count(&Counts::ticks) >= 1);
        counts.feed({{}, session::Alarm{}});  // over: ignored
        Guest again(*reflector);
        again.send(join("ann"));
        again.next("SYNC");
        reflector->stop();
        QCOMPARE(count(&Counts::ended), 2u);
        counts.feed({{}, session::Alarm{}});  // gone: ignored
        QVERIFY(again.close_code() == 1001);
    }

    void members_hear_of_nothing_before_the_sink_lets_them() {
        Counts counts;
        HoldingSink::Told told;
        ReflectorOptions options;
        options.sink = [&](const session::Started&, ReflectorOptions::RouterFeed) {
            return std::make_unique<HoldingSink>(counts, told);
        };
        auto reflector = reflect(std::move(options));
        auto stamped = [&](unsigned messages) {
            const std::lock_guard lock(counts.mutex);
            return counts.messages >= messages;
        };
        Guest a(*reflector);
        a.send(join("ann"));
        QTRY_VERIFY_WITH_TIMEOUT(stamped(1), kPatienceMs);
        // What has nothing to do with messages comes at once, and nothing came before it.
        auto silent_until_pong = [&] {
            a.send(text("{\"action\":\"PING\",\"args\":[1]}"));
            auto received = a.receive();
            return received && received->payload.find("PONG") != std::string::npos;
        };
        QVERIFY(silent_until_pong());
        told.allow(1);
        a.next("SYNC");
        a.next("TICK");
        told.up_to = 0;  // so that ticks wait too: they come behind what waits
        a.send(send("first"));
        a.send(send("second"));
        QTRY_VERIFY_WITH_TIMEOUT(stamped(3), kPatienceMs);
        while (!silent_until_pong()) {  // ticks of before
            QVERIFY(a.last.find("first") == std::string::npos);
        }
        told.allow(2);
        do a.next("RECV");
        while (a.last.find("first") == std::string::npos);
        QVERIFY(silent_until_pong());
        // Who is closed is told what came before, and what it still sends does nothing.
        a.send(join("ann"));  // twice is once too often
        a.send(send("too late"));
        Guest b(*reflector);  // whose frames come behind those of `a`
        b.send(join("bob"));
        QTRY_VERIFY_WITH_TIMEOUT(stamped(4), kPatienceMs);
        told.allow(1000);
        do a.next("RECV");
        while (a.last.find("second") == std::string::npos);
        QCOMPARE(a.close_code(), 4102u);
        b.next("SYNC");
        QVERIFY(b.last.find("too late") == std::string::npos);
    }

    void files_are_written_once() {
        QTemporaryDir folder;
        std::string path = folder.path().toStdString() + "/files";
        FileStoreLimits limits;
        limits.total_bytes = 100;
        limits.file_bytes = 60;
        Loop loop;
        {
            ReflectorOptions options;
            options.files = FileStore::open(path, limits).value();
            auto reflector = reflect(std::move(options));
            auto status = [&](const char* target, const char* method, std::string body = {}) {
                auto response =
                    exchange(loop, reflector->address(), target, method, std::move(body));
                return response ? response->status : 0;
            };
            QCOMPARE(status("/files/a/b", "GET"), 404u);
            QCOMPARE(status("/files/a/b", "PUT", "content"), 201u);
            QCOMPARE(status("/files/a/b", "PUT", "content"), 200u);
            QCOMPARE(status("/files/a/b", "PUT", "another"), 409u);
            QCOMPARE(status("/files/../../etc/passwd", "PUT", "x"), 201u);
            QCOMPARE(status("/files/../../etc/passwd2", "GET"), 404u);
            QCOMPARE(status("/files/big", "PUT", std::string(61, 'x')), 413u);
            QCOMPARE(status("/files/c", "PUT", std::string(60, 'x')), 201u);
            QCOMPARE(status("/files/d", "PUT", std::string(60, 'x')), 507u);
            QCOMPARE(status("/files/", "PUT", "x"), 404u);
            QCOMPARE(status("/else", "PUT", "x"), 405u);
            auto got = exchange(loop, reflector->address(), "/box/files/a/b?x=1");
            QVERIFY(got && got->status == 200 && got->body == "content");
            QCOMPARE(got->content_type, "application/octet-stream");
        }
        QCOMPARE(std::distance(std::filesystem::directory_iterator(path), {}), 3);
        // The next process goes on with them, and with the same quota.
        auto store = FileStore::open(path, limits).value();
        QCOMPARE(store->get("a/b").value(), "content");
        QVERIFY(store->put("d", std::string(60, 'x')).value() == FileStore::Put::full);
    }

    void sessions_and_health_are_told() {
        Counts counts;
        ReflectorOptions options;
        options.sink = [&](const session::Started&, ReflectorOptions::RouterFeed) {
            return std::make_unique<CountingSink>(counts);
        };
        auto reflector = reflect(std::move(options));
        std::vector<std::unique_ptr<Guest>> clients;
        for (const char* target : {"/b", "/a", "/b"}) {
            clients.push_back(std::make_unique<Guest>(*reflector, target));
            clients.back()->send(join(fmt::format("user{}", clients.size())));
            clients.back()->next("SYNC");
        }
        Loop loop;
        auto health = exchange(loop, reflector->address(), "/");
        QVERIFY(health && health->status == 200);
        QVERIFY(health->body.find("2 sessions") != std::string::npos);
        auto list = exchange(loop, reflector->address(), "/sessions");
        QVERIFY(list && list->status == 200 && list->content_type == "application/json");
        Value sessions = parse_json(list->body).value();
        QCOMPARE(sessions.if_list()->size(), 2u);
        const Value& b = (*sessions.if_list())[1];
        QCOMPARE(*b.find("id"), Value("b"));
        QCOMPARE(*b.find("name"), Value("org.example/world"));
        QCOMPARE(*b.find("kind"), Value("croquet"));
        QCOMPARE(*b.find("members"), Value(2));
        QCOMPARE(*b.find("rate"), Value("1"));
        QCOMPARE(*b.find("recording"), Value("here.timegraph"));
    }

    void one_session_is_told_with_its_members() {
        auto reflector = reflect();
        Loop loop;
        session::ControllerOptions options;
        options.session_id = "b";
        Guest guest(*reflector, "/b");
        guest.send(join("user1"));
        guest.next("SYNC");
        options.name = "Ann";
        options.role = session::Role::viewer;
        Participant tool(loop, parse_url("ws://" + reflector->address()).value(), options,
                         std::nullopt);
        QVERIFY(until(loop, [&] { return tool.controller().joined(); }));
        session::TimeRequest rate;
        rate.op = session::TimeRequest::Op::rate;
        tool.time_request(rate);
        // Looked at twice: the first look sends the pings that the second one tells of.
        Value told;
        bool measured = until(loop, [&] {
            auto one = exchange_once(reflector->address(), "/sessions/b");
            told = parse_json(one.body).value();
            const Value::List* members = told.find("members")->if_list();
            const Value* trips =
                members && members->size() == 2 ? (*members)[1].find("round_trips") : nullptr;
            return trips && *trips != Value(0);
        });
        QVERIFY2(measured, to_json(told).c_str());
        const Value& ann = (*told.find("members")->if_list())[1];
        QCOMPARE(*ann.find("name"), Value("Ann"));
        QCOMPARE(*ann.find("role"), Value("viewer"));
        QCOMPARE(*ann.find("here"), Value(true));
        QCOMPARE(*ann.find("backlog_bytes"), Value(0));
        QVERIFY(*ann.find("round_trip_p99_ms")->if_double() > 0);
        QCOMPARE(*told.find("leads"), *ann.find("id"));
        QVERIFY(told.find("messages_per_second")->if_double());
        QCOMPARE(*told.find("snapshot"), Value());
        QCOMPARE(exchange_once(reflector->address(), "/sessions/none").status, 404u);
    }
};

TEST_CLASS(SessionReflectorTest)
#include "session_reflector_test.moc"
