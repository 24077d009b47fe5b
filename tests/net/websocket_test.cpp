#include <fmt/format.h>

#include <QTest>
#include <thread>

#include "../test_main.h"
#include "raw_socket.h"
#include "test_server.h"

using namespace teatime::net;
using namespace teatime::net::test;
using namespace std::chrono_literals;

namespace {

const std::string kBadUtf8[] = {"\x80",     "\xc0\xaf",     "\xe0\x80\xaf", "\xf8\x88\x80\x80\x80",
                                "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                "\xff",     "\xc3",         "\xe2\x82",     "\xf0\x9f\x98",
                                "ab\xc3("};

/// Echoes binary messages too.
struct EchoAll final : TestHandler {
    void on_binary(Connection& connection, std::string_view bytes) override {
        connection.send(make_frame(Opcode::binary, bytes));
    }
};

}  // namespace

class WebSocketTest : public QObject {
    Q_OBJECT

private slots:
    void messages_come_back_whole_however_they_are_split() {
        TestHandler handler;
        const auto server = start(handler);
        for (const std::size_t size : {0u, 1u, 125u, 126u, 300u}) {
            for (std::size_t chop = 1; chop < 16; ++chop) {
                RawWebSocket peer(server->port());
                const std::string payload(size, 'x');
                QVERIFY(peer.send(text(payload), chop));
                const auto echo = peer.receive();
                QVERIFY(echo);
                QCOMPARE(echo->opcode, 1u);
                QCOMPARE(echo->payload, payload);
            }
        }
        const std::string large(200'000, 'y');
        RawWebSocket peer(server->port());
        QVERIFY(peer.send(text(large), 997));
        QCOMPARE(peer.receive()->payload, large);
    }

    void a_handshake_byte_by_byte_with_a_message_behind_it_is_served() {
        TestHandler handler;
        const auto server = start(handler);
        for (const std::size_t chop : {1, 7, 0}) {
            RawSocket peer(server->port());
            QVERIFY(peer.send(upgrade_request() + text("early"), chop));
            const std::string echo =
                "\r\n\r\n\x81\x05"
                "early";
            std::string answer;
            while (!answer.ends_with(echo)) {
                const std::string byte = peer.read(1, 20s);
                QVERIFY2(!byte.empty(), answer.c_str());
                answer += byte;
            }
            QVERIFY(answer.starts_with("HTTP/1.1 101"));
        }
    }

    void good_framing_is_understood_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("opcodes");
        QTest::addColumn<QByteArray>("payloads");
        const auto row = [](const char* name, std::string bytes, const char* opcodes,
                            std::string payloads) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << QByteArray(opcodes)
                                << QByteArray::fromStdString(payloads);
        };
        const std::string a = Frame{1, "ab", false}.bytes(), b = Frame{0, "cd"}.bytes();
        row("two fragments", a + b, "1", "abcd");
        row("ping between fragments", a + ping("p") + b, "A1", "pabcd");
        row("empty fragments",
            Frame{1, "", false}.bytes() + Frame{0, "", false}.bytes() + Frame{0, ""}.bytes(), "1",
            "");
        row("longest ping", ping(std::string(125, 'p')), "A", std::string(125, 'p'));
        row("pongs nobody asked for", Frame{10, ""}.bytes() + Frame{10, "x"}.bytes() + ping("q"),
            "A", "q");
        row("character over fragments", Frame{1, "\xce", false}.bytes() + Frame{0, "\xba"}.bytes(),
            "1", "\xce\xba");
        row("binary", Frame{2, "\xff"}.bytes(), "2", "\xff");
        row("close without code", Frame{8, ""}.bytes(), "8", "\x03\xe8");
        row("close with the longest reason", close_frame(1000, std::string(123, '*')), "8",
            "\x03\xe8");
        row("data after close", close_frame(1000) + text("late") + ping("late"), "8", "\x03\xe8");
    }
    void good_framing_is_understood() {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, opcodes);
        QFETCH(QByteArray, payloads);
        EchoAll handler;
        const auto server = start(handler);
        for (const std::size_t chop : {0, 1}) {
            RawWebSocket peer(server->port());
            peer.send(bytes.toStdString(), chop);
            std::string got_opcodes, got;
            for (qsizetype i = 0; i < opcodes.size(); ++i) {
                const auto frame = peer.receive();
                QVERIFY(frame);
                got_opcodes += "0123456789ABCDEF"[frame->opcode];
                got += frame->payload;
            }
            QCOMPARE(got_opcodes, opcodes.toStdString());
            QCOMPARE(got, payloads.toStdString());
            if (opcodes.endsWith('8')) QVERIFY(peer.read_to_end().empty());
        }
    }

    void bad_framing_closes_with_its_code_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("code");
        const auto row = [](const std::string& name, std::string bytes, int code) {
            QTest::newRow(name.c_str()) << QByteArray::fromStdString(bytes) << code;
        };
        row("unmasked", Frame{.payload = "a", .masked = false}.bytes(), 1002);
        for (unsigned reserved = 1; reserved < 8; ++reserved) {
            row(fmt::format("reserved bits {}", reserved),
                Frame{.payload = "a", .reserved = reserved}.bytes(), 1002);
        }
        for (const unsigned opcode : {3u, 4u, 5u, 6u, 7u, 11u, 12u, 13u, 14u, 15u}) {
            row(fmt::format("opcode {}", opcode), Frame{opcode, ""}.bytes(), 1002);
        }
        for (const unsigned opcode : {8u, 9u, 10u}) {
            row(fmt::format("fragmented control {}", opcode), Frame{opcode, "", false}.bytes(),
                1002);
        }
        row("ping too long", ping(std::string(126, 'p')), 1002);
        row("continuation of nothing", Frame{0, "x"}.bytes(), 1002);
        row("text inside a message", Frame{1, "a", false}.bytes() + text("b"), 1002);
        row("needlessly long length", Frame{.payload = "abc", .length_form = 16}.bytes(), 1002);
        row("needlessly long length 64", Frame{.payload = "abc", .length_form = 64}.bytes(), 1002);
        row("length of 2^63", Frame{.declared = 1ull << 63}.bytes(), 1009);
        row("length of 1 TiB", Frame{.declared = 1ull << 40}.bytes(), 1009);
        row("binary", Frame{2, "x"}.bytes(), 1003);
        row("close of one byte", Frame{8, "x"}.bytes(), 1002);
        row("close reason too long", close_frame(1000, std::string(124, '*')), 1002);
        row("close reason no text", close_frame(1000, "\xed\xa0\x80"), 1002);
        for (const int code : {0, 999, 1004, 1005, 1006, 1016, 1100, 2999, 5000, 65535}) {
            row(fmt::format("close code {}", code), close_frame(static_cast<std::uint16_t>(code)),
                1002);
        }
        int i = 0;
        for (const std::string& bad : kBadUtf8) {
            row(fmt::format("no text {}", i), text(bad), 1007);
            row(fmt::format("no text, split {}", i),
                Frame{1, bad.substr(0, 1), false}.bytes() + Frame{0, bad.substr(1)}.bytes(), 1007);
            row(fmt::format("no text, then an empty fragment {}", i++),
                Frame{1, bad, false}.bytes() + Frame{0, ""}.bytes(), 1007);
        }
        row("no text inside a fragment", Frame{1, "ok\xed\xa0\x80", false}.bytes(), 1007);
    }
    void bad_framing_closes_with_its_code() {
        QFETCH(QByteArray, bytes);
        QFETCH(int, code);
        TestHandler handler;
        const auto server = start(handler);
        for (const std::size_t chop : {0, 1}) {
            RawWebSocket peer(server->port());
            peer.send(text("before"));
            peer.send(bytes.toStdString(), chop);
            QCOMPARE(peer.receive()->payload, "before");
            const auto farewell = peer.receive();
            QVERIFY(farewell);
            QCOMPARE(farewell->opcode, 8u);
            QCOMPARE(farewell->close_code(), code);
            QVERIFY(!farewell->reason().empty());
            QVERIFY(peer.read_to_end().empty());
        }
        for (const auto& close : handler.closes(2)) QCOMPARE(close.code, code);
    }

    void close_codes_that_may_be_sent_are_answered_and_reported() {
        TestHandler handler;
        const auto server = start(handler);
        const std::uint16_t codes[] = {1000, 1001, 1011, 3000, 3999, 4000, 4999};
        for (const auto code : codes) {
            RawWebSocket peer(server->port());
            peer.send(close_frame(code, "bye"));
            QCOMPARE(peer.receive_close()->close_code(), code);
            QVERIFY(peer.read_to_end().empty());
        }
        std::vector<std::uint16_t> got;
        for (const auto& close : handler.closes(std::size(codes))) {
            got.push_back(close.code);
            QCOMPARE(close.reason, "bye");
        }
        std::sort(got.begin(), got.end());
        QVERIFY(std::equal(got.begin(), got.end(), std::begin(codes), std::end(codes)));
    }

    void a_peer_that_just_goes_is_reported_as_1006() {
        TestHandler handler;
        const auto server = start(handler);
        { RawWebSocket peer(server->port()); }
        QCOMPARE(handler.closes(1).at(0).code, 1006);
    }

    void the_handler_closes_after_what_it_sent() {
        TestHandler handler;
        const auto server = start(handler);
        RawWebSocket peer(server->port(), "/a");
        peer.send(text("first") + text("close 4103 go away") + text("ignored"));
        QCOMPARE(peer.receive()->payload, "first");
        const auto farewell = peer.receive();
        QCOMPARE(farewell->close_code(), 4103);
        QCOMPARE(farewell->reason(), "go away");
        QVERIFY(peer.read_to_end().empty());
        const auto closes = handler.closes(1);
        QCOMPARE(closes.at(0).code, 4103);
        QCOMPARE(closes.at(0).target, "/a");
    }

    void a_bad_handshake_is_refused_data() {
        QTest::addColumn<QByteArray>("request");
        QTest::addColumn<int>("status");
        const std::string good = upgrade_request();
        const auto row = [&](const char* name, const std::string& part, const std::string& instead,
                             int status) {
            std::string request = good;
            request.replace(request.find(part), part.size(), instead);
            QTest::newRow(name) << QByteArray::fromStdString(request) << status;
        };
        row("post", "GET", "POST", 400);
        row("http 1.0", "HTTP/1.1", "HTTP/1.0", 400);
        row("no connection", "Connection: Upgrade\r\n", "", 400);
        row("other upgrade", "Upgrade: websocket", "Upgrade: h2c", 400);
        row("version 12", "Version: 13", "Version: 12", 426);
        row("no version", "Sec-WebSocket-Version: 13\r\n", "", 426);
        row("short key", "dGhlIHNhbXBsZSBub25jZQ==", "abc", 400);
        row("key of 15 bytes", "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25j", 400);
        row("key no base64", "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBs*SBub25jZQ==", 400);
        row("no key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 400);
        row("long header", "Host: l", "Host: l\r\nX: " + std::string(65536, 'x'), 431);
        row("garbage", "GET / HTTP/1.1", "\x16\x03\x01", 400);
    }
    void a_bad_handshake_is_refused() {
        QFETCH(QByteArray, request);
        QFETCH(int, status);
        TestHandler handler;
        const auto server = start(handler);
        RawSocket peer(server->port());
        peer.send(request.toStdString());
        const std::string answer = peer.read_to_end();
        QVERIFY2(answer.starts_with(fmt::format("HTTP/1.1 {} ", status)), answer.c_str());
    }

    void a_handler_may_refuse_a_target() {
        struct Refusing final : TestHandler {
            std::optional<HttpResponse> refuse(const HttpRequest& request) override {
                if (request.target != "/secret") return std::nullopt;
                return HttpResponse{403, "text/plain", "no\n", {}};
            }
        } handler;
        const auto server = start(handler);
        RawSocket peer(server->port());
        peer.send(upgrade_request("/secret"));
        QVERIFY(peer.read_to_end().starts_with("HTTP/1.1 403 Forbidden\r\n"));
        QVERIFY(RawWebSocket(server->port(), "/open").accepted());
    }

    void hundred_members_get_every_frame_in_order() {
        TestHandler handler;
        Limits limits;
        limits.messages_per_second = limits.controls_per_second = 0;
        const auto server = start(handler, limits);
        std::vector<RawWebSocket> members;
        for (int i = 0; i < 100; ++i) {
            members.emplace_back(server->port());
            members.back().send(text("joined"));
            QCOMPARE(members.back().receive()->payload, "joined");
        }
        constexpr int kMessages = 500;
        std::thread sender([&] {
            for (int i = 0; i < kMessages; ++i) {
                // Pings between them: their pongs must not cut a frame.
                const std::string bytes = text(fmt::format("*{:0{}}", i, 1 + i % 300));
                members[0].send(bytes + ping("0"));
            }
        });
        bool right = true;
        for (auto& member : members) {
            for (int i = 0, pongs = 0; i < kMessages || (&member == &members[0] && pongs < i);) {
                const auto frame = member.receive();
                if (!frame) {
                    right = false;
                    break;
                }
                if (frame->opcode == 10) {
                    right = right && frame->payload == "0";
                    ++pongs;
                } else {
                    right = right && frame->payload == fmt::format("*{:0{}}", i, 1 + i % 300);
                    ++i;
                }
            }
        }
        sender.join();
        QVERIFY(right);
    }

    void equal_threads_share_and_others_spread() {
        struct Spread final : ServerHandler {
            std::size_t thread_of(std::string_view target) override {
                return static_cast<std::size_t>(target.back() - '0');
            }
            void on_open(Connection&) override {}
            void on_text(Connection& connection, std::string_view) override {
                connection.send(make_text_frame(
                    fmt::format("{} {}", connection.thread_index(),
                                std::hash<std::thread::id>{}(std::this_thread::get_id()))));
            }
            void on_close(Connection&, std::uint16_t, std::string_view) override {}
        } handler;
        ServerOptions options;
        options.port = 0;
        options.threads = 3;
        const auto server = std::move(Server::start(handler, options).value());
        const auto ask = [&](const char* target) {
            RawWebSocket peer(server->port(), target);
            peer.send(text("where"));
            return peer.receive()->payload;
        };
        const std::string first = ask("/1");
        QVERIFY(first.starts_with("1 "));
        QCOMPARE(ask("/4"), first);
        QVERIFY(ask("/0").starts_with("0 "));
        QVERIFY(ask("/2").substr(2) != first.substr(2));
    }

    void a_busy_server_stops_with_1001_and_loses_nothing_queued() {
        TestHandler handler;
        Limits limits;
        limits.messages_per_second = 0;
        auto server = start(handler, limits);
        std::vector<RawWebSocket> members;
        for (int i = 0; i < 20; ++i) {
            members.emplace_back(server->port());
            members.back().send(text("joined"));
            QVERIFY(members.back().receive());
        }
        std::thread sender([&] {
            for (int i = 0; members[0].send(text(fmt::format("*{}", i))); ++i) {
            }
        });
        QVERIFY(members[1].receive());
        std::thread stopper([&] { server->stop(); });
        bool right = true;
        std::size_t last = 0;
        for (std::size_t m = 2; m < members.size(); ++m) {
            for (std::size_t i = 0;; ++i) {
                const auto frame = members[m].receive();
                if (!frame) {
                    right = false;
                    break;
                }
                if (frame->opcode == 8) {
                    right = right && frame->close_code() == 1001 && !frame->reason().empty();
                    if (m > 2) right = right && i == last;
                    last = i;
                    break;
                }
                right = right && frame->payload == fmt::format("*{}", i);
            }
        }
        members[0].ended();
        stopper.join();
        sender.join();
        QVERIFY(right);
        QCOMPARE(handler.closes(20).size(), 20u);
    }

    void a_port_in_use_is_named() {
        TestHandler handler;
        const auto server = start(handler);
        ServerOptions options;
        options.port = server->port();
        const auto second = Server::start(handler, options);
        QVERIFY(second.has_error());
        QCOMPARE(second.error().message,
                 fmt::format("port {} is in use by another program; choose another with --port, "
                             "or 0 for a free one",
                             options.port));
        options.host = "no.such.host.invalid";
        QVERIFY(Server::start(handler, options).error().message.find(options.host) !=
                std::string::npos);
        QCOMPARE(server->address(), fmt::format("127.0.0.1:{}", server->port()));
    }
};

TEST_CLASS(WebSocketTest)
#include "websocket_test.moc"
