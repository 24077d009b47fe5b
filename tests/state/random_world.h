#pragma once

#include <algorithm>
#include <bit>
#include <set>
#include <tuple>

#include "random_input.h"
#include "teatime/state/image.h"

/// Images of made-up worlds whose class has a field of every kind.
namespace teatime::test {

using Random = std::mt19937_64;

inline Schema rich_schema() {
    Schema schema{"Disc", {}, {}};
    auto add = [&](Kind kind, std::string name = {}, std::vector<Type::Member> members = {},
                   std::uint64_t count = 0) {
        schema.types.push_back({kind, std::move(name), count, std::move(members), {}});
        return static_cast<std::uint32_t>(schema.types.size() - 1);
    };
    add(Kind::structure, "Disc");
    std::vector<Type::Member> fields;
    auto field = [&](std::string name, std::uint32_t type) {
        fields.push_back({std::move(name), type});
        return type;
    };
    field("alive", add(Kind::boolean));
    field("i8", add(Kind::int8));
    field("i16", add(Kind::int16));
    auto i32 = field("i32", add(Kind::int32));
    field("count", add(Kind::int64));
    field("u8", add(Kind::uint8));
    field("u16", add(Kind::uint16));
    field("u32", add(Kind::uint32));
    field("u64", add(Kind::uint64));
    field("f32", add(Kind::float32));
    auto f64 = field("f64", add(Kind::float64));
    auto color = field("color", add(Kind::enumeration, "Color"));
    schema.types[color].enumerators = {{"red", 0}, {"green", 1}, {"blue", -5}};
    auto text = field("title", add(Kind::string));
    field("blob", add(Kind::bytes));
    auto age = field("age", add(Kind::duration, "us"));
    field("partner", add(Kind::optional, "", {{"", add(Kind::ref, "Disc")}}));
    auto idle = add(Kind::structure, "Idle");
    auto point = add(Kind::structure, "Point", {{"x", f64}, {"y", f64}});
    field("position", point);
    field("mood", add(Kind::variant, "", {{"", idle}, {"", point}, {"", text}}));
    field("grid", add(Kind::array, "", {{"", i32}}, 3));
    auto stroke = add(Kind::structure, "Stroke",
                      {{"color", color}, {"points", add(Kind::list, "", {{"", point}})}});
    field("strokes", add(Kind::list, "", {{"", stroke}}));
    field("scores", add(Kind::map, "", {{"", text}, {"", f64}}));
    field("tags", add(Kind::set, "", {{"", i32}}));
    auto node = add(Kind::structure, "Node", {{"label", text}});
    auto kids = add(Kind::list, "", {{"", node}});
    schema.types[node].members.push_back({"kids", kids});
    field("tree", node);
    schema.types[0].members = fields;
    schema.functions = {{"step", false, {}}, {"move", true, {f64, text}}, {"wait", false, {age}}};
    return schema;
}

inline void write_random(ByteWriter& writer, const Schema& schema, std::uint32_t index,
                         Random& random, int depth = 0) {
    const Type& type = schema.types[index];
    auto inner = [&](std::size_t member) {
        write_random(writer, schema, type.members[member].type, random, depth + 1);
    };
    std::uint32_t size = random() % (depth < 6 ? 4 : 1);
    auto text = [&] {
        std::string bytes;
        for (auto n = random() % 6; n > 0; --n) bytes += static_cast<char>('a' + random() % 26);
        return bytes;
    };
    switch (type.kind) {
        case Kind::boolean:
            return writer.fixed(static_cast<std::uint8_t>(random() % 2));
        case Kind::int8:
        case Kind::uint8:
            return writer.fixed(static_cast<std::uint8_t>(random()));
        case Kind::int16:
        case Kind::uint16:
            return writer.fixed(static_cast<std::uint16_t>(random()));
        case Kind::int32:
        case Kind::uint32:
            return writer.fixed(static_cast<std::uint32_t>(random()));
        case Kind::float32:
            return writer.fixed(
                std::bit_cast<std::uint32_t>(static_cast<float>(random() % 99) / 8));
        case Kind::float64:
            return writer.fixed(
                std::bit_cast<std::uint64_t>(static_cast<double>(random() % 999) / 7));
        case Kind::enumeration:
            return writer.fixed(type.enumerators[random() % type.enumerators.size()].second);
        case Kind::string:
        case Kind::bytes:
            return writer.sized(text());
        case Kind::optional: {
            auto there = static_cast<std::uint8_t>(random() % 2);
            writer.fixed(there);
            if (there) inner(0);
            return;
        }
        case Kind::variant: {
            auto chosen = random() % type.members.size();
            writer.fixed(static_cast<std::uint8_t>(chosen));
            return inner(chosen);
        }
        case Kind::array:
            for (std::uint64_t i = 0; i < type.count; ++i) inner(0);
            return;
        case Kind::list:
            writer.fixed(size);
            for (std::uint32_t i = 0; i < size; ++i) inner(0);
            return;
        case Kind::map: {
            std::set<std::string> keys;
            while (keys.size() < size) keys.insert(text());
            writer.fixed(size);
            for (const std::string& key : keys) {
                writer.sized(key);
                inner(1);
            }
            return;
        }
        case Kind::set: {
            std::set<std::int32_t> keys;
            while (keys.size() < size) keys.insert(static_cast<std::int32_t>(random()));
            writer.fixed(size);
            for (std::int32_t key : keys) writer.fixed(key);
            return;
        }
        case Kind::structure:
            for (std::size_t i = 0; i < type.members.size(); ++i) inner(i);
            return;
        default:
            return writer.fixed(random());
    }
}

inline std::string random_fields(const Schema& schema, Random& random) {
    std::string fields;
    ByteWriter writer(fields);
    write_random(writer, schema, 0, random);
    return fields;
}

inline Image::Message random_message(const Image& image, Random& random) {
    Image::Message message;
    message.time = image.time + Duration(random() % 1000);
    message.external = random() % 3 == 0;
    message.sender = {random() % 4};
    if (message.external) {
        message.order = 1 + random() % image.seq.value;
        message.arguments = "\"[...]\"";
        return message;
    }
    const Image::Object& target = image.objects[random() % image.objects.size()];
    const Schema& schema = image.schemas[target.schema];
    const Schema::Function& function = schema.functions[random() % schema.functions.size()];
    message.order = random() % image.next_internal;
    message.target = target.id;
    message.selector = function.name;
    message.chain = random() % 3;
    message.cause = random() % 100;
    message.cause_external = random() % 2;
    ByteWriter writer(message.arguments);
    for (std::uint32_t type : function.arguments) write_random(writer, schema, type, random);
    return message;
}

/// Replaces about one in `part` of the objects, messages, names and subscriptions.
inline void disturb(Image& image, Random& random, std::uint64_t part) {
    auto hit = [&] { return random() % part == 0; };
    ObjectId keep = image.objects.front().id;
    std::erase_if(image.objects, [&](auto& object) { return object.id != keep && hit(); });
    for (Image::Object& object : image.objects) {
        if (hit()) object.fields = random_fields(image.schemas[object.schema], random);
    }
    for (auto n = random() % 3; n > 0; --n) {
        image.objects.push_back(
            {{image.next_object++}, 0, random_fields(image.schemas[0], random)});
    }
    image.root = image.objects.front().id;
    image.seq = {image.seq.value + random() % 5};
    image.next_internal += random() % 5;
    image.executed_at_time = random() % 9;
    for (std::uint64_t& word : image.random) word = random();
    image.hash = {random(), random()};
    std::erase_if(image.queue, [&](auto& message) {
        return hit() || (!message.external && !image.find_object(message.target));
    });
    for (auto n = random() % 4; n > 0; --n) image.queue.push_back(random_message(image, random));
    auto before = [](const Image::Message& a, const Image::Message& b) {
        return std::tie(a.time, a.external, a.order) < std::tie(b.time, b.external, b.order);
    };
    std::sort(image.queue.begin(), image.queue.end(), before);
    auto twice = std::unique(image.queue.begin(), image.queue.end(),
                             [&](auto& a, auto& b) { return !before(a, b); });
    image.queue.erase(twice, image.queue.end());
    std::erase_if(image.subscriptions, [&](auto&) { return hit(); });
    image.subscriptions.push_back({"all", "tick", image.root, "step"});
    image.names = {{image.app, image.root}, {"root", image.root}};
    if (hit()) image.names.emplace_back("target", image.objects.back().id);
}

inline Image random_image(Random& random, std::size_t objects) {
    Image image;
    image.app = "bounce";
    image.code_id = std::string(64, 'c');
    image.session_id = "session";
    image.time = VirtualTime(Duration(random() % 1'000'000'000));
    image.seq = {100};
    image.next_internal = 1000;
    image.schemas = {rich_schema()};
    for (std::size_t i = 0; i < objects; ++i) {
        image.next_object += random() % 3;
        image.objects.push_back(
            {{image.next_object++}, 0, random_fields(image.schemas[0], random)});
    }
    image.objects.push_back({{image.next_object++}, 0, random_fields(image.schemas[0], random)});
    disturb(image, random, 10);
    for (int i = 0; i < 5; ++i) disturb(image, random, 100);
    return image;
}

}  // namespace teatime::test
