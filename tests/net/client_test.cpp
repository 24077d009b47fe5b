#include "teatime/net/client.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <QTest>
#include <algorithm>
#include <atomic>
#include <optional>

#include "../test_main.h"
#include "test_server.h"

using namespace teatime::net;
using namespace teatime::net::test;
using namespace std::chrono_literals;

namespace {

struct Answers final : TestHandler {
    void on_http(HttpRequest request, HttpReply reply) override {
        if (request.target == "/never") {
            kept = reply;
            return;
        }
        reply({200, "text/plain", request.method + " " + request.body, {}});
    }
    HttpReply kept;
};

Url url_of(const Server& server, std::string_view target = "/") {
    return parse_url(fmt::format("ws://{}{}", server.address(), target)).value();
}

/// Runs the loop until stopped; false if that takes too long.
bool run(Loop& loop) {
    bool late = false;
    const auto timer = loop.schedule_after(20s, [&] {
        late = true;
        loop.stop();
    });
    loop.run();
    loop.cancel(timer);
    return !late;
}

/// Lets connect (the kernel accepts) and then says nothing.
struct MuteListener {
    MuteListener() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        ::bind(socket, reinterpret_cast<sockaddr*>(&address), size);
        ::listen(socket, 8);
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
        port = ntohs(address.sin_port);
    }
    ~MuteListener() { ::close(socket); }
    int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int port = 0;
};

struct Closed {
    int code = 0;
    std::string reason;
};

}  // namespace

class ClientTest : public QObject {
    Q_OBJECT

