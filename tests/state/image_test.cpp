#include "teatime/state/image.h"

#include <QTest>
#include <functional>

#include "../test_main.h"
#include "random_world.h"

using namespace teatime;
using test::Random;

namespace {

Image sample() {
    Random random(7);
    return test::random_image(random, 6);
}

/// Damage that the checksum does not find: what a program with a bug, or an attacker, writes.
void repair_checksum(std::string& bytes) {
    if (bytes.size() < 13) return;
    std::uint64_t sum = hash_bytes(std::string_view(bytes).substr(13)).low;
    bytes.replace(5, 8, reinterpret_cast<const char*>(&sum), 8);
}

void damage(std::string& bytes, Random& random) {
    for (auto n = 1 + random() % 3; n > 0 && bytes.size() > 13; --n) {
        std::size_t at = 13 + random() % (bytes.size() - 13);
        switch (random() % 4) {
            case 0:
                bytes[at] = static_cast<char>(random());
                break;
            case 1:
                bytes[at] = static_cast<char>(random() % 2 ? 0xff : 0);
                break;
            case 2:
                bytes.erase(at, random() % 8);
                break;
            default:
                bytes.insert(at, bytes.substr(13 + random() % (bytes.size() - 13), random() % 8));
        }
    }
}

}  // namespace

