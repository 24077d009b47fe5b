#include <QTest>

#include "../test_main.h"
#include "math_cases.h"

using namespace math_cases;

namespace {

constexpr int kArguments = 100'000;

/// FNV-1a over the bits of results.
class BitsHash {
public:
    void add(double result) {
        auto bits = std::bit_cast<std::uint64_t>(result);
        for (int i = 0; i < 8; ++i) {
            value_ = (value_ ^ (bits & 0xff)) * 0x100000001b3;
            bits >>= 8;
        }
    }
    std::uint64_t value() const { return value_; }

private:
    std::uint64_t value_ = 0xcbf29ce484222325;
};

void compare(std::string_view name, const BitsHash& hash, std::uint64_t golden) {
    QByteArray found = QByteArray::number(static_cast<qulonglong>(hash.value()), 16);
    QVERIFY2(hash.value() == golden, name.data() + (": the bits hash to 0x" + found));
}

}  // namespace

/// Recordings hold what these functions returned: a changed hash breaks the replay of every world
/// that used one. Compiled several times, with other optimisation levels and instruction sets.
class MathBitsTest : public QObject {
    Q_OBJECT

private slots:
    void one_argument_data() {
        QTest::addColumn<int>("index");
        for (int i = 0; i < static_cast<int>(unary().size()); ++i)
            QTest::newRow(unary()[i].name.data()) << i;
    }
    void one_argument() {
        QFETCH(int, index);
        const Unary& function = unary()[index];
        BitsHash hash;
        for (double x : kSpecials) hash.add(function.ours(x));
        SplitMix random(1);
        for (int i = 0; i < kArguments; ++i)
            hash.add(function.ours(argument(random, function.low, function.high)));
        compare(function.name, hash, function.golden);
    }

    void two_arguments_data() {
        QTest::addColumn<int>("index");
        for (int i = 0; i < static_cast<int>(binary().size()); ++i)
            QTest::newRow(binary()[i].name.data()) << i;
    }
    void two_arguments() {
        QFETCH(int, index);
        const Binary& function = binary()[index];
        BitsHash hash;
        for (double x : kSpecials) {
            for (double y : kSpecials) hash.add(function.ours(x, y));
        }
        SplitMix random(1);
        for (int i = 0; i < kArguments; ++i) {
            double x = argument(random, function.low, function.high);
            hash.add(function.ours(x, argument(random, function.low, function.high)));
        }
        compare(function.name, hash, function.golden);
    }
};

TEST_CLASS(MathBitsTest)
#include "math_bits_test.moc"
