#include "teatime/timegraph/export.h"

#include <QTest>
#include <filesystem>
#include <map>

#include "../test_main.h"
#include "sample_recording.h"
#include "teatime/state/bytes.h"
#include "teatime/state/json.h"
#include "teatime/timegraph/verify.h"

using namespace teatime;
using namespace teatime::timegraph;

namespace {

constexpr VirtualTime kFirst = VirtualTime::min(), kLast = VirtualTime::max();

template <class Export>
std::string exported(Export&& to, const Reader& reader, VirtualTime from = kFirst,
                     VirtualTime until = kLast) {
    std::string bytes;
    auto done = to(
        reader, from, until,
        [&](std::string_view piece) -> result<void> {
            bytes += piece;
            return {};
        },
        Watch{});
    if (!done) qFatal("%s", done.error().message.c_str());
    return bytes;
}

std::size_t count(const std::string& text, std::string_view part) {
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
    return n;
}

}  // namespace

class ExportTest : public QObject {
    Q_OBJECT

    Folder folder_;
    std::string good_ = folder_.file("good.timegraph");
    std::string out_ = folder_.file("out.timegraph");
    std::string lines_;

    result<Reader::End> import(const std::string& lines) {
        std::filesystem::remove(out_);
        std::istringstream in(lines);
        return import_jsonl(in, "x.jsonl", out_);
    }
    void refused(const std::string& lines, const char* why) {
        auto end = import(lines);
        QVERIFY(!end);
        QVERIFY2(end.error().message.find(why) != std::string::npos, end.error().message.c_str());
        QVERIFY(!std::filesystem::exists(out_) && !std::filesystem::exists(out_ + ".part"));
    }

private slots:
    void initTestCase() {
        make_recording(good_, test_seed());
        auto writer = Writer::open(good_);
        VERIFY_OK(writer->meta("app", "painter"));
        VERIFY_OK(writer->meta("odd", std::string_view("\xff\x00\x01", 3)));
        VERIFY_OK(writer->gap({kSessionStart + 70s, {1301}}, "the disk was full"));
        std::string payload = "\"[\\\"painter\\\",\\\"move\\\",1,2.5]\"";
        VERIFY_OK(writer->append(MessageView({kSessionStart + 70s, {1301}}, {3}, payload)));
        VERIFY_OK(writer->member_left({0}, {kSessionStart + 70s, {1301}}));
        VERIFY_OK(writer->close());
        lines_ = exported(export_jsonl, open(good_));
    }

    void lines_make_an_equal_recording() {
        auto end = import(lines_);
        VERIFY_OK(end);
        auto verification = verify(out_);
        VERIFY_OK(verification);
        QVERIFY(verification->problems.empty());
        Reader before = open(good_), after = open(out_);
        QVERIFY(*before.end() == *after.end() && *end == *after.end());
        QVERIFY(before.info()->meta == after.info()->meta);
        auto a = before.messages(), b = after.messages();
        std::vector<Message> messages = drain(a);
        QCOMPARE(messages.size(), std::size_t{1201});
        QVERIFY(messages == drain(b));
        QVERIFY(*before.votes() == *after.votes());
        QVERIFY(*before.clock() == *after.clock());
        QVERIFY(*before.bookmarks() == *after.bookmarks());
        QVERIFY(*before.members() == *after.members());
        QVERIFY(*before.gaps() == *after.gaps());
        QVERIFY(*before.errors() == *after.errors());
        QVERIFY(*before.files() == *after.files());
        QVERIFY(before.schemas()->size() == after.schemas()->size());
        auto old_states = *before.keyframes(), states = *after.keyframes();
        QCOMPARE(states.size(), old_states.size());
        for (std::size_t i = 0; i < states.size(); ++i) {
            QCOMPARE(states[i].mark, old_states[i].mark);
            QVERIFY(*after.touched(states[i]) == *before.touched(old_states[i]));
            if (states[i].kind == KeyframeInfo::Kind::foreign) {
                QVERIFY(*before.foreign_state(old_states[i]) == *after.foreign_state(states[i]));
            } else {
                QVERIFY(*before.image(old_states[i]) == *after.image(states[i]));
            }
        }
        QVERIFY(exported(export_jsonl, after) == lines_);
    }

    void a_part_holds_what_is_in_it() {
        VirtualTime from = kSessionStart + 10s, to = kSessionStart + 29s;
        VERIFY_OK(import(exported(export_jsonl, open(good_), from, to)));
        QVERIFY(verify(out_)->problems.empty());
        Reader part = open(out_);
        QCOMPARE(part.end()->bound, to);
        QCOMPARE(part.end()->messages, std::uint64_t{20 * 20});
        QCOMPARE(part.keyframes()->front().mark.time, kSessionStart + 12s);
        QCOMPARE(part.keyframes()->size(), std::size_t{3});
        QCOMPARE(part.votes()->size(), std::size_t{20});
        QCOMPARE(*part.wall_at(from), *open(good_).wall_at(from));
        QVERIFY(part.gaps()->empty());
    }

    void what_is_no_recording_is_refused_with_the_line() {
        refused("", "is empty");
        refused("x\n", "line 1, column ");
        refused("{\"kind\":\"message\"}\n", "line 1: the first line");
        refused("{\"kind\":\"timegraph\",\"version\":2}\n", "reads up to 1");
        std::string header = "{\"kind\":\"timegraph\",\"version\":1}\n";
        refused(header, "cut off");
        refused(header + "{\"kind\":\"tea\"}\n", "line 2: \"tea\" is no kind");
        refused(header + "{\"kind\":\"message\",\"time\":\"1s\"}\n", "line 2: \"payload\"");
        refused(
            header + "{\"kind\":\"file\",\"time\":\"1s\",\"seq\":1,\"path\":\"\",\"bytes\":\"#\"}",
            "no base64");
        std::string message = "{\"kind\":\"message\",\"time\":\"1s\",\"seq\":7,\"payload\":\"x\"}";
        refused(header + message + "\n" + message + "\n", "line 3: ");
        std::size_t half = lines_.find("{\"kind\":\"keyframe\"");
        refused(lines_.substr(0, half + 1000), "line ");
        refused(lines_ + message, "behind");
    }

