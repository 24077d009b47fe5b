#include <fmt/format.h>

#include <QTest>
#include <fstream>
#include <thread>

#include "../test_main.h"
#include "raw_socket.h"
#include "test_server.h"

using namespace teatime::net;
using namespace teatime::net::test;
using namespace std::chrono_literals;

namespace {

/// Keeps what is PUT and gives it back; /later answers from another thread, /never not at all.
struct Files final : TestHandler {
    std::map<std::string, std::string> files;
    std::vector<std::thread> threads;
    HttpReply kept;

    ~Files() override {
        for (auto& thread : threads) thread.join();
    }
    void on_http(HttpRequest request, HttpReply reply) override {
        if (request.target == "/later") {
            threads.emplace_back([reply] { reply({200, "text/plain", "at last", {}}); });
        } else if (request.target == "/never") {
            kept = reply;
        } else if (request.method == "PUT") {
            files[request.target] = std::move(request.body);
            reply({201, "text/plain", "", {{"X-Extra", "yes"}}});
        } else if (files.contains(request.target)) {
            reply({200, "application/octet-stream", files[request.target], {}});
        } else {
            ServerHandler::on_http(std::move(request), reply);
        }
    }
};

std::string talk(const Server& server, const std::string& request, std::size_t chop = 0) {
    RawSocket peer(server.port());
    peer.send(request, chop);
    return peer.read_to_end();
}

std::string put(const std::string& target, const std::string& body) {
    return fmt::format("PUT {} HTTP/1.1\r\nHost: l\r\nContent-Length: {}\r\n\r\n{}", target,
                       body.size(), body);
}

std::size_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::size_t total = 0, resident = 0;
    statm >> total >> resident;
    return resident * 4096;
}

}  // namespace

