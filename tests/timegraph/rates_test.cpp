#include "teatime/timegraph/rates.h"

#include <fmt/format.h>

#include <QTest>
#include <map>

#include "../test_main.h"
#include "fixture.h"
#include "teatime/state/json.h"

using namespace teatime;
using namespace teatime::timegraph;
using namespace std::chrono_literals;

namespace {

std::string call(const char* target, const char* selector) {
    return to_json(Value(fmt::format(R"(["{}","{}",1.5])", target, selector)));
}

const Rates::Entry& named(const Rates& rates, const std::string& name) {
    for (const Rates::Entry& entry : rates.entries) {
        if (entry.name == name) return entry;
    }
    qFatal("there is no %s", name.c_str());
}

}  // namespace

class RatesTest : public QObject {
    Q_OBJECT

    Folder folder_;

    Rates counted(RateBy by, VirtualTime from = VirtualTime::min(),
                  VirtualTime to = VirtualTime::max()) {
        Reader reader = open(folder_.file());
        auto rates = timegraph::rates(reader, from, to, by);
        if (!rates) qFatal("%s", rates.error().message.c_str());
        return *rates;
    }

private slots:
    /// Ten seconds: a call each, thirty more and something large in the fourth.
    void initTestCase() {
        Writer writer = create(folder_.file(), {.block_bytes = 1'000});
        std::uint64_t seq = 0;
        auto say = [&](Duration at, MemberId sender, const std::string& payload) {
            VERIFY_OK(writer.append({{kSessionStart + at, {++seq}}, sender, payload}));
        };
        for (int second = 0; second < 10; ++second) {
            say(second * 1s, {1}, call("counter", "add"));
            if (second == 4) {
                for (int i = 0; i < 30; ++i) say(4s + i * 10ms, {2}, call("painter", "move"));
                say(4s + 900ms, {3}, "\"" + std::string(5'000, '-') + "\"");
                say(4s + 999'999us, {}, R"({"what":"users"})");
            }
        }
        writer.reach(kSessionStart + 10s, {});
        VERIFY_OK(writer.close());
    }

    void each_call_has_its_rate_and_its_busiest_second() {
        Rates rates = counted(RateBy::call);
        QCOMPARE(rates.length, Duration(10s));
        QCOMPARE(rates.all.messages, std::uint64_t{42});
        QCOMPARE(rates.all.peak.messages, std::uint64_t{33});
        QCOMPARE(rates.all.peak.at, kSessionStart + 4s);
        const Rates::Entry& move = named(rates, "painter.move");
        QCOMPARE(move.messages, std::uint64_t{30});
        QCOMPARE(move.bytes, std::uint64_t{30 * call("painter", "move").size()});
        QCOMPARE(move.peak.messages, std::uint64_t{30});
        QCOMPARE(move.peak.bytes, move.bytes);
        QCOMPARE(rates.per_second(move.messages), 3.0);
        const Rates::Entry& add = named(rates, "counter.add");
        QCOMPARE(add.peak.messages, std::uint64_t{1});
        QCOMPARE(add.peak.at, kSessionStart);  // of equal ones the first
        QCOMPARE(named(rates, "(other)").bytes, std::uint64_t{5'002});
        QCOMPARE(named(rates, "(router)").messages, std::uint64_t{1});
        QCOMPARE(rates.entries.size(), std::size_t{4});
    }

    void they_are_counted_by_what_is_asked_for() {
        auto names = [&](RateBy by) {
            std::map<std::string, std::uint64_t> found;
            for (const Rates::Entry& entry : counted(by).entries)
                found[entry.name] = entry.messages;
            return found;
        };
        using Names = std::map<std::string, std::uint64_t>;
        QCOMPARE(names(RateBy::kind), (Names{{"call", 40}, {"other", 1}, {"router", 1}}));
        QCOMPARE(names(RateBy::target),
                 (Names{{"counter", 10}, {"painter", 30}, {"(other)", 1}, {"(router)", 1}}));
        QCOMPARE(names(RateBy::selector),
                 (Names{{"add", 10}, {"move", 30}, {"(other)", 1}, {"(router)", 1}}));
        QCOMPARE(names(RateBy::sender), (Names{{"#1", 10}, {"#2", 30}, {"#3", 1}, {"router", 1}}));
    }

    void a_part_is_as_long_as_it_is() {
        Rates rates = counted(RateBy::call, kSessionStart + 5s, kSessionStart + 9s);
        QCOMPARE(rates.length, Duration(4s));
        QCOMPARE(rates.all.messages, std::uint64_t{5});
        QCOMPARE(rates.per_second(5), 1.25);
    }

    void nothing_has_no_rate() {
        Folder folder;
        VERIFY_OK(create(folder.file()).close());
        auto rates = timegraph::rates(open(folder.file()), {}, VirtualTime::max(), RateBy::call);
        VERIFY_OK(rates);
        QCOMPARE(rates->entries.size(), std::size_t{0});
        QCOMPARE(rates->per_second(0), 0.0);
    }
};

TEST_CLASS(RatesTest)
#include "rates_test.moc"