class ImageTest : public QObject {
    Q_OBJECT
private slots:
    void an_image_survives_its_encoding() {
        auto random = test::seeded_random();
        for (int i = 0; i < 200; ++i) {
            Image image = test::random_image(random, random() % 40);
            auto checked = check_image(image);
            QVERIFY2(checked, checked ? "" : checked.error().message.c_str());
            auto read = decode_image(encode_image(image));
            QVERIFY2(read, read ? "" : read.error().message.c_str());
            QVERIFY(*read == image);
        }
    }
    void a_delta_makes_the_next_state_from_the_base() {
        auto random = test::seeded_random();
        for (int i = 0; i < 500; ++i) {
            Image base = test::random_image(random, random() % 40);
            Image next = base;
            test::disturb(next, random, 1 + random() % 30);
            if (random() % 8 == 0) next.schemas.push_back(test::rich_schema());
            if (random() % 8 == 0) next.schemas[0].functions.push_back({"new", true, {}});
            if (random() % 8 == 0) next = test::random_image(random, 5);
            auto applied = apply_delta(base, make_delta(base, next));
            QVERIFY2(applied, applied ? "" : applied.error().message.c_str());
            QVERIFY(*applied == next);
        }
    }
    void a_delta_holds_what_changed_only() {
        auto random = test::seeded_random();
        Image base = test::random_image(random, 10'000);
        for (int i = 0; i < 1000; ++i) {
            base.subscriptions.push_back({"all", "tick", base.root, "step"});
        }
        Image next = base;
        std::size_t changed = 0;
        for (std::size_t i = 0; i < next.objects.size(); i += 100) {
            next.objects[i].fields = test::random_fields(next.schemas[0], random);
            changed += next.objects[i].fields.size() + 6;
        }
        if (!next.queue.empty()) next.queue.erase(next.queue.begin());
        next.subscriptions.erase(next.subscriptions.begin() + 500);
        QVERIFY(make_delta(base, next).size() < changed + 300);
        QVERIFY(make_delta(base, base).size() < 300);
        QBENCHMARK {
            QVERIFY(!make_delta(base, next).empty());
        }
    }
    void a_delta_of_another_base_is_refused() {
        Image base = sample();
        Image next = base;
        next.objects[0].fields = next.objects[1].fields;
        std::string delta = make_delta(base, next);
        base.hash.low += 1;
        auto applied = apply_delta(base, delta);
        QVERIFY(!applied);
        QVERIFY(applied.error().message.find("does not belong") != std::string::npos);
    }
    void every_truncation_and_flipped_bit_is_found() {
        Image base = sample();
        Image next = base;
        Random random(3);
        test::disturb(next, random, 3);
        std::string image = encode_image(base), delta = make_delta(base, next);
        for (std::size_t size = 0; size < image.size(); ++size) {
            QVERIFY(!decode_image(std::string_view(image).substr(0, size)));
        }
        for (std::size_t size = 0; size < delta.size(); ++size) {
            QVERIFY(!apply_delta(base, std::string_view(delta).substr(0, size)));
        }
        for (std::size_t i = 0; i < 8 * image.size(); i += 5) {
            std::string bad = image;
            bad[i / 8] = static_cast<char>(bad[i / 8] ^ 1 << i % 8);
            QVERIFY(!decode_image(bad));
        }
    }
    void hostile_images_never_crash_and_what_is_accepted_is_sound() {
        auto random = test::seeded_random();
        Image base = sample();
        Image next = base;
        test::disturb(next, random, 3);
        std::string image = encode_image(base), delta = make_delta(base, next);
        int accepted = 0;
        for (int i = 0; i < 20'000; ++i) {
            std::string bad = i % 2 ? image : delta;
            damage(bad, random);
            repair_checksum(bad);
            auto read = i % 2 ? decode_image(bad) : apply_delta(base, bad);
            if (!read) {
                QVERIFY(!read.error().message.empty());
                continue;
            }
            ++accepted;
            QVERIFY(check_image(*read));
            QVERIFY(decode_image(encode_image(*read)).value() == *read);
        }
        QVERIFY(accepted > 100);  // else the checksum was not repaired
    }
    void what_restoring_relies_on_is_checked() {
        auto refused = [](const char* part, const std::function<void(Image&)>& change) {
            Image image = sample();
            change(image);
            auto read = decode_image(encode_image(image));
            if (read) return false;
            bool named = read.error().message.find(part) != std::string::npos;
            if (!named) qWarning("%s", read.error().message.c_str());
            return named && read.error().kind == ErrorKind::unreadable;
        };
        QVERIFY(!refused("", [](Image&) {}));
        QVERIFY(refused("out of order", [](Image& i) { std::swap(i.objects[0], i.objects[1]); }));
        QVERIFY(refused("out of order", [](Image& i) { i.objects[1].id = i.objects[0].id; }));
        QVERIFY(refused("out of order", [](Image& i) { i.objects[0].id = {}; }));
        QVERIFY(refused("out of order", [](Image& i) { i.next_object = 2; }));
        QVERIFY(refused("of no class", [](Image& i) { i.objects[0].schema = 1; }));
        QVERIFY(refused("are no Disc", [](Image& i) { i.objects[0].fields += '\0'; }));
        QVERIFY(refused("are no Disc", [](Image& i) { i.objects[0].fields.pop_back(); }));
        QVERIFY(refused("are no Disc", [](Image& i) { i.objects[0].fields[0] = 2; }));
        QVERIFY(refused("root", [](Image& i) { i.root = {i.next_object}; }));
        QVERIFY(refused("name", [](Image& i) { std::swap(i.names[0], i.names[1]); }));
        QVERIFY(refused("name", [](Image& i) { i.names[0].second = {}; }));
        QVERIFY(refused("subscription", [](Image& i) { i.subscriptions[0].subscriber = {}; }));
        QVERIFY(refused("out of order", [](Image& i) { std::swap(i.queue[0], i.queue[1]); }));
        QVERIFY(refused("out of order", [](Image& i) { i.queue[1] = i.queue[0]; }));
        QVERIFY(refused("out of order", [](Image& i) { i.time = i.queue[0].time + Duration(1); }));
        QVERIFY(refused("out of order", [](Image& i) { i.next_internal = 0; }));
        QVERIFY(refused("out of order", [](Image& i) { i.seq = {0}; }));
        QVERIFY(refused("arguments", [](Image& i) {
            for (auto& message : i.queue) {
                if (!message.external) message.arguments += 'x';
            }
        }));
        QVERIFY(refused("contains itself", [](Image& i) {
            i.schemas.push_back(i.schemas[0]);
            i.schemas[1].types[0].members.push_back({"self", 0});
        }));
    }
    void values_must_have_their_one_canonical_form() {
        auto accepted = [](std::vector<Type> types, std::string fields) {
            Image image;
            image.next_object = 2;
            image.schemas = {{"X", std::move(types), {}}};
            image.objects = {{{1}, 0, std::move(fields)}};
            return check_image(image).has_value();
        };
        using namespace std::string_literals;
        auto one = [](Type type, std::vector<Type> more = {}) {
            more.insert(more.begin(), {Type{Kind::structure, "X", 0, {{"a", 1}}, {}}, type});
            return more;
        };
        auto plain = [](Kind kind) { return Type{kind, {}, 0, {}, {}}; };
        Type keys{Kind::set, {}, 0, {{"", 2}}, {}};
        auto ints = one(keys, {plain(Kind::int16)});
        QVERIFY(accepted(ints, "\2\0\0\0\xff\xff\1\0"s));  // -1, 1
        QVERIFY(!accepted(ints, "\2\0\0\0\1\0\xff\xff"s));
        QVERIFY(!accepted(ints, "\2\0\0\0\1\0\1\0"s));
        auto strings = one(keys, {plain(Kind::string)});
        QVERIFY(accepted(strings, "\2\0\0\0\2\0\0\0aa\1\0\0\0b"s));
        QVERIFY(!accepted(strings, "\2\0\0\0\1\0\0\0b\2\0\0\0aa"s));
        auto real = one(plain(Kind::float64));
        QVERIFY(accepted(real, "\0\0\0\0\0\0\xf8\x7f"s));
        QVERIFY(accepted(real, "\0\0\0\0\0\0\xf0\xff"s));   // -inf
        QVERIFY(!accepted(real, "\0\0\0\0\0\0\xf8\xff"s));  // NaN with a sign
        QVERIFY(!accepted(real, "\1\0\0\0\0\0\xf0\x7f"s));  // signalling
        auto small = one(plain(Kind::float32));
        QVERIFY(accepted(small, "\0\0\xc0\x7f"s));
        QVERIFY(!accepted(small, "\1\0\xc0\x7f"s));
        // Any number of nothing costs nothing.
        auto nothing =
            one({Kind::list, {}, 0, {{"", 2}}, {}}, {Type{Kind::structure, "E", 0, {}, {}}});
        QVERIFY(accepted(nothing, "\xff\xff\xff\xff"s));
        auto endless = one({Kind::array, {}, UINT64_MAX, {{"", 2}}, {}}, {plain(Kind::int8)});
        QVERIFY(!accepted(endless, std::string(1000, 'x')));
        // A list of lists of lists, deeper than any stack.
        auto lists = one({Kind::list, {}, 0, {{"", 1}}, {}});
        std::string deep;
        for (int i = 0; i < 400; ++i) deep += "\1\0\0\0"s;
        QVERIFY(accepted(lists, deep + "\0\0\0\0"s));
        for (int i = 0; i < 1'000'000; ++i) deep += "\1\0\0\0"s;
        QVERIFY(!accepted(lists, deep + "\0\0\0\0"s));
    }
    void an_object_is_known_by_its_best_name() {
        Image image = sample();
        QCOMPARE(*image.name_of(image.root), std::string("bounce"));
        image.names = {{"root", image.root}, {"scene", image.root}};
        QCOMPARE(*image.name_of(image.root), std::string("scene"));
        QVERIFY(image.name_of({9999}) == nullptr);
        QVERIFY(image.find_object(image.root)->id == image.root);
        QVERIFY(image.find_object({9999}) == nullptr);
    }
    void a_newer_format_says_so() {
        std::string bytes = encode_image(sample());
        bytes[4] = 2;
        QVERIFY(decode_image(bytes).error().message.find("newer teatime") != std::string::npos);
        QVERIFY(decode_image("PK\3\4").error().message.find("no saved state") != std::string::npos);
    }
};

TEST_CLASS(ImageTest)
#include "image_test.moc"
