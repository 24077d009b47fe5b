#include "teatime/timegraph/redact.h"

#include <fmt/format.h>

#include <QTest>
#include <filesystem>
#include <set>

#include "../test_main.h"
#include "pseudonyms.h"
#include "sample_recording.h"
#include "teatime/state/inspect.h"
#include "teatime/state/json.h"
#include "teatime/state/rewrite.h"
#include "teatime/state/state_hash.h"
#include "teatime/timegraph/verify.h"
#include "zstd_frame.h"

using namespace teatime;
using namespace teatime::timegraph;
using namespace std::chrono_literals;

namespace {

constexpr const char* kName = "Wilhelmina";
constexpr const char* kShort = "Bo";
constexpr std::int64_t kPhone = 48'211'907;
constexpr double kPlace = 52.520008;
const std::string kStateHash(32, 'e');

std::string room_call(const std::string& selector, const std::string& arguments) {
    return to_json(Value(fmt::format(R"(["room","{}"{}])", selector, arguments)));
}

/// Writes the secrets into a state: fields `title` and `count`, keys of `scores`, elsewhere too.
class Planter : public LeafVisitor {
public:
    void enter(std::string_view member) override { way_.emplace_back(member); }
    void leave() override { way_.pop_back(); }
    void leaf(const Type& type, Value& value) override {
        const std::string& field = way_.back();
        if (field == "title") value = kName;
        if (field == "count") value = kPhone;
        if (field == "f64") value = kPlace;
        if (field == "label") value = std::string("of ") + kName + "'s friend " + kShort;
        if (field == "blob") value = Value::Bytes{std::string("\0\xff", 2) + kName};
        if (field == "scores" && type.kind == Kind::string) {
            value = *value.if_string() + kName + std::to_string(keys_++);
        }
    }

private:
    std::vector<std::string> way_;
    int keys_ = 100;
};

Image secret_state(std::uint64_t seed, VirtualTime time) {
    test::Random random(seed);
    Image image = test::random_image(random, 20);
    image.time = time;
    image.seq = {1'000};
    Planter planter;
    for (Image::Object& object : image.objects) {
        object.fields = *rewrite_value(image.schemas[0], 0, object.fields, planter);
    }
    image.queue.clear();
    Image::Message move;
    move.time = time + 1s;
    move.order = 1;
    move.target = image.root;
    move.selector = "move";
    ByteWriter writer(move.arguments);
    writer.fixed(std::bit_cast<std::uint64_t>(kPlace));
    writer.sized(kName);
    image.queue.push_back(move);
    image.names.emplace_back(std::string("seat of ") + kName, image.root);
    std::sort(image.names.begin(), image.names.end());
    image.subscriptions.push_back({kName, "wave", image.root, "step"});
    image.hash = state_hash(image);
    return image;
}

/// The secrets everywhere where a recording can have them.
void make(const std::string& path, std::uint64_t seed) {
    Meta meta;
    meta.kind = "native";
    meta.app = "room";
    meta.session = "s1";
    meta.more["join"] = fmt::format(R"({{"name":"{}'s room","tel":{}}})", kName, kPhone);
    Writer writer = create(path, {.block_bytes = 2'000}, meta);
    std::uint64_t seq = 0;
    auto say = [&](const std::string& payload, const std::string& extra = {}) {
        Stamp stamp{kSessionStart + std::chrono::milliseconds(++seq), {seq}};
        VERIFY_OK(writer.append({stamp, {1}, payload, extra}));
    };
    for (int i = 0; i < 50; ++i) {
        say(room_call("join", fmt::format(R"(,{{"name":"{}","count":3}})", kName)));
        say(room_call("dial", fmt::format(",{}", kPhone)));
        say(room_call("dial", ",17"));
        say(room_call("walk", fmt::format(",17,{},2.5", kPlace)));
        say(room_call(
            "say", fmt::format(R"(,"{} ({}) is called {}, Bob is not")", kShort, kName, kPhone)));
        say(fmt::format(R"({{"what":"users","joined":[{{"id":1,"name":"{}"}}]}})", kName),
            fmt::format(R"(,1,"{}")", kName));
        say(fmt::format(R"({{"what":"tally","votes":{{"{}":2}}}})", kStateHash));
        say("\"" + to_base64(std::span(reinterpret_cast<const std::uint8_t*>(kName), 10)) + "\"");
        say(fmt::format("no JSON of {}", kName));
    }
    Stamp last{kSessionStart + 1s, {seq}};
    Mark mark{BranchId{}, last.time, 0};
    VERIFY_OK(writer.clock({{kSessionStart, {0}}, {}, 1}));
    VERIFY_OK(writer.member_joined({1}, kName, "participant", last));
    VERIFY_OK(writer.member_joined({2}, kShort, "participant", last));
    VERIFY_OK(writer.bookmark({mark, {}, kName, fmt::format("{}, {}?", kPhone, kName)}));
    VERIFY_OK(writer.error({mark, last.seq, "std::logic_error", fmt::format("no {}", kName)}));
    VERIFY_OK(writer.file({last, "snapshots/1", kName}));
    VERIFY_OK(writer.vote({mark, {1}, kStateHash}));
    VERIFY_OK(writer.keyframe(secret_state(seed, last.time), {}));
    VERIFY_OK(writer.keyframe(secret_state(seed + 1, last.time + 1s), {}));
    VERIFY_OK(writer.foreign_keyframe({BranchId{}, last.time + 2s, 0}, last.seq, "h", kName));
    VERIFY_OK(writer.gap({last.time + 3s, {seq + 10}}, fmt::format("{} left", kName)));
    writer.reach(last.time + 3s, {});
    VERIFY_OK(writer.close());
}

/// Every byte of a file, and what is packed in it, unpacked.
std::string all_bytes(const std::string& path) {
    std::string all = read_file(path);
    sqlite3* handle = nullptr;
    if (sqlite3_open(path.c_str(), &handle) != SQLITE_OK) qFatal("cannot open %s", path.c_str());
    for (const TableLayout& table : kTables) {
        sqlite3_stmt* rows = nullptr;
        sqlite3_prepare_v2(handle, ("SELECT * FROM " + std::string(table.name)).c_str(), -1, &rows,
                           nullptr);
        while (sqlite3_step(rows) == SQLITE_ROW) {
            for (int i = 0; i < sqlite3_column_count(rows); ++i) {
                auto* data = static_cast<const char*>(sqlite3_column_blob(rows, i));
                std::string bytes(data ? data : "",
                                  static_cast<std::size_t>(sqlite3_column_bytes(rows, i)));
                std::string content;
                if (unpack(bytes, 1u << 28, content)) all += content;
                all += bytes;
            }
        }
        sqlite3_finalize(rows);
    }
    sqlite3_close(handle);
    return all + Dump(path).text();
}

bool contains(const std::string& all, std::string_view what) {
    return all.find(what) != std::string::npos;
}

template <class Number>
std::string raw(Number number) {
    std::string bytes(sizeof number, 0);
    std::memcpy(bytes.data(), &number, sizeof number);
    return bytes;
}

Redaction everything() {
    return {{"name", "title", "Disc.count", "f64"}, {"dial", "walk"}, "a key of this test only"};
}

std::vector<std::string> payloads_with(const Reader& reader, const std::string& selector) {
    std::vector<std::string> found;
    auto cursor = reader.messages();
    while (cursor.next()) {
        auto call = decode_call_text(cursor.message().payload);
        if (call && call->selector == selector) found.push_back(to_json(call->arguments));
    }
    return found;
}

}  // namespace

class RedactTest : public QObject {
    Q_OBJECT

    Folder folder_;
    std::string in_ = folder_.file("in.timegraph"), out_ = folder_.file("out.timegraph");
    Redacted done_;

private slots:
    void initTestCase() { make(in_, test_seed()); }
    void init() {
        std::filesystem::remove(out_);
        auto done = redact(in_, out_, everything());
        VERIFY_OK(done);
        done_ = *done;
    }

    void no_byte_of_a_secret_is_in_the_file() {
        std::string before = all_bytes(in_), after = all_bytes(out_);
        std::string phone = std::to_string(kPhone), place = std::to_string(kPlace).substr(0, 6);
        for (const std::string& secret :
             {std::string(kName), phone, place, raw(kPhone), raw(kPlace), kStateHash}) {
            QVERIFY2(contains(before, secret), secret.c_str());
            QVERIFY2(!contains(after, secret), secret.c_str());
        }
        QVERIFY(!contains(after,
                          to_base64(std::span(reinterpret_cast<const std::uint8_t*>(kName), 9))));
    }

    void the_same_value_has_the_same_pseudonym_everywhere() {
        Reader reader = open(out_);
        Pseudonyms pseudonyms(everything().key);
        std::string name = pseudonyms.text(kName), brief = pseudonyms.text(kShort);
        std::int64_t phone = *pseudonyms.number(kPhone).if_int();
        auto members = *reader.members();
        QCOMPARE(members[0].name, name);
        QCOMPARE(members[1].name, brief);
        QCOMPARE(reader.bookmarks()->front().comment, fmt::format("{}, {}?", phone, name));
        QCOMPARE(reader.bookmarks()->front().author, name);
        QCOMPARE(reader.errors()->front().sentence, "no " + name);
        QCOMPARE(payloads_with(reader, "join").front(),
                 fmt::format(R"([{{"name":"{}","count":3}}])", name));
        QCOMPARE(payloads_with(reader, "say").front(),
                 fmt::format(R"(["{} ({}) is called {}, Bob is not"])", brief, name, phone));
        QCOMPARE(payloads_with(reader, "dial").front(), fmt::format("[{}]", phone));
        auto image = *reader.image(reader.keyframes()->front());
        Value fields = *decode_object(image, image.objects.front());
        QCOMPARE(*fields.find("title")->if_string(), name);
        QCOMPARE(*fields.find("count")->if_int(), phone);
        QVERIFY(contains(describe_message(image, image.queue.front()), name));
        QVERIFY(contains(reader.info()->meta.more.at("join"), name + "'s room"));
    }

    void short_numbers_are_replaced_where_they_are_asked_for_and_only_there() {
        Reader reader = open(out_);
        std::string seventeen = to_json(Pseudonyms(everything().key).number(Value(17)));
        QVERIFY(seventeen != "17");
        QCOMPARE(payloads_with(reader, "dial").at(1), "[" + seventeen + "]");
        QVERIFY(payloads_with(reader, "walk").front().starts_with("[" + seventeen + ","));
        QVERIFY(contains(payloads_with(reader, "join").front(), "\"count\":3"));
    }

    void what_cannot_be_redacted_is_left_out_and_counted() {
        QCOMPARE(done_.messages_left_out, std::uint64_t{100});
        QCOMPARE(done_.messages, std::uint64_t{350});
        QCOMPARE(done_.states_left_out, std::uint64_t{1});
        QCOMPARE(done_.files_left_out, std::uint64_t{1});
        Reader reader = open(out_);
        QCOMPARE(reader.info()->end.messages, std::uint64_t{350});
        QCOMPARE(reader.keyframes()->size(), std::size_t{2});
        QCOMPARE(reader.files()->size(), std::size_t{0});
    }

    void it_is_a_whole_recording_that_says_what_it_is() {
        auto verification = verify(out_);
        VERIFY_OK(verification);
        for (const Problem& problem : verification->problems) QFAIL(to_string(problem).c_str());
        Reader reader = open(out_);
        QCOMPARE(*redacted_of(reader.info()->meta),
                 "fields name, title, Disc.count, f64; selectors dial, walk");
        for (const KeyframeInfo& keyframe : *reader.keyframes()) {
            Image image = *reader.image(keyframe);
            VERIFY_OK(check_image(image));
            QCOMPARE(image.hash, state_hash(image));
        }
        QCOMPARE(*reader.end(), ([&] {
            auto end = *open(in_).end();
            end.messages = 350;
            end.source_bytes = reader.end()->source_bytes;
            end.last = reader.end()->last;
            return end;
        }()));
    }

    void the_same_key_makes_the_same_recording_another_key_another_one() {
        std::string same = folder_.file("two.timegraph"), other = folder_.file("three.timegraph");
        VERIFY_OK(redact(in_, same, everything()));
        Redaction another = everything();
        another.key = "some other key of this test";
        VERIFY_OK(redact(in_, other, another));
        auto content = [](const std::string& path) {
            std::string text = Dump(path).text();
            for (std::size_t at = 0; (at = text.find(path, at)) != text.npos;) {
                text.erase(at, path.size());  // errors tell it
            }
            return text;
        };
        QVERIFY(content(same) == content(out_));
        QVERIFY(content(other) != content(out_));
    }

    void a_misspelt_name_is_an_error_and_leaves_no_file() {
        std::string none = folder_.file("none");
        for (const Redaction& wrong :
             {Redaction{{"nmae"}, {}, "key"}, Redaction{{}, {"dail"}, "key"},
              Redaction{{"Room.title"}, {}, "key"}, Redaction{{"strokes[0]"}, {}, "key"}}) {
            auto done = redact(in_, none, wrong);
            QVERIFY(!done);
            QCOMPARE(done.error().kind, ErrorKind::wrong_usage);
            QVERIFY(!std::filesystem::exists(none) && !std::filesystem::exists(none + ".part"));
        }
        QVERIFY(!redact(in_, out_, everything()));  // is there already
    }

    void a_value_that_is_also_a_name_in_the_program_is_told() {
        QVERIFY(done_.stay.empty());
        std::string out = folder_.file("stay");
        Folder folder;
        Writer writer = create(folder.file());
        VERIFY_OK(writer.append({{kSessionStart, {1}}, {1}, room_call("rename", R"(,"walk")")}));
        VERIFY_OK(writer.append({{kSessionStart, {2}}, {1}, room_call("walk", "")}));
        VERIFY_OK(writer.close());
        auto done = redact(folder.file(), out, {{}, {"rename"}, "key"});
        VERIFY_OK(done);
        QCOMPARE(done->stay, std::vector<std::string>{"walk"});
    }

    void a_pseudonym_of_a_number_fits_where_the_number_fits_and_is_no_other_ones() {
        Pseudonyms pseudonyms("key");
        std::set<std::int64_t> taken;
        auto pseudonym = [&](std::int64_t number) {
            std::int64_t other = *pseudonyms.number(number).if_int();
            if (!taken.insert(other).second) qFatal("%s", std::to_string(number).c_str());
            return other;
        };
        for (int i = -128; i < 128; ++i)
            QCOMPARE(std::int8_t(pseudonym(i)), pseudonyms.number(Value(i)).if_int()[0]);
        for (int i = 128; i < 3'000; ++i) {
            std::int64_t other = pseudonym(i);
            QVERIFY(other >= 128 && other < (i < 256 ? 256 : 32'768));
        }
        MessageMaker random(test_seed());
        for (int i = 0; i < 3'000; ++i) {
            auto number = static_cast<std::int64_t>(random.below(UINT64_MAX) >> random.below(63));
            std::int64_t other = *pseudonyms.number(number).if_int();
            for (std::int64_t limit :
                 {std::int64_t{INT8_MAX}, std::int64_t{UINT8_MAX}, std::int64_t{INT16_MAX},
                  std::int64_t{INT32_MAX}, std::int64_t{UINT32_MAX}}) {
                QCOMPARE(other <= limit, number <= limit);
            }
            double fraction = static_cast<double>(number % 1'000'000) / 7;
            double held = *pseudonyms.number(fraction).if_double();
            QVERIFY(std::isfinite(held) && (held < 0) == (fraction < 0));
            auto narrow = static_cast<float>(fraction);
            double of_narrow = *pseudonyms.number(double{narrow}).if_double();
            QCOMPARE(double{static_cast<float>(of_narrow)}, of_narrow);
        }
    }
};

TEST_CLASS(RedactTest)
#include "redact_test.moc"
