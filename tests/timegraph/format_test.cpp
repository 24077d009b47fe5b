#define XXH_INLINE_ALL
#include <sqlite3.h>
#include <xxhash.h>
#include <zstd.h>

#include <QFile>
#include <QRegularExpression>
#include <QTest>
#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../state/random_world.h"
#include "../test_main.h"
#include "fixture.h"
#include "teatime/state/state_hash.h"

/// A reader of its own, written after FORMAT.md and with nothing of this program: what the page
/// says is enough to read a recording, and what it says is true.
namespace by_the_page {
namespace {

using Bytes = std::string;
using Number = unsigned __int128;

Number xxh128(const Bytes& bytes) {
    XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
    return Number{hash.high64} << 64 | hash.low64;
}
std::uint64_t low(Number hash) {
    return static_cast<std::uint64_t>(hash);
}
std::uint64_t high(Number hash) {
    return static_cast<std::uint64_t>(hash >> 64);
}

template <class T>
Bytes fixed(T value) {
    Bytes bytes(sizeof value, 0);
    for (std::size_t i = 0; i < sizeof value; ++i) {
        bytes[i] = static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
    }
    return bytes;
}
Bytes string(const Bytes& text) {
    return fixed(static_cast<std::uint32_t>(text.size())) + text;
}
Bytes halves(Number hash) {
    return fixed(low(hash)) + fixed(high(hash));
}

/// Any row of any table.
using Row = std::vector<sqlite3_value*>;

class File {
public:
    explicit File(const Bytes& path) {
        Bytes uri = "file:" + path + "?immutable=1";
        int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
        if (sqlite3_open_v2(uri.c_str(), &handle_, flags, nullptr) != SQLITE_OK) qFatal("open");
    }
    ~File() { sqlite3_close(handle_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    template <class Take>
    void each(const Bytes& sql, Take&& take) {
        sqlite3_stmt* query = nullptr;
        if (sqlite3_prepare_v2(handle_, sql.c_str(), -1, &query, nullptr) != SQLITE_OK)
            qFatal("%s", sql.c_str());
        while (sqlite3_step(query) == SQLITE_ROW) {
            Row row;
            for (int i = 0; i < sqlite3_column_count(query); ++i)
                row.push_back(sqlite3_column_value(query, i));
            take(row);
        }
        sqlite3_finalize(query);
    }

private:
    sqlite3* handle_ = nullptr;
};

std::int64_t integer(sqlite3_value* value) {
    return sqlite3_value_int64(value);
}
Bytes bytes_of(sqlite3_value* value) {
    auto* data = static_cast<const char*>(sqlite3_value_blob(value));
    return data ? Bytes(data, static_cast<std::size_t>(sqlite3_value_bytes(value))) : Bytes();
}
Bytes unpacked(sqlite3_value* value) {
    Bytes packed = bytes_of(value);
    Bytes bytes(ZSTD_getFrameContentSize(packed.data(), packed.size()), 0);
    std::size_t size = ZSTD_decompress(bytes.data(), bytes.size(), packed.data(), packed.size());
    if (ZSTD_isError(size) || size != bytes.size()) qFatal("no zstd frame");
    return bytes;
}

std::int64_t check_of(const Bytes& table, const Row& row) {
    Bytes bytes = table;
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
        switch (sqlite3_value_type(row[i])) {
            case SQLITE_NULL:
                bytes += fixed(std::uint8_t{0});
                break;
            case SQLITE_INTEGER:
                bytes += fixed(std::uint8_t{1}) + fixed(integer(row[i]));
                break;
            case SQLITE_FLOAT: {
                double real = sqlite3_value_double(row[i]);
                std::uint64_t bits;
                std::memcpy(&bits, &real, sizeof bits);
                bytes += fixed(std::uint8_t{2}) + fixed(bits);
                break;
            }
            default: {
                std::uint8_t type = sqlite3_value_type(row[i]) == SQLITE_TEXT ? 3 : 4;
                Bytes cell = bytes_of(row[i]);
                bytes += fixed(type) + fixed(std::uint64_t{cell.size()}) + halves(xxh128(cell));
            }
        }
    }
    return static_cast<std::int64_t>(low(xxh128(bytes)));
}

class Input {
public:
    explicit Input(const Bytes& bytes) : bytes_(bytes) {}
    Bytes raw(std::size_t size) {
        if (size > bytes_.size() - at_) qFatal("cut off");
        return bytes_.substr(std::exchange(at_, at_ + size), size);
    }
    std::uint64_t fixed(std::size_t size) {
        Bytes digits = raw(size);
        std::uint64_t value = 0;
        for (std::size_t i = size; i-- > 0;)
            value = value << 8 | static_cast<std::uint8_t>(digits[i]);
        return value;
    }
    std::uint8_t u8() { return static_cast<std::uint8_t>(fixed(1)); }
    std::uint64_t u64() { return fixed(8); }
    Number hash() {
        Number half = u64();
        return Number{u64()} << 64 | half;
    }
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (int shift = 0;; shift += 7) {
            std::uint8_t byte = u8();
            value |= std::uint64_t{byte & 0x7fu} << shift;
            if (byte < 0x80) return value;
        }
    }
    std::int64_t time() {
        std::uint64_t value = varint();
        return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
    }
    Bytes text() { return raw(varint()); }
    Bytes string() { return raw(fixed(4)); }
    template <class Take>
    void list(Take&& take) {
        for (std::uint64_t n = varint(); n > 0; --n) take();
    }
    std::vector<std::uint64_t> steps() {
        std::vector<std::uint64_t> numbers;
        list([&] { numbers.push_back((numbers.empty() ? 0 : numbers.back()) + varint()); });
        return numbers;
    }
    std::size_t at() const { return at_; }
    bool done() const { return at_ == bytes_.size(); }

private:
    const Bytes& bytes_;
    std::size_t at_ = 0;
};

struct Object {
    std::uint64_t klass;
    Bytes fields;
};
struct Waiting {
    std::int64_t time;
    std::uint8_t external;
    std::uint64_t order, target, sender, chain;
    Bytes selector, arguments;
};
struct State {
    std::int64_t time = 0;
    std::uint64_t executed = 0, seq = 0, next_object = 0, next_internal = 0;
    std::uint64_t random[4] = {};
    Number hash = 0;
    std::vector<Bytes> schemas;  ///< encoded
    std::map<std::uint64_t, Object> objects;
    std::vector<std::pair<Bytes, std::uint64_t>> names;
    struct Subscription {
        Bytes scope, event;
        std::uint64_t subscriber;
        Bytes selector;
    };
    std::vector<Subscription> subscriptions;
    std::vector<Waiting> messages;
};

void read_head(Input& in, State& state) {
    for (int i = 0; i < 3; ++i) in.text();
    state.time = in.time();
    state.executed = in.varint();
    state.seq = in.varint();
    state.next_object = in.varint();
    state.next_internal = in.varint();
    for (std::uint64_t& word : state.random) word = in.u64();
    in.varint();
    state.hash = in.hash();
}

void read_schemas(Input& in, const Bytes& bytes, State& state) {
    in.list([&] {
        std::size_t begin = in.at();
        in.string();
        in.list([&] {
            in.u8();
            in.string();
            in.varint();
            in.list([&] { in.string(), in.varint(); });
            in.list([&] { in.string(), in.u64(); });
        });
        in.list([&] {
            in.string();
            in.u8();
            in.list([&] { in.varint(); });
        });
        state.schemas.push_back(bytes.substr(begin, in.at() - begin));
    });
}

void read_objects(Input& in, State& state) {
    std::uint64_t id = 0;
    in.list([&] {
        id += in.varint();
        std::uint64_t klass = in.varint();
        state.objects[id] = {klass, in.text()};
    });
}

std::pair<Bytes, std::uint64_t> read_name(Input& in) {
    Bytes name = in.text();
    return {name, in.varint()};
}

State::Subscription read_subscription(Input& in) {
    Bytes scope = in.text(), event = in.text();
    std::uint64_t subscriber = in.varint();
    return {scope, event, subscriber, in.text()};
}

Waiting read_message(Input& in) {
    Waiting message{};
    message.time = in.time();
    message.external = in.u8();
    message.order = in.varint();
    message.target = in.varint();
    message.selector = in.text();
    message.arguments = in.text();
    message.sender = in.varint();
    message.chain = in.varint();
    in.varint();
    in.u8();
    return message;
}

bool opens(Input& in, const Bytes& bytes, const char* magic) {
    return in.raw(4) == magic && in.u8() == 1 && in.u64() == low(xxh128(bytes.substr(13)));
}

bool read_image(const Bytes& bytes, State& state) {
    state = {};
    Input in(bytes);
    if (!opens(in, bytes, "TTim")) return false;
    read_head(in, state);
    read_schemas(in, bytes, state);
    read_objects(in, state);
    in.list([&] { state.names.push_back(read_name(in)); });
    in.list([&] { state.subscriptions.push_back(read_subscription(in)); });
    in.list([&] { state.messages.push_back(read_message(in)); });
    return in.done();
}

template <class List, class Read>
void edit(Input& in, List& list, Read&& read) {
    std::uint64_t front = in.varint(), back = in.varint();
    List edited(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(front));
    in.list([&] { edited.push_back(read(in)); });
    edited.insert(edited.end(), list.end() - static_cast<std::ptrdiff_t>(back), list.end());
    list = edited;
}

bool apply_delta(const Bytes& bytes, State& state) {
    Input in(bytes);
    if (!opens(in, bytes, "TTde")) return false;
    bool base = in.varint() == state.objects.size() && in.varint() == state.messages.size() &&
                in.time() == state.time && in.varint() == state.executed &&
                in.varint() == state.seq && in.hash() == state.hash;
    if (!base) return false;
    read_head(in, state);
    state.schemas.resize(in.varint());
    read_schemas(in, bytes, state);
    edit(in, state.names, read_name);
    edit(in, state.subscriptions, read_subscription);
    for (std::uint64_t id : in.steps()) state.objects.erase(id);
    read_objects(in, state);
    std::vector<std::uint64_t> done = in.steps();
    for (auto index = done.rbegin(); index != done.rend(); ++index) {
        state.messages.erase(state.messages.begin() + static_cast<std::ptrdiff_t>(*index));
    }
    in.list([&] { state.messages.push_back(read_message(in)); });
    std::sort(state.messages.begin(), state.messages.end(), [](const auto& a, const auto& b) {
        return std::tie(a.time, a.external, a.order) < std::tie(b.time, b.external, b.order);
    });
    return in.done();
}

Number hash_of_objects(const State& state) {
    std::map<std::uint64_t, Number> level;
    for (const auto& [id, object] : state.objects) {
        level[id] =
            xxh128(fixed(id) + halves(xxh128(state.schemas.at(object.klass))) + object.fields);
    }
    if (level.empty()) return 0;
    do {
        std::map<std::uint64_t, std::vector<Number>> nodes;
        for (const auto& [index, hash] : level) {
            auto& node = nodes[index / 64];
            node.resize(index % 64);
            node.push_back(hash);
        }
        level.clear();
        for (const auto& [index, node] : nodes) {
            Bytes bytes;
            for (Number hash : node) bytes += halves(hash);
            level[index] = node.size() == 1 ? node.front() : xxh128(bytes);
        }
    } while (level.rbegin()->first > 0);
    return level.begin()->second;
}

Number hash_of(const State& state) {
    Bytes names, subscriptions;
    for (const auto& [name, id] : state.names) names += string(name) + fixed(id);
    for (const State::Subscription& each : state.subscriptions) {
        subscriptions += string(each.scope) + string(each.event) + fixed(each.subscriber) +
                         string(each.selector);
    }
    Number messages = 0;
    for (const Waiting& each : state.messages) {
        if (each.external) continue;
        messages += xxh128(fixed(each.time) + fixed(each.external) + fixed(each.order) +
                           fixed(each.target) + string(each.selector) + string(each.arguments) +
                           fixed(each.sender) + fixed(static_cast<std::uint32_t>(each.chain)));
    }
    Bytes bytes = fixed(state.time) + fixed(state.next_object) + fixed(state.next_internal);
    for (std::uint64_t word : state.random) bytes += fixed(word);
    return xxh128(bytes + halves(hash_of_objects(state)) + halves(xxh128(names)) +
                  halves(xxh128(subscriptions)) + halves(messages));
}

Bytes hex(Number hash) {
    return QString::asprintf("%016llx%016llx", static_cast<unsigned long long>(high(hash)),
                             static_cast<unsigned long long>(low(hash)))
        .toStdString();
}

/// Reads a file; says what does not fit, nothing where all does.
class Reading {
public:
    explicit Reading(const Bytes& path) : file_(path) {}

