#include <fmt/format.h>

#include <QTest>
#include <thread>

#include "../test_main.h"
#include "raw_socket.h"
#include "test_server.h"

using namespace teatime::net;
using namespace teatime::net::test;
using namespace std::chrono_literals;

/// Each limit cuts the one that breaks it, says why, and leaves the others alone.
class LimitsTest : public QObject {
    Q_OBJECT

    static bool works(RawWebSocket& peer) {
        peer.send(text("still here"));
        for (;;) {
            const auto frame = peer.receive();
            if (!frame || frame->opcode == 8) return false;
            if (frame->payload == "still here") return true;
        }
    }

private slots:
    void amounts_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("code");
        QTest::addColumn<QByteArray>("says");
        const auto row = [](const char* name, std::string bytes, int code, const char* says) {
            QTest::newRow(name) << QByteArray::fromStdString(bytes) << code << QByteArray(says);
        };
        std::string many, pings, fragments = Frame{1, "", false}.bytes();
        for (int i = 0; i < 41; ++i) many += text("x");
        for (int i = 0; i < 21; ++i) pings += ping("");
        for (int i = 0; i < 50; ++i) fragments += Frame{0, "", false}.bytes();
        row("too long", text(std::string(20'001, 'x')), 1009, "too long");
        row("too long in fragments",
            Frame{1, std::string(15'000, 'x'), false}.bytes() +
                Frame{0, std::string(15'000, 'x')}.bytes(),
            1009, "too long");
        row("too many messages", many, 1008, "more than 1 messages a second (burst 40)");
        row("too many pings", pings, 1008, "pings a second");
        row("too many empty fragments", fragments, 1009, "more than 50 fragments");
        row("too many bytes", text(std::string(20'000, 'x')) + text(std::string(20'000, 'x')), 1008,
            "more than 1 bytes a second");
    }
    void amounts() {
        QFETCH(QByteArray, bytes);
        QFETCH(int, code);
        QFETCH(QByteArray, says);
        Limits limits;
        limits.message_bytes = 20'000;
        limits.messages_per_second = 1;
        limits.message_burst = 40;
        limits.fragments = 50;
        limits.bytes_per_second = 1;
        limits.byte_burst = 35'000;
        TestHandler handler;
        const auto server = start(handler, limits);
        RawWebSocket other(server->port());
        for (const std::size_t chop : {0, 100}) {
            RawWebSocket peer(server->port());
            peer.send(bytes.toStdString(), chop);
            const auto farewell = peer.receive_close();
            QVERIFY(farewell);
            QCOMPARE(farewell->close_code(), code);
            QVERIFY2(farewell->reason().find(says.toStdString()) != std::string::npos,
                     farewell->reason().c_str());
            QVERIFY(peer.read_to_end().empty());
        }
        QVERIFY(works(other));
    }

    void a_reader_that_never_reads_is_cut_and_the_others_get_everything() {
        Limits limits;
        limits.messages_per_second = limits.bytes_per_second = 0;
        limits.queued_bytes = 1 << 20;
        limits.closing = 20s;
        TestHandler handler;
        const auto server = start(handler, limits);
        RawWebSocket slow(server->port(), "/slow", 4096);
        RawWebSocket sender(server->port(), "/sender"), other(server->port(), "/other");
        QVERIFY(works(slow) && works(sender) && works(other));
        const std::string payload = "*" + std::string(50'000, 'x');
        int i = 0;
        for (; i < 2000; ++i) {
            QVERIFY(sender.send(text(payload)));
            QCOMPARE(sender.receive()->payload, payload);
            QCOMPARE(other.receive()->payload, payload);
            if (i > 300) break;  // 15 MB: beyond what kernel buffers and the limit hold
        }
        const auto closes = handler.closes(1);
        QCOMPARE(closes.size(), 1u);
        QCOMPARE(closes[0].target, "/slow");
        QCOMPARE(closes[0].code, limits.behind_code);
        // Reading at last, it finds whole frames and the reason.
        const auto farewell = slow.receive_close();
        QVERIFY(farewell);
        QCOMPARE(farewell->close_code(), limits.behind_code);
        QVERIFY(works(other));
    }

    void a_reader_too_long_behind_is_cut() {
        Limits limits;
        limits.messages_per_second = limits.bytes_per_second = 0;
        limits.behind = 4s;  // the sender must stay within it, on a busy machine, too
        limits.slowest_reader_bytes_per_second = 1e9;
        limits.queued_bytes = 1 << 30;
        TestHandler handler;
        const auto server = start(handler, limits);
        RawWebSocket slow(server->port(), "/slow", 4096), sender(server->port());
        QVERIFY(works(slow));
        const std::string payload = "*" + std::string(500'000, 'x');
        for (int i = 0; i < 20; ++i) {
            QVERIFY(sender.send(text(payload)));
            QCOMPARE(sender.receive()->payload, payload);
        }
        const auto closes = handler.closes(1);
        QCOMPARE(closes.size(), 1u);
        QCOMPARE(closes[0].target, "/slow");
        QCOMPARE(closes[0].code, limits.behind_code);
        QVERIFY(works(sender));
    }

    void one_frame_longer_than_the_queue_still_arrives() {
        struct Snapshot final : TestHandler {
            void on_text(Connection& connection, std::string_view) override {
                connection.send(make_text_frame("before"));
                connection.send(make_text_frame(std::string(30 << 20, 's')));
                connection.send(make_text_frame("after"));
            }
        } handler;
        const auto server = start(handler);
        RawWebSocket peer(server->port(), "/", 4096);
        peer.send(text("join"));
        QCOMPARE(peer.receive()->payload, "before");
        QCOMPARE(peer.receive()->payload.size(), std::size_t{30} << 20);
        QCOMPARE(peer.receive()->payload, "after");
    }

    void a_slow_handshake_is_cut() {
        Limits limits;
        limits.handshake = 100ms;
        TestHandler handler;
        const auto server = start(handler, limits);
        RawSocket silent(server->port()), half(server->port());
        half.send("GET / HTTP/1.1\r\nHost: l\r\n");
        QVERIFY(silent.ended());
        QVERIFY(half.ended());
    }

    void silence_is_pinged_then_cut_and_a_pong_keeps_alive() {
        Limits limits;
        limits.ping_after = 200ms;
        limits.cut_after = 4s;  // the test must answer a ping within it
        TestHandler handler;
        const auto server = start(handler, limits);
        RawWebSocket dead(server->port(), "/dead"), alive(server->port(), "/alive");
        int pings = 0;
        while (!handler.closed()) {
            if (const auto frame = alive.receive(50ms)) {
                QCOMPARE(frame->opcode, 9u);
                ++pings;
                alive.send(Frame{10, frame->payload}.bytes());
            }
        }
        QVERIFY(pings >= 2);
        QVERIFY(works(alive));
        QCOMPARE(dead.receive()->opcode, 9u);
        const auto farewell = dead.receive();
        QVERIFY(farewell);
        QCOMPARE(farewell->close_code(), limits.silent_code);
        QVERIFY(handler.closes(1).at(0).reason.find("for 4 s") != std::string::npos);
    }

    void a_stall_of_the_server_is_held_against_nobody() {
        struct Stalling final : TestHandler {
            void on_text(Connection& connection, std::string_view text) override {
                if (text == "stall") std::this_thread::sleep_for(3500ms);
                TestHandler::on_text(connection, text);
            }
        } handler;
        Limits limits;
        limits.messages_per_second = limits.bytes_per_second = 0;
        limits.ping_after = 1s;
        limits.behind = limits.cut_after = limits.closing = 3s;
        limits.slowest_reader_bytes_per_second = 1e9;
        limits.queued_bytes = 1 << 30;
        const auto server = start(handler, limits);
        RawWebSocket quiet(server->port()), reader(server->port(), "/", 4096);
        RawWebSocket sender(server->port());
        QVERIFY(works(quiet) && works(reader));
        const std::string payload = "*" + std::string(500'000, 'x');
        for (int i = 0; i < 20; ++i) QVERIFY(sender.send(text(payload)));
        QVERIFY(sender.send(text("stall")));
        for (int i = 0; i < 20; ++i) QCOMPARE(sender.receive()->payload, payload);
        QCOMPARE(sender.receive()->payload, "stall");
        QVERIFY(works(quiet));
        QVERIFY(works(reader));
    }

    void a_peer_that_ignores_the_farewell_is_cut_all_the_same() {
        Limits limits;
        limits.closing = 100ms;
        TestHandler handler;
        const auto server = start(handler, limits);
        RawWebSocket peer(server->port());
        peer.send(text("close 4000 bye"));
        QCOMPARE(peer.receive_close()->close_code(), 4000);
        // Still sending, never closing: in the end the server's reset stops it.
        const auto begin = std::chrono::steady_clock::now();
        while (peer.send(text("more"))) {
            QVERIFY(std::chrono::steady_clock::now() - begin < 20s);
        }
    }

    void an_address_may_not_hold_many_unconfirmed_connections() {
        Limits limits;
        limits.unconfirmed_loopback = 3;
        TestHandler handler;
        const auto server = start(handler, limits);
        std::vector<RawWebSocket> peers;
        for (int i = 0; i < 3; ++i) peers.emplace_back(server->port(), "/unconfirmed");
        for (auto& peer : peers) QVERIFY(works(peer));
        QVERIFY(!RawWebSocket(server->port(), "/unconfirmed").accepted());
        peers.pop_back();
        handler.closes(1);
        const auto begin = std::chrono::steady_clock::now();
        while (!RawWebSocket(server->port(), "/confirmed").accepted()) {
            QVERIFY(std::chrono::steady_clock::now() - begin < 20s);
        }
        std::vector<RawWebSocket> confirmed;
        for (int i = 0; i < 5; ++i) {
            confirmed.emplace_back(server->port(), "/confirmed");
            QVERIFY(works(confirmed.back()));
        }
    }
};

TEST_CLASS(LimitsTest)
#include "limits_test.moc"
