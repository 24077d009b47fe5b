#include <fmt/format.h>
#include <sqlite3.h>

#include <QTest>
#include <algorithm>
#include <filesystem>

#include "../test_main.h"
#include "../thorough.h"
#include "fixture.h"
#include "shape.h"
#include "summary.h"
#include "teatime/state/json.h"
#include "teatime/timegraph/filter.h"
#include "teatime/timegraph/verify.h"

using namespace teatime;
using namespace teatime::timegraph;
using namespace std::chrono_literals;

namespace {

std::string call(std::string_view target, std::string_view selector, std::string_view more = "") {
    return to_json(Value(fmt::format(R"(["{}","{}"{}])", target, selector, more)));
}

/// As a JSON string, nothing else escaped.
std::string quoted(std::string_view text) {
    std::string json = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') json += '\\';
        json += c;
    }
    return json + '"';
}

Expression parsed(std::string_view text) {
    auto expression = Expression::parse(text);
    if (!expression) qFatal("%s", expression.error().message.c_str());
    return *expression;
}

/// Calls of all sorts, and much that looks like one.
class Talk {
public:
    Talk() : random_(test_seed()) {}
    std::uint64_t below(std::uint64_t limit) { return random_.below(limit); }

    Message next() {
        stamp_.seq = teatime::next(stamp_.seq);
        if (below(100) == 0) topic_ = below(20);  // what occurs changes from block to block
        if (below(3) != 0) stamp_.time += std::chrono::milliseconds(below(50));
        return {stamp_, {(topic_ + below(3)) % 7}, payload(), below(4) == 0 ? ",5" : ""};
    }

    std::string expression(int depth) {
        if (depth == 0 || below(3) == 0) return question();
        std::string left = "(" + expression(depth - 1) + ")";
        if (below(4) == 0) return "!" + left;
        return left + (below(2) == 0 ? " && (" : " || (") + expression(depth - 1) + ")";
    }

private:
    std::string target() { return fmt::format("t{}", (topic_ + below(3)) % 9); }
    std::string selector() { return fmt::format("s{}", (topic_ + below(2)) % 11); }

    std::string payload() {
        std::uint64_t n = below(10);
        switch (below(topic_ % 4 == 0 ? 16 : 4)) {
            case 4:
                return fmt::format(R"({{"what":"users","joined":[{}]}})", n);
            case 5:
                return fmt::format(R"({{"what":{},"x":[{}]}})", n, n);
            case 6:  // a number inside of a text looks like one that is none
                return call(fmt::format("a,{},b", n), selector());
            case 7:  // the same name twice is no JSON
                return call(target(), selector(),
                            fmt::format(R"(,{{"a,{},b":0,"a,{},b":0}})", n, below(10)));
            case 8:
                return quoted(R"( [ "t1" , "s1" ])");
            case 9:
                return "\"\\u005b" + quoted(R"("t2","s2"])").substr(1);
            case 10:
                return quoted(R"(["t\u0033","s3"])");
            case 11:
                return quoted(R"(["t4","s4")");  // never closed
            case 12:
                return quoted(R"(["t5"])");
            case 13:
                return fmt::format(R"(["t6","s6",{}])", n);
            case 14:
                return "\"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo5ODc2NTQzMjE=\"";
            case 15: {
                std::string bytes(below(30), 0);
                for (char& byte : bytes) byte = static_cast<char>(below(256));
                return bytes;
            }
            default:
                return call(target(), selector(), fmt::format(",{},{}", n, below(1000)));
        }
    }