    Bytes rows() {
        std::vector<Bytes> tables;
        file_.each("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid",
                   [&](const Row& row) { tables.push_back(bytes_of(row[0])); });
        Bytes counted, wrong;
        for (const Bytes& table : tables) {
            std::uint64_t rows = 0, sum = 0;
            file_.each("SELECT * FROM " + table, [&](const Row& row) {
                std::int64_t check = check_of(table, row);
                if (check != integer(row.back())) wrong += table + " ";
                ++rows;
                sum += static_cast<std::uint64_t>(check);
            });
            bool counts = table != "head";
            counted += fixed(counts ? rows : 0) + fixed(counts ? sum : 0);
            rows_ += rows;
        }
        file_.each("SELECT checks FROM head", [&](const Row& row) {
            if (bytes_of(row[0]) != counted) wrong += "the counts";
        });
        return wrong;
    }

    Bytes states() {
        Bytes wrong;
        State state;
        file_.each("SELECT kind, data, hash, time, n, seq FROM keyframes ORDER BY id",
                   [&](const Row& row) {
                       Bytes bytes = unpacked(row[1]);
                       bool read = integer(row[0]) == 0 ? read_image(bytes, state)
                                                        : apply_delta(bytes, state);
                       bool fits = read && hex(state.hash) == bytes_of(row[2]) &&
                                   hash_of(state) == state.hash && state.time == integer(row[3]) &&
                                   static_cast<std::int64_t>(state.executed) == integer(row[4]) &&
                                   static_cast<std::int64_t>(state.seq) == integer(row[5]);
                       if (!fits) wrong += bytes_of(row[2]) + " ";
                       ++states_;
                   });
        file_.each("SELECT hash, data FROM schemas", [&](const Row& row) {
            if (hex(xxh128(unpacked(row[1]))) != bytes_of(row[0])) wrong += "a schema ";
        });
        return wrong;
    }

