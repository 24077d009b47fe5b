#include "teatime/state/schema.h"

#include <QTest>

#include "../test_main.h"
#include "random_input.h"
#include "types.h"

using namespace teatime;

namespace {

std::string encoded(const Schema& schema) {
    std::string bytes;
    ByteWriter writer(bytes);
    encode_schema(writer, schema);
    return bytes;
}
result<Schema> decoded(std::string_view bytes) {
    ByteReader reader(bytes);
    return decode_schema(reader);
}

Schema disc() {
    Schema schema{"Disc", {}, {}};
    schema.types = {type(Kind::structure, "Disc", {{"x", 1}, {"path", 2}, {"next", 5}, {"c", 6}}),
                    type(Kind::float64),
                    type(Kind::list, "", {{"", 3}}),
                    type(Kind::structure, "pair", {{"first", 4}, {"second", 1}}),
                    type(Kind::string),
                    type(Kind::ref, "Disc"),
                    type(Kind::enumeration, "Color")};
    schema.types[6].enumerators = {{"red", 0}, {"blue", -7}};
    schema.functions = {{"move", true, {1, 1}}, {"step", false, {}}};
    return schema;
}

}  // namespace

class SchemaTest : public QObject {
    Q_OBJECT
private slots:
    void a_schema_survives_its_encoding() {
        QVERIFY(decoded(encoded(disc())).value() == disc());
        QVERIFY(disc().find_function("move")->is_public);
        QVERIFY(disc().find_function("mov") == nullptr);
    }
    void the_hash_differs_where_anything_differs() {
        Hash128 hash = schema_hash(disc());
        QVERIFY(schema_hash(disc()) == hash);
        auto differs = [&](auto change) {
            Schema other = disc();
            change(other);
            return schema_hash(other) != hash;
        };
        QVERIFY(differs([](Schema& s) { s.class_name = "Disk"; }));
        QVERIFY(differs([](Schema& s) { s.types[0].members[0].name = "y"; }));
        QVERIFY(
            differs([](Schema& s) { std::swap(s.types[0].members[0], s.types[0].members[2]); }));
        QVERIFY(differs([](Schema& s) { s.types[1].kind = Kind::float32; }));
        QVERIFY(differs([](Schema& s) { s.types[6].enumerators[0].second = 1; }));
        QVERIFY(differs([](Schema& s) { s.functions[1].is_public = true; }));
        QVERIFY(differs([](Schema& s) { s.functions[0].arguments.pop_back(); }));
    }
    void type_names_read_like_the_source() {
        QCOMPARE(type_name(disc(), 2), std::string("vector<pair<string, double>>"));
        QCOMPARE(type_name(disc(), 5), std::string("Ref<Disc>"));
        Schema endless = disc();  // 2^20 names, if nothing stopped it
        for (std::uint32_t i = 0; i < 20; ++i) {
            auto next = static_cast<std::uint32_t>(endless.types.size() + 1);
            endless.types.push_back(type(Kind::structure, "pair", {{"", next}, {"", next}}));
        }
        endless.types.push_back(type(Kind::boolean));
        QVERIFY(type_name(endless, 7).size() < 1000);
    }
    void what_no_class_can_be_is_refused() {
        auto refused = [](std::vector<Type> types) {
            return !decoded(encoded(Schema{"X", std::move(types), {}}));
        };
        Type self = type(Kind::structure, "X", {{"self", 0}});
        QVERIFY(refused({}));
        QVERIFY(refused({type(Kind::int32)}));
        QVERIFY(refused({self}));
        QVERIFY(
            refused({type(Kind::structure, "X", {{"a", 1}}), type(Kind::array, "", {{"", 0}})}));
        QVERIFY(refused({type(Kind::structure, "X", {{"a", 9}})}));
        QVERIFY(refused({type(Kind::structure, "X", {{"a", 1}}), type(Kind::list)}));
        QVERIFY(refused({type(Kind::structure, "X", {{"a", 1}}), type(static_cast<Kind>(99))}));
        // Through these a type may contain itself: a tree.
        QVERIFY(
            !refused({type(Kind::structure, "X", {{"a", 1}}), type(Kind::list, "", {{"", 0}})}));
        QVERIFY(!refused(
            {type(Kind::structure, "X", {{"a", 1}}), type(Kind::optional, "", {{"", 0}})}));
        std::vector<Type> deep(100'000, type(Kind::structure, "S"));
        for (std::uint32_t i = 0; i + 1 < deep.size(); ++i) deep[i].members = {{"in", i + 1}};
        QVERIFY(refused(deep));
    }
    void damaged_schemas_never_crash() {
        auto random = test::seeded_random();
        std::string good = encoded(disc());
        for (std::size_t size = 0; size < good.size(); ++size) {
            QVERIFY(!decoded(good.substr(0, size)));
        }
        for (int i = 0; i < 20'000; ++i) {
            std::string bad = good;
            for (auto n = 1 + random() % 3; n > 0; --n) {
                bad[random() % bad.size()] = static_cast<char>(random());
            }
            if (auto read = decoded(bad)) QVERIFY(type_name(*read, 0).size() < 1000);
        }
    }
    void variable_integers_have_one_form_each() {
        auto random = test::seeded_random();
        std::string bytes;
        std::vector<std::uint64_t> numbers{0, 127, 128, UINT64_MAX, std::uint64_t{1} << 63};
        for (int i = 0; i < 10'000; ++i) numbers.push_back(random() >> random() % 64);
        ByteWriter writer(bytes);
        for (std::uint64_t number : numbers) {
            writer.varint(number);
            writer.signed_varint(static_cast<std::int64_t>(number));
        }
        ByteReader reader(bytes);
        for (std::uint64_t number : numbers) {
            QCOMPARE(reader.varint(), number);
            QCOMPARE(reader.signed_varint(), static_cast<std::int64_t>(number));
        }
        QVERIFY(reader.done());
        for (std::string bad : {std::string("\x80", 1), std::string("\x80\x00", 2),
                                std::string(10, '\xff'), std::string(11, '\x80')}) {
            ByteReader broken(bad);
            broken.varint();
            QVERIFY(!broken.ok());
        }
    }
    void reading_past_the_end_gives_zeros_and_says_so() {
        ByteReader reader(std::string_view("\x05\0\0\0ab", 6));
        QVERIFY(reader.sized().empty());
        QVERIFY(!reader.ok());
        QCOMPARE(reader.fixed<std::uint64_t>(), std::uint64_t{0});
        ByteReader counted(std::string_view("\xff\xff\xff\xff", 4));
        QCOMPARE(counted.count(), 0u);
        QVERIFY(!counted.ok());
    }
    void hashes_are_the_published_ones() {
        QCOMPARE(to_string(hash_bytes("")), std::string("99aa06d3014798d86001c324468d497f"));
        QCOMPARE(to_hex(sha256("abc")),
                 std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        QCOMPARE(to_base64url(sha256("abc")),
                 std::string("ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"));
        Hash128 read;
        QVERIFY(parse_hash(to_string(hash_bytes("x")), read) && read == hash_bytes("x"));
        QVERIFY(!parse_hash("99aa06d3014798d86001c324468d497", read));
        QVERIFY(!parse_hash("99aa06d3014798d86001c324468d497g", read));
        QVERIFY(!parse_hash("-9aa06d3014798d86001c324468d4970", read));
        QVERIFY(hash_bytes("x", 1) != hash_bytes("x", 2));
    }
};

TEST_CLASS(SchemaTest)
#include "schema_test.moc"