    /// Random damage to lines: refused, or a recording that is whole.
    void damaged_lines_never_make_a_damaged_recording() {
        MessageMaker random(test_seed());
        std::string lines = exported(export_jsonl, open(good_), kFirst, kSessionStart + 6s);
        int refusals = 0;
        for (int round = 0; round < 60; ++round) {
            std::string damaged = lines;
            damaged[random.below(damaged.size())] = static_cast<char>(random.below(128));
            if (import(damaged)) {
                QVERIFY(verify(out_)->problems.empty());
            } else {
                ++refusals;
                QVERIFY(!std::filesystem::exists(out_));
            }
        }
        QVERIFY(refusals > 0);
    }

    void a_table_has_a_line_for_each_message() {
        std::string table = exported(export_csv, open(good_), kSessionStart + 70s);
        std::string expected = "seconds,seq,sender,target,selector,arguments,payload,extra\r\n";
        expected += "70,1301,3,painter,move,\"[1,2.5]\",";
        expected += "\"\"\"[\\\"\"painter\\\"\",\\\"\"move\\\"\",1,2.5]\"\"\",";
        QCOMPARE(table, expected + "\r\n");
    }

    /// By the specification: every record is where the indexes say.
    void mcap_is_framed_and_indexed() {
        std::string mcap = exported(export_mcap, open(good_));
        std::string magic("\x89MCAP0\r\n", 8);
        QVERIFY(mcap.starts_with(magic) && mcap.ends_with(magic));
        std::map<int, int> records;
        std::map<std::uint64_t, int> at;
        ByteReader reader(std::string_view(mcap).substr(8, mcap.size() - 16));
        std::string_view footer, statistics;
        std::vector<std::string_view> chunk_indexes;
        while (!reader.done()) {
            std::uint64_t place = mcap.size() - 8 - reader.left();
            int op = reader.fixed<std::uint8_t>();
            std::string_view content = reader.raw(reader.fixed<std::uint64_t>());
            QVERIFY(reader.ok());
            ++records[op];
            at[place] = op;
            if (op == 2) footer = content;
            if (op == 8) chunk_indexes.push_back(content);
            if (op == 11) statistics = content;
        }
        QCOMPARE(records[1], 1);
        QCOMPARE(records[2], 1);
        QCOMPARE(records[6], records[8]);
        QVERIFY(records[6] >= 1 && records[7] >= 1);
        QCOMPARE(ByteReader(statistics).fixed<std::uint64_t>(), std::uint64_t{1201});
        ByteReader of_footer(footer);
        QCOMPARE(at[of_footer.fixed<std::uint64_t>()], 3);   // the summary begins with its schema
        QCOMPARE(at[of_footer.fixed<std::uint64_t>()], 14);  // offsets of its groups
        for (std::string_view index : chunk_indexes) {
            ByteReader of_index(index);
            of_index.raw(16);
            QCOMPARE(at[of_index.fixed<std::uint64_t>()], 6);
            of_index.raw(8);
            ByteReader offsets(of_index.sized());
            while (!offsets.done()) {
                offsets.fixed<std::uint16_t>();
                QCOMPARE(at[offsets.fixed<std::uint64_t>()], 7);
            }
        }
        QVERIFY(count(mcap, "painter") > 0);
    }

    void wall_times_that_a_recording_does_not_know_are_not_made_up() {
        const std::string before = R"({"kind":"timegraph","version":1}
{"kind":"message","time":"10s","seq":1,"payload":"x"}
{"kind":"message","time":"20s","seq":2,"payload":"x"}
)";
        const std::string clock =
            R"({"kind":"clock","time":"20s","seq":2,"wall_us":1700000000000000,"rate":2.0}
)";
        const std::string end = R"({"kind":"end","time":"30s"}
)";
        using namespace std::chrono;
        const auto first_is = [&](const std::string& lines, nanoseconds first, const char* words) {
            VERIFY_OK(import(lines));
            QVERIFY(exported(export_jsonl, open(out_)).ends_with("\n" + end));
            const std::string mcap = exported(export_mcap, open(out_));
            QCOMPARE(count(mcap, words), std::size_t{1});
            ByteReader reader(std::string_view(mcap).substr(8, mcap.size() - 16));
            while (!reader.done()) {
                const int op = reader.fixed<std::uint8_t>();
                ByteReader content(reader.raw(reader.fixed<std::uint64_t>()));
                if (op != 11) continue;
                content.raw(8 + 2 + 4 * 4);
                QCOMPARE(nanoseconds(content.fixed<std::uint64_t>()), first);
            }
        };
        first_is(before + end, 10s, "virtual time; the wall clock is not known");
        // As of a member that came at 20 s and records what was before it, too.
        first_is(before + clock + end, 1'699'999'995s,
                 "the wall clock, known from 20s on; before that reckoned from there");
        QVERIFY(!open(out_).wall_at(kSessionStart + 10s));
    }

    void an_error_of_the_sink_ends_it() {
        for (auto format : {export_jsonl, export_csv, export_mcap}) {
            auto done = format(open(good_), kFirst, kLast,
                               [](std::string_view) -> result<void> { return failed("full"); }, {});
            QVERIFY(!done);
            QCOMPARE(done.error().message, std::string("full"));
        }
    }
};

TEST_CLASS(ExportTest)
#include "export_test.moc"