    std::uint64_t rows_ = 0, states_ = 0;

private:
    File file_;
};

}  // namespace
}  // namespace by_the_page

class FormatTest : public QObject {
    Q_OBJECT

    static QString text_of(const char* path) {
        QFile file(QString(GOLDEN "/../../recorder/") + path);
        if (!file.open(QIODevice::ReadOnly)) qFatal("%s", path);
        return QString::fromUtf8(file.readAll());
    }

private slots:
    void the_page_tells_every_name_of_meta() {
        QString page = text_of("FORMAT.md");
        page = page.mid(page.indexOf("## Meta"));
        page.truncate(page.indexOf("## Messages"));
        QRegularExpression name("\\bk\\w+ = \"(\\w+)\"");
        int names = 0;
        auto all = name.globalMatch(text_of("include/teatime/timegraph/meta_names.h"));
        for (; all.hasNext(); ++names) {
            QString one = all.next().captured(1);
            if (one == "message") continue;  // a value of durability
            QVERIFY2(page.contains("`" + one + "`"), qPrintable(one));
        }
        QVERIFY(names > 15);
    }

    void the_page_tells_how_rows_are_checked() {
        for (const char* path :
             {GOLDEN "/version_1.timegraph", GOLDEN "/version_1_summaries.timegraph"}) {
            by_the_page::Reading reading(path);
            QCOMPARE(reading.rows(), std::string());
            QVERIFY(reading.rows_ > 10);
        }
    }

    void the_page_tells_how_states_are_stored_and_hashed() {
        by_the_page::Reading reading(GOLDEN "/version_1.timegraph");
        QCOMPARE(reading.states(), std::string());
        QCOMPARE(reading.states_, std::uint64_t{4});
    }

    /// Those of the golden file are small.
    void the_page_tells_it_of_large_and_busy_states_too() {
        using namespace teatime;
        timegraph::Folder folder;
        timegraph::Writer writer = timegraph::create(folder.file());
        test::Random random(timegraph::test_seed());
        Image image = test::random_image(random, 300);
        constexpr std::uint64_t kStates = 12;
        for (std::uint64_t i = 0; i < kStates; ++i) {
            if (i > 0) test::disturb(image, random, 20);
            image.hash = state_hash(image);
            VERIFY_OK(writer.keyframe(image, {}));
        }
        VERIFY_OK(writer.close());
        by_the_page::Reading reading(folder.file());
        QCOMPARE(reading.rows(), std::string());
        QCOMPARE(reading.states(), std::string());
        QCOMPARE(reading.states_, kStates);
    }
};

TEST_CLASS(FormatTest)
#include "format_test.moc"