    std::string question() {
        const char* comparisons[] = {"==", "==", "!=", "<", ">="};
        const char* comparison = comparisons[below(5)];
        switch (below(9)) {
            case 0:
                return fmt::format("time {} {}ms", comparison, below(60'000));
            case 1:
                return fmt::format("seq {} {}", comparison, below(4000));
            case 2:
                return fmt::format("sender {} {}", comparison, below(9));
            case 3:
                return fmt::format("target {} 't{}'", comparison, below(12));
            case 4:
                return fmt::format("selector {} 's{}'", comparison, below(12));
            case 5:
                return fmt::format("kind {} '{}'", comparison,
                                   std::array{"call", "router", "other"}[below(3)]);
            case 6:
                return fmt::format("args[{}] {} {}", below(2), comparison, below(10));
            case 7:
                return fmt::format("target {} null", below(2) == 0 ? "==" : "!=");
            default:
                return fmt::format("target contains '{}'", below(10));
        }
    }

    MessageMaker random_;
    Stamp stamp_;
    std::uint64_t topic_ = 0;
};

/// What a search for it should find.
std::vector<Message> scan(const std::vector<Message>& messages, const Expression& where,
                          VirtualTime from = VirtualTime::min(),
                          VirtualTime to = VirtualTime::max()) {
    std::vector<Message> found;
    for (const Message& message : messages) {
        bool in = message.stamp.time >= from && message.stamp.time <= to;
        if (in && where.holds({message.stamp, message.sender, message.payload})) {
            found.push_back(message);
        }
    }
    return found;
}

/// A handle of its own on the file, to see and to spoil what it holds.
class Sqlite {
public:
    explicit Sqlite(const std::string& path) {
        if (sqlite3_open(path.c_str(), &handle_) != SQLITE_OK) qFatal("%s", path.c_str());
    }
    ~Sqlite() { sqlite3_close(handle_); }
    Sqlite(const Sqlite&) = delete;
    Sqlite& operator=(const Sqlite&) = delete;
    void run(const std::string& sql) {
        if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
            qFatal("%s", sqlite3_errmsg(handle_));
        }
    }
    std::int64_t number(const std::string& sql) {
        sqlite3_stmt* query = nullptr;
        sqlite3_prepare_v2(handle_, sql.c_str(), -1, &query, nullptr);
        if (sqlite3_step(query) != SQLITE_ROW) qFatal("%s", sql.c_str());
        std::int64_t found = sqlite3_column_int64(query, 0);
        sqlite3_finalize(query);
        return found;
    }

private:
    sqlite3* handle_ = nullptr;
};

}  // namespace

class SearchTest : public QObject {
    Q_OBJECT
private slots:
    void a_search_finds_what_reading_everything_finds() {
        std::uint64_t skipped = 0, read = 0;
        for (std::size_t block_bytes : {std::size_t{1}, std::size_t{1500}, std::size_t{8000}}) {
            Folder folder;
            Talk talk;
            Writer writer = create(folder.file(), {.block_bytes = block_bytes});
            std::vector<Message> messages;
            while (messages.size() < 4000) {
                VERIFY_OK(writer.append(messages.emplace_back(talk.next())));
                if (talk.below(300) == 0) VERIFY_OK(writer.commit());
            }
            VERIFY_OK(writer.commit());  // the rest stays in the tail
            Reader reader = open(folder.file());
            for (int i = 0; i < (block_bytes == 1 ? 20 : test::thorough() ? 200 : 80); ++i) {
                std::string text = talk.expression(static_cast<int>(talk.below(4)));
                Expression where = parsed(text);
                VirtualTime from = VirtualTime::min(), to = VirtualTime::max();
                if (talk.below(2) == 0) from = messages[talk.below(messages.size())].stamp.time;
                if (talk.below(2) == 0) to = messages[talk.below(messages.size())].stamp.time;
                auto cursor = reader.search({.from = from, .to = to, .where = where});
                auto found = drain(cursor);
                VERIFY_OK(cursor.status());
                QVERIFY2(found == scan(messages, where, from, to), text.c_str());
                skipped += cursor.effort().skipped;
                read += cursor.effort().read;
            }
        }
        QVERIFY2(skipped > read / 10,
                 qPrintable(QString("%1 skipped, %2 read").arg(skipped).arg(read)));
    }