class HttpTest : public QObject {
    Q_OBJECT

private slots:
    void what_is_put_is_got_at_every_split() {
        Files handler;
        const auto server = start(handler);
        std::string body(3'000'000, '\0');
        for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 7 + i / 251);
        QVERIFY(talk(*server, put("/files/a", body)).starts_with("HTTP/1.1 201 Created\r\n"));
        const std::string answer = talk(*server, "GET /files/a HTTP/1.1\r\nHost: l\r\n\r\n");
        QVERIFY(answer.starts_with("HTTP/1.1 200 OK\r\n"));
        QVERIFY(answer.find("Content-Length: 3000000\r\n") != std::string::npos);
        QVERIFY(answer.ends_with("\r\n\r\n" + body));
        for (std::size_t chop = 1; chop < 60; ++chop) {
            const auto target = fmt::format("/files/{}", chop);
            const auto made = talk(*server, put(target, "some content"), chop);
            QVERIFY(made.starts_with("HTTP/1.1 201 "));
            QVERIFY(made.find("X-Extra: yes\r\n") != std::string::npos);
            const auto got = talk(*server, "GET " + target + " HTTP/1.1\r\nHost: l\r\n\r\n", 1);
            QVERIFY(got.ends_with("\r\n\r\nsome content"));
        }
    }

    void a_chunked_body_and_expect_continue_are_served() {
        Files handler;
        const auto server = start(handler);
        RawSocket peer(server->port());
        peer.send(
            "PUT /c HTTP/1.1\r\nHost: l\r\nExpect: 100-continue\r\n"
            "Transfer-Encoding: chunked\r\n\r\n");
        QCOMPARE(peer.read(25, 20s), "HTTP/1.1 100 Continue\r\n\r\n");
        peer.send("3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
        QVERIFY(peer.read_to_end().starts_with("HTTP/1.1 201 "));
        const auto got = talk(*server, "GET /c HTTP/1.1\r\nHost: l\r\n\r\n");
        QVERIFY(got.ends_with("\r\n\r\nabcdefg"));
    }

    void browsers_of_other_origins_are_let_in() {
        Files handler;
        const auto server = start(handler);
        const auto options = talk(*server, "OPTIONS /files/x HTTP/1.1\r\nHost: l\r\n\r\n");
        QVERIFY(options.starts_with("HTTP/1.1 204 No Content\r\n"));
        const auto missing = talk(*server, "GET /x HTTP/1.1\r\nHost: l\r\n\r\n");
        QVERIFY(missing.starts_with("HTTP/1.1 404 "));
        QVERIFY(missing.ends_with("nothing is at /x\n"));
        for (const auto& answer : {options, missing}) {
            QVERIFY(answer.find("Access-Control-Allow-Origin: *\r\n") != std::string::npos);
            QVERIFY(answer.find("Access-Control-Allow-Methods: GET, PUT, OPTIONS\r\n") !=
                    std::string::npos);
            QVERIFY(answer.find("Access-Control-Allow-Headers: *\r\n") != std::string::npos);
        }
    }

    void a_method_without_meaning_is_refused() {
        Files handler;
        const auto server = start(handler);
        const auto answer = talk(*server, "DELETE /x HTTP/1.1\r\nHost: l\r\n\r\n");
        QVERIFY(answer.starts_with("HTTP/1.1 405 "));
        QVERIFY(answer.find("Allow: GET, PUT, OPTIONS\r\n") != std::string::npos);
    }

    void an_answer_may_come_later_and_from_another_thread() {
        Files handler;
        const auto server = start(handler);
        const auto answer = talk(*server, "GET /later HTTP/1.1\r\nHost: l\r\n\r\n");
        QVERIFY(answer.ends_with("\r\n\r\nat last"));
    }

    void a_reply_that_is_dropped_is_an_answer_too() {
        struct Forgetful final : TestHandler {
            void on_http(HttpRequest, HttpReply) override {}
        } handler;
        const auto server = start(handler);
        const auto answer = talk(*server, "GET / HTTP/1.1\r\nHost: l\r\n\r\n");
        QVERIFY(answer.starts_with("HTTP/1.1 500 "));
    }

    void a_reply_after_the_server_does_nothing() {
        Files handler;
        Limits limits;
        limits.closing = 50ms;
        auto server = start(handler, limits);
        RawSocket peer(server->port());
        peer.send("GET /never HTTP/1.1\r\nHost: l\r\n\r\n");
        QVERIFY(talk(*server, "GET /later HTTP/1.1\r\nHost: l\r\n\r\n").size() > 0);
        server.reset();
        QVERIFY(peer.ended());
        QVERIFY(handler.kept != nullptr);
        handler.kept({200, "", "", {}});
    }

    void a_declared_length_reserves_nothing() {
        Files handler;
        const auto server = start(handler);
        const std::size_t before = resident_bytes();
        std::vector<RawSocket> peers;
        for (int i = 0; i < 50; ++i) {
            peers.emplace_back(server->port());
            peers.back().send(
                "PUT /x HTTP/1.1\r\nHost: l\r\nContent-Length: 268435456\r\n\r\nfew bytes");
        }
        const auto huge =
            talk(*server, "PUT /x HTTP/1.1\r\nHost: l\r\nContent-Length: 9999999999999\r\n\r\nfew");
        QVERIFY2(huge.starts_with("HTTP/1.1 413 "), huge.c_str());
        QVERIFY(resident_bytes() < before + (std::size_t{64} << 20));
    }

    void a_body_too_long_is_refused_even_undeclared() {
        Files handler;
        Limits limits;
        limits.body_bytes = 1000;
        const auto server = start(handler, limits);
        const std::string chunk = fmt::format("3e8\r\n{}\r\n", std::string(1000, 'x'));
        const auto answer =
            talk(*server, "PUT /x HTTP/1.1\r\nHost: l\r\nTransfer-Encoding: chunked\r\n\r\n" +
                              chunk + chunk + "0\r\n\r\n");
        QVERIFY2(answer.starts_with("HTTP/1.1 413 "), answer.c_str());
    }

    void uploads_together_are_bounded_and_freed() {
        Files handler;
        Limits limits;
        limits.bodies_together_bytes = 100'000;
        const auto server = start(handler, limits);
        {
            RawSocket half(server->port());
            half.send("PUT /x HTTP/1.1\r\nHost: l\r\nContent-Length: 90000\r\n\r\n" +
                      std::string(80'000, 'x'));
            const auto begin = std::chrono::steady_clock::now();
            while (
                !talk(*server, put("/y", std::string(50'000, 'y'))).starts_with("HTTP/1.1 503 ")) {
                QVERIFY(std::chrono::steady_clock::now() - begin < 20s);
            }
        }
        const auto begin = std::chrono::steady_clock::now();
        while (!talk(*server, put("/y", std::string(50'000, 'y'))).starts_with("HTTP/1.1 201 ")) {
            QVERIFY(std::chrono::steady_clock::now() - begin < 20s);
        }
    }

    void a_body_that_trickles_is_cut() {
        Files handler;
        Limits limits;
        limits.handshake = 100ms;
        const auto server = start(handler, limits);
        RawSocket peer(server->port());
        peer.send("PUT /x HTTP/1.1\r\nHost: l\r\nContent-Length: 1000000\r\n\r\n");
        const auto begin = std::chrono::steady_clock::now();
        while (peer.send("x")) {
            QVERIFY(std::chrono::steady_clock::now() - begin < 20s);
            peer.read(1, 10ms);
        }
    }
};

TEST_CLASS(HttpTest)
#include "http_test.moc"
