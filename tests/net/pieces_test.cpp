#include <QTest>
#include <csignal>

#include "../test_main.h"
#include "frame_meter.h"
#include "teatime/net/frame.h"
#include "teatime/net/loop.h"
#include "teatime/net/url.h"

using namespace teatime::net;
using namespace std::chrono_literals;

class PiecesTest : public QObject {
    Q_OBJECT

private slots:
    void a_frame_has_the_shortest_header() {
        QCOMPARE(*make_text_frame(""), std::string("\x81\0", 2));
        QCOMPARE(*make_text_frame("ab"), std::string("\x81\x02"
                                                     "ab"));
        QCOMPARE(make_text_frame(std::string(125, 'x'))->size(), 127u);
        QCOMPARE(make_text_frame(std::string(126, 'x'))->substr(0, 4),
                 std::string("\x81\x7e\0\x7e", 4));
        QCOMPARE(make_text_frame(std::string(65536, 'x'))->substr(0, 10),
                 std::string("\x81\x7f\0\0\0\0\0\1\0\0", 10));
    }

    void a_long_close_reason_is_cut_between_characters() {
        std::string reason(122, 'x');
        reason += "ü and more";
        const auto frame = make_close_frame(4001, reason);
        QCOMPARE(frame->size(), 2u + 2u + 122u);
        QCOMPARE(frame->substr(0, 4), std::string("\x88\x7c\x0f\xa1"));
    }

    void utf8_is_judged_strictly() {
        for (const char* good : {"", "plain ascii of some length", "κόσμε", "\xed\x9f\xbf",
                                 "\xee\x80\x80", "\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80"}) {
            QVERIFY2(valid_utf8(good), good);
        }
        for (const char* bad :
             {"\x80", "\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
              "\xf4\x90\x80\x80", "\xff", "abcdefghi\xc3", "abcdefgh\xe2\x82", "\xf0\x9f\x98"}) {
            QVERIFY2(!valid_utf8(bad), bad);
        }
    }

    void urls_are_taken_apart() {
        const auto url = parse_url("ws://example.org:81/a/b?c=d#e").value();
        QCOMPARE(url.host, "example.org");
        QCOMPARE(url.port, 81);
        QCOMPARE(url.target, "/a/b?c=d");
        QCOMPARE(parse_url("localhost").value().text(), "ws://localhost:9090/");
        QCOMPARE(parse_url("http://[::1]:8/x").value().text(), "http://[::1]:8/x");
        QCOMPARE(parse_url("host?q").value().target, "/?q");
        QCOMPARE(parse_url("[::1]").value().host, "::1");
    }

    void a_wrong_url_is_explained_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("says");
        QTest::newRow("empty") << ""
                               << "it is empty";
        QTest::newRow("scheme") << "ftp://x"
                                << "scheme ftp://";
        QTest::newRow("tls") << "wss://x"
                             << "encrypted";
        QTest::newRow("no host") << "ws://:80"
                                 << "host is missing";
        QTest::newRow("port") << "ws://x:70000"
                              << "\"70000\" is no port";
        QTest::newRow("port 0") << "ws://x:0"
                                << "\"0\" is no port";
        QTest::newRow("port text") << "ws://x:8o"
                                   << "\"8o\" is no port";
        QTest::newRow("no port") << "ws://x:"
                                 << "\"\" is no port";
        QTest::newRow("bare v6") << "ws://::1:80"
                                 << "brackets";
        QTest::newRow("bracket") << "ws://[::1"
                                 << "] after";
        QTest::newRow("after bracket") << "ws://[::1]80"
                                       << "only :port";
        QTest::newRow("space") << "ws://a b"
                               << "space";
        QTest::newRow("line end") << "ws://a/\r\nX: y"
                                  << "control character";
        QTest::newRow("user") << "ws://me@x"
                              << "user name";
    }
    void a_wrong_url_is_explained() {
        QFETCH(QString, text);
        QFETCH(QString, says);
        const auto url = parse_url(text.toStdString());
        QVERIFY(url.has_error());
        QVERIFY2(url.error().message.find(says.toStdString()) != std::string::npos,
                 url.error().message.c_str());
    }

    /// The meter must find the same frames however the bytes arrive.
    void the_meter_counts_alike_at_every_split() {
        Limits limits;
        limits.fragments = 2;
        std::string bytes;
        for (const std::size_t size : {0u, 3u, 200u, 70000u}) {
            const auto frame = make_frame(Opcode::text, std::string(size, '\0'));
            bytes += *frame;
        }
        const std::string fragments("\x01\x01x\x00\x01x\x00\x00", 8);
        bytes += fragments;  // the third fragment is one too many
        const auto now = TokenBucket::Clock::now();
        for (std::size_t split = 0; split < bytes.size(); split += split < 300 ? 1 : 977) {
            FrameMeter meter(limits);
            QVERIFY(!meter.feed(std::string_view(bytes).substr(0, split), now));
            const auto breach = meter.feed(std::string_view(bytes).substr(split), now);
            QVERIFY(breach);
            QCOMPARE(breach->code, 1009);
        }
    }

    void a_bucket_refills_at_its_rate() {
        TokenBucket bucket(10, 5);
        auto now = TokenBucket::Clock::now();
        for (int i = 0; i < 5; ++i) QVERIFY(bucket.take(1, now));
        now += 100ms;
        QVERIFY(bucket.take(1, now));
        QVERIFY(!bucket.take(1, now));
        TokenBucket none(0, 0);
        QVERIFY(none.take(1e9, now));
    }

    void timers_fire_in_order_and_not_early() {
        Loop loop;
        std::string order;
        const auto begin = Loop::Clock::now();
        loop.schedule(begin + 20ms, [&] {
            order += 'c';
            loop.stop();
        });
        loop.schedule(begin + 10ms, [&] { order += 'a'; });
        loop.schedule(begin + 10ms, [&] { order += 'b'; });
        const auto cancelled = loop.schedule(begin + 5ms, [&] { order += 'x'; });
        loop.cancel(cancelled);
        loop.run();
        QCOMPARE(order, "abc");
        QVERIFY(Loop::Clock::now() >= begin + 20ms);
    }

    void a_timer_that_schedules_itself_for_now_starves_nobody() {
        Loop loop;
        std::function<void()> again = [&] { loop.schedule_after(0ms, again); };
        again();
        loop.post([&] { loop.post([&] { loop.stop(); }); });
        loop.run();
    }

    void a_stop_before_run_counts_and_the_loop_runs_again() {
        Loop loop;
        loop.stop();
        loop.run();
        bool ran = false;
        loop.post([&] {
            ran = true;
            loop.stop();
        });
        loop.run();
        QVERIFY(ran);
    }

    void a_signal_reaches_its_function() {
        Loop loop;
        int got = 0;
        loop.on_signal([&](int signal) {
            got = signal;
            loop.stop();
        });
        loop.post([] { ::raise(SIGTERM); });
        loop.run();
        QCOMPARE(got, SIGTERM);
    }
};

TEST_CLASS(PiecesTest)
#include "pieces_test.moc"