    static Closed close_of(const Url& url, ClientOptions options = {},
                           const std::function<void(Client&)>& with = {}) {
        Loop loop;
        Closed closed;
        Client client(loop, url,
                      {{},
                       {},
                       [&](std::uint16_t code, std::string_view reason) {
                           closed = {code, std::string(reason)};
                           loop.stop();
                       }},
                      options);
        if (with) with(client);
        if (!run(loop)) return {};
        return closed;
    }

private slots:
    void messages_go_and_come_in_order() {
        TestHandler handler;
        Limits limits;
        limits.messages_per_second = limits.bytes_per_second = 0;
        const auto server = start(handler, limits);
        Loop loop;
        int got = 0;
        bool right = true, opened = false;
        Closed closed;
        const auto message = [](int i) {
            return std::string(static_cast<std::size_t>(i * 97 % 70'000), 'x') + std::to_string(i);
        };
        Client client(loop, url_of(*server),
                      {[&] { opened = true; },
                       [&](std::string_view text) { right = right && text == message(got++); },
                       [&](std::uint16_t code, std::string_view reason) {
                           closed = {code, std::string(reason)};
                           loop.stop();
                       }});
        for (int i = 0; i < 1000; ++i) client.send(message(i));  // before it is open
        client.send("close 4103 enough");
        QVERIFY(run(loop));
        QVERIFY(opened && right);
        QCOMPARE(got, 1000);
        QCOMPARE(closed.code, 4103);
        QCOMPARE(closed.reason, "enough");
    }

    void its_own_close_comes_after_what_it_sent() {
        struct Counting final : TestHandler {
            int texts = 0;
            void on_text(Connection&, std::string_view) override { ++texts; }
        } handler;
        const auto server = start(handler);
        Loop loop;
        Closed closed;
        std::optional<Client> client;
        client.emplace(loop, url_of(*server),
                       ClientHandler{[&] {
                                         for (int i = 0; i < 50; ++i) client->send("x");
                                         client->close(4321, "done");
                                         client->send("too late");
                                     },
                                     {},
                                     [&](std::uint16_t code, std::string_view reason) {
                                         closed = {code, std::string(reason)};
                                         loop.stop();
                                     }});
        QVERIFY(run(loop));
        QCOMPARE(closed.code, 4321);
        QCOMPARE(handler.closes(1).at(0).code, 4321);
        QCOMPARE(handler.closes(1).at(0).reason, "done");
        QCOMPARE(handler.texts, 50);
    }

    void a_silent_server_is_given_up() {
        const MuteListener listener;
        ClientOptions options;
        options.connect = 200ms;
        const auto closed =
            close_of(parse_url(fmt::format("ws://127.0.0.1:{}", listener.port)).value(), options);
        QCOMPARE(closed.code, 1006);
        QVERIFY2(closed.reason.ends_with("does not answer"), closed.reason.c_str());
    }

    void a_refusing_server_is_quoted() {
        struct Refusing final : TestHandler {
            std::optional<HttpResponse> refuse(const HttpRequest&) override {
                return HttpResponse{403, "text/plain", "no", {}};
            }
        } handler;
        const auto server = start(handler);
        const auto closed = close_of(url_of(*server));
        QCOMPARE(closed.code, 1006);
        QVERIFY2(closed.reason.ends_with("refuses: it answers 403 Forbidden"),
                 closed.reason.c_str());
    }

    void a_client_may_be_destroyed_in_its_own_calls_and_is_silent_then() {
        TestHandler handler;
        const auto server = start(handler);
        std::optional<Client> client;
        std::atomic<int> calls = 0;
        LoopThread thread;
        thread.loop.post([&] {
            client.emplace(thread.loop, url_of(*server),
                           ClientHandler{[&] {
                                             ++calls;
                                             client.reset();
                                         },
                                         [&](std::string_view) { ++calls; },
                                         [&](std::uint16_t, std::string_view) { ++calls; }});
            client->send("echo me");
        });
        QCOMPARE(handler.closes(1).at(0).code, 1006);
        QCOMPARE(calls.load(), 1);
    }

    void a_client_outlives_neither_connecting_nor_a_stopped_loop() {
        TestHandler handler;
        const auto server = start(handler);
        Loop loop;
        int calls = 0;
        const auto count = [&](std::uint16_t, std::string_view) { ++calls; };
        { const Client gone(loop, url_of(*server), {{}, {}, count}); }
        const Client never_run(loop, url_of(*server), {{}, {}, count});
        loop.stop();
        loop.run();
        QCOMPARE(calls, 0);
    }

    void files_are_fetched() {
        Answers handler;
        Limits limits;
        limits.closing = 50ms;  // /never keeps the server from stopping at once
        const auto server = start(handler, limits);
        Loop loop;
        std::vector<std::string> got;
        const auto note = [&](teatime::result<HttpResponse> response) {
            got.push_back(response ? fmt::format("{} {}", response->status, response->body)
                                   : response.error().message);
            if (got.size() == 4) loop.stop();
        };
        const Url url = url_of(*server, "/x").with_scheme("http");
        HttpRequest put;
        put.method = "PUT";
        put.body = std::string(100, 'b');
        FetchOptions small;
        small.body_bytes = 3;
        FetchOptions short_wait;
        short_wait.timeout = 100ms;
        fetch(loop, url, {}, note);
        fetch(loop, url, put, note);
        fetch(loop, url, {}, note, small);
        fetch(loop, url.with_target("/never"), {}, note, short_wait);
        QVERIFY(run(loop));
        std::sort(got.begin(), got.end());
        QCOMPARE(got[0], "200 GET ");
        QCOMPARE(got[1], "200 PUT " + put.body);
        QCOMPARE(got[2], fmt::format("GET {}: no answer: it takes too long",
                                     url.with_target("/never").text()));
        QCOMPARE(got[3], fmt::format("GET {}: the answer is longer than 3 bytes", url.text()));
    }

    void a_failure_to_connect_is_explained() {
        TestHandler handler;
        auto server = start(handler);
        const Url url = url_of(*server);
        server.reset();
        const auto refused = close_of(url);
        QCOMPARE(refused.code, 1006);
        QCOMPARE(refused.reason,
                 fmt::format("nothing answers at {}: Connection refused", url.authority()));
        const auto unknown = close_of(parse_url("ws://no.such.host.invalid").value());
        QVERIFY(unknown.reason.starts_with("the host no.such.host.invalid is not known"));
    }
};

TEST_CLASS(ClientTest)
#include "client_test.moc"