    void what_is_rare_is_found_by_reading_few_blocks() {
        Folder folder;
        Writer writer = create(folder.file(), {.block_bytes = 20'000});
        MessageMaker random(test_seed());
        std::vector<Message> rare;
        for (std::uint64_t seq = 1; seq <= 60'000; ++seq) {
            bool is_rare = seq == 20'000 || seq == 50'000;
            Message message{{kSessionStart + seq * 10ms, {seq}}, {seq % 5 + 1}, {}, {}};
            message.payload = call("painter", is_rare ? "clear" : "move",
                                   fmt::format(",{},{}", random.below(1920), random.below(1080)));
            message.extra = fmt::format(",{}", seq % 5);
            VERIFY_OK(writer.append(message));
            if (is_rare) rare.push_back(message);
        }
        VERIFY_OK(writer.close());
        Reader reader = open(folder.file());
        std::uint64_t blocks = reader.info()->blocks;
        QVERIFY(blocks >= 50);
        auto search = [&](std::string_view text, std::size_t expected, std::uint64_t at_most) {
            auto cursor = reader.search({.where = parsed(text)});
            std::size_t found = drain(cursor).size();
            VERIFY_OK(cursor.status());
            QCOMPARE(found, expected);
            QVERIFY2(cursor.effort().read <= at_most, text.data());
        };
        search("selector == 'clear'", 2, 2);
        search("selector != 'move'", 2, 2);
        search("!(selector == 'move')", 2, 2);
        search("selector == 'clear' || sender == 77", 2, 2);
        search("selector == 'clear' && time < 250s", 1, 1);
        search("selector == 'erase'", 0, 0);
        search("target contains 'board'", 0, 0);
        search("kind != 'call'", 0, 0);
        search("seq == 31234", 1, 1);
        search("time >= 300s && time < 300100ms", 10, 2);
        auto cursor = reader.search({.where = parsed("selector == 'clear'")});
        QCOMPARE(drain(cursor), rare);
        QCOMPARE(cursor.effort().skipped, blocks - 2);
    }

    void a_search_follows_what_is_being_written() {
        Folder folder;
        Talk talk;
        Writer writer = create(folder.file(), {.block_bytes = 2000});
        VERIFY_OK(writer.commit());
        Reader reader = open(folder.file());
        Expression where = parsed("selector == 's3' && args[0] > 4");
        auto cursor = reader.search({.where = where});
        std::vector<Message> messages, found;
        for (int i = 0; i < 3000; ++i) {
            VERIFY_OK(writer.append(messages.emplace_back(talk.next())));
            if (talk.below(10) == 0) VERIFY_OK(writer.commit());
            if (talk.below(20) != 0) continue;
            for (Message& message : drain(cursor)) found.push_back(std::move(message));
        }
        VERIFY_OK(writer.commit());
        for (Message& message : drain(cursor)) found.push_back(std::move(message));
        VERIFY_OK(cursor.status());
        QCOMPARE(found, scan(messages, where));
        QVERIFY(cursor.effort().skipped > 0);
        QCOMPARE(cursor.position(), messages.back().stamp.seq);
    }

    void a_search_goes_on_with_another_reader() {
        Folder folder;
        Talk talk;
        Writer writer = create(folder.file(), {.block_bytes = 2000});
        Expression where = parsed("selector == 's3' && seq > 100 || sender == 2 && args[0] > 8");
        std::vector<Message> messages, found;
        VirtualTime from = kSessionStart + 2s;
        Seq after;
        for (int i = 0; i < 60; ++i) {
            for (int k = 0; k < 50; ++k)
                VERIFY_OK(writer.append(messages.emplace_back(talk.next())));
            VERIFY_OK(writer.commit());
            Reader reader = open(folder.file());
            auto cursor = reader.search({.from = from, .after = after, .where = where});
            for (Message& message : drain(cursor)) found.push_back(std::move(message));
            VERIFY_OK(cursor.status());
            after = cursor.position();
        }
        QCOMPARE(found, scan(messages, where, from));
        QVERIFY(!found.empty());
    }

    void a_filtered_recording_holds_what_was_asked_for() {
        Folder folder;
        Talk talk;
        Meta meta;
        meta.app = "a";
        Writer writer = create(folder.file(), {.block_bytes = 2000}, meta);
        std::vector<Message> messages;
        for (int i = 0; i < 3000; ++i) {
            VERIFY_OK(writer.append(messages.emplace_back(talk.next())));
        }
        VERIFY_OK(writer.member_joined({3}, "Ann", "user", messages[5].stamp));
        VERIFY_OK(writer.bookmark({{{}, messages[7].stamp.time, 1}, {}, "Ann", "here"}));
        VERIFY_OK(writer.keyframe(Image{}, {}));
        writer.bound(messages.back().stamp.time + 1s, {});
        VERIFY_OK(writer.commit());  // goes on being recorded

        Expression once = parsed("sender == 2 || selector == 's5'");
        Expression again = parsed("seq > 500");
        auto filtered = filter(folder.file(), folder.file("once"), once);
        VERIFY_OK(filtered);
        VERIFY_OK(filter(folder.file("once"), folder.file("twice"), again));
        for (const char* name : {"once", "twice"}) {
            bool twice = name == std::string("twice");
            std::vector<Message> expected = scan(messages, once);
            if (twice) expected = scan(expected, again);
            Reader reader = open(folder.file(name));
            auto cursor = reader.messages();
            QCOMPARE(drain(cursor), expected);
            QVERIFY(expected.size() > 10 && expected.size() < messages.size() / 2);
            if (!twice) QCOMPARE(filtered->kept, expected.size());
            auto info = reader.info();
            QCOMPARE(info->end.bound, messages.back().stamp.time + 1s);
            QCOMPARE(info->keyframes, 0u);
            QCOMPARE(info->gaps, 1u);
            QCOMPARE(info->bookmarks, 1u);
            QCOMPARE(info->meta.app, std::string("a"));
            QCOMPARE(info->meta.more.at(kFilterMeta),
                     twice ? "(" + once.text() + ") && (" + again.text() + ")" : once.text());
            QCOMPARE(reader.members()->size(), std::size_t{1});
            auto checked = verify(folder.file(name));
            VERIFY_OK(checked);
            for (const Problem& problem : checked->problems)
                qWarning("%s", to_string(problem).c_str());
            QVERIFY(checked->problems.empty());
        }
        auto refused = filter(folder.file(), folder.file("once"), once);
        QVERIFY(!refused && refused.error().kind == ErrorKind::wrong_usage);
    }

    void a_filter_that_is_ended_leaves_nothing() {
        Folder folder;
        Talk talk;
        Writer writer = create(folder.file(), {.block_bytes = 2000});
        for (int i = 0; i < 3000; ++i) VERIFY_OK(writer.append(talk.next()));
        VERIFY_OK(writer.close());
        std::stop_source stop;
        Watch watch;
        double last = 0;
        watch.progress = [&](double fraction) {
            QVERIFY(fraction >= last && fraction <= 1);
            last = fraction;
            if (fraction > 0.5) stop.request_stop();
        };
        watch.stop = stop.get_token();
        auto ended = filter(folder.file(), folder.file("part"), parsed("args[0] == 77"), watch);
        QVERIFY(!ended);
        QVERIFY(last > 0.5 && last < 1);
        for (const auto& entry : std::filesystem::directory_iterator(folder.file("."))) {
            QCOMPARE(entry.path().filename().string(), std::string("session.timegraph"));
        }
    }

    /// Bloom: (1 - e^(-kn/m))^k.
    void many_values_become_a_filter_with_few_wrong_hits() {
        for (std::size_t limit : {std::size_t{300}, std::size_t{1000}, kMaxSummary}) {
            std::vector<std::string> calls;
            for (int i = 0; i < 1000; ++i) calls.push_back(call(fmt::format("#{}", i), "go"));
            SummaryMaker maker;
            for (const std::string& each : calls) maker.add_shape(each, 0);
            maker.add_sender({3});
            BlockHead head{7, {}, {kSessionStart, {1}}, {kSessionStart, {1000}}, 1000};
            std::string bytes = maker.encode(head, limit);
            QVERIFY(bytes.size() <= limit);
            auto summary = Summary::read(head, bytes);
            QVERIFY(summary);
            QVERIFY(!summary->values(MessageField::target));
            QVERIFY(summary->values(MessageField::selector));
            int wrong = 0;
            for (int i = 0; i < 1000; ++i) {
                QVERIFY(summary->may_have(MessageField::target, fmt::format("#{}", i)));
                wrong += summary->may_have(MessageField::target, fmt::format("#{}", i + 1000));
            }
            double bits = std::min(12.0, static_cast<double>(limit - 40) * 8 / 1000);
            double expected = std::pow(0.6185, bits) * 1000;  // with the best number of hashes
            QVERIFY2(wrong < expected * 1.6 + 10,
                     qPrintable(QString("%1, %2 expected").arg(wrong).arg(expected)));
        }
    }

    void a_summary_says_no_more_than_is_sure() {
        BlockHead head{7, {}, {kSessionStart, {1}}, {kSessionStart + 1s, {9}}, 9};
        struct Case {
            std::string payload;
            std::size_t holes;
            bool only_calls, calls_known;
        };
        auto with_holes = [](std::string_view text) {
            std::string payload = quoted(text);
            std::replace(payload.begin(), payload.end(), '%', kHole);
            return payload;
        };
        const Case cases[] = {
            {call("a", "go"), 0, true, true},
            {with_holes(R"(["a","go",%])"), 1, true, true},
            {with_holes(R"(["a,%,b","go"])"), 1, false, false},
            {with_holes(R"(["a","go","x,%,y"])"), 1, false, true},
            {with_holes(R"(["a","go",{"a,%,b":0,"a,%,b":1e9}])"), 2, false, true},
            {"\"QUJD\"", 0, false, true},
            {"", 0, false, true},
        };
        for (const Case& one : cases) {
            SummaryMaker maker;
            maker.add_shape(one.payload, one.holes);
            auto summary = Summary::read(head, maker.encode(head, 200));
            QVERIFY(summary);
            QVERIFY2(summary->may_have(MessageField::target, Value()) == !one.only_calls,
                     one.payload.c_str());
            QVERIFY2((summary->values(MessageField::target) != nullptr) == one.calls_known,
                     one.payload.c_str());
        }
    }

    void a_damaged_summary_says_nothing() {
        const std::string calls[] = {call("a", "go"), call("b", "go"), call("c", "go")};
        SummaryMaker maker;
        maker.add_sender({3});
        maker.add_sender({1'000'000});
        for (const std::string& each : calls) maker.add_shape(each, 0);
        BlockHead head{7, {}, {kSessionStart, {1}}, {kSessionStart + 1s, {9}}, 9};
        const std::string whole = maker.encode(head, 200);
        QVERIFY(Summary::read(head, whole));
        for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
            std::string spoilt = whole;
            spoilt[bit / 8] ^= static_cast<char>(1 << bit % 8);
            QVERIFY(!Summary::read(head, spoilt));
        }
        for (std::size_t size = 0; size < whole.size(); ++size) {
            QVERIFY(!Summary::read(head, whole.substr(0, size)));
        }
        for (BlockHead other : {BlockHead{8, {}, head.first, head.last, 9},
                                BlockHead{7, {}, head.first, {head.last.time, {10}}, 9},
                                BlockHead{7, {}, head.first, head.last, 8}}) {
            QVERIFY(!Summary::read(other, whole));
        }
    }

    /// What is spoilt is never passed over in silence.
    void a_search_reads_a_block_whose_summary_is_spoilt() {
        Folder folder;
        Writer writer = create(folder.file(), {.block_bytes = 2000});
        for (std::uint64_t seq = 1; seq <= 500; ++seq) {
            VERIFY_OK(writer.append({{kSessionStart, {seq}}, {1}, call("a", "go")}));
        }
        VERIFY_OK(writer.close());
        Expression where = parsed("selector == 'stop'");
        {
            Sqlite file(folder.file());
            file.run("UPDATE blocks SET summary = zeroblob(40) WHERE id = 2");
        }
        Reader reader = open(folder.file());
        auto cursor = reader.search({.where = where});
        QCOMPARE(drain(cursor).size(), std::size_t{0});
        QVERIFY(!cursor.status());
        QVERIFY(cursor.status().error().message.find("damaged") != std::string::npos);
    }

    void a_summary_is_small_and_the_same_every_time() {
        Folder folder;
        for (const char* name : {"one", "two"}) {
            Writer writer = create(folder.file(name));
            MessageMaker maker(5);
            for (int i = 0; i < 60'000; ++i) VERIFY_OK(writer.append(maker.next()));
            VERIFY_OK(writer.close());
        }
        Sqlite file(folder.file("one"));
        QVERIFY(file.number("SELECT count(*) FROM blocks WHERE summary IS NOT NULL") > 5);
        QVERIFY(file.number("SELECT max(length(summary)) FROM blocks") <= 2048);
        QCOMPARE(file.number("SELECT count(*) FROM blocks WHERE length(summary) > 128 AND "
                             "length(summary) * 100 > length(data)"),
                 std::int64_t{0});
        file.run("ATTACH '" + folder.file("two") + "' AS other");
        QCOMPARE(file.number("SELECT count(*) FROM blocks a JOIN other.blocks b ON a.id = b.id "
                             "WHERE a.summary IS NOT b.summary"),
                 std::int64_t{0});
    }
};

TEST_CLASS(SearchTest)
#include "search_test.moc"
