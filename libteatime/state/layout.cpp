#include "layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

namespace teatime {
namespace {

constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();

std::uint64_t saturating_add(std::uint64_t a, std::uint64_t b) {
    return a > kHuge - b ? kHuge : a + b;
}
std::uint64_t saturating_multiply(std::uint64_t a, std::uint64_t b) {
    std::uint64_t product = 0;
    return __builtin_mul_overflow(a, b, &product) ? kHuge : product;
}

bool is_float(Kind kind) {
    return kind == Kind::float32 || kind == Kind::float64;
}

/// How many members a Kind must have; none where any number will do.
std::optional<std::size_t> member_count(Kind kind) {
    switch (kind) {
        case Kind::optional:
        case Kind::array:
        case Kind::list:
        case Kind::set:
            return 1;
        case Kind::map:
            return 2;
        case Kind::structure:
        case Kind::variant:
            return std::nullopt;
        default:
            return 0;
    }
}

template <class T>
bool canonical(T bits, T exponent, T quiet) {
    bool nan = (bits & exponent) == exponent && (bits & (quiet | (quiet - 1))) != 0;
    return !nan || bits == (exponent | quiet);
}

template <class T>
int three_way(const T& a, const T& b) {
    return a < b ? -1 : b < a ? 1 : 0;
}

}  // namespace

std::size_t fixed_size(Kind kind) {
    switch (kind) {
        case Kind::boolean:
        case Kind::int8:
        case Kind::uint8:
            return 1;
        case Kind::int16:
        case Kind::uint16:
            return 2;
        case Kind::int32:
        case Kind::uint32:
        case Kind::float32:
            return 4;
        case Kind::int64:
        case Kind::uint64:
        case Kind::float64:
        case Kind::enumeration:
        case Kind::duration:
        case Kind::ref:
            return 8;
        default:
            return 0;
    }
}

std::int64_t read_integer(Kind kind, ByteReader& reader) {
    switch (kind) {
        case Kind::boolean:
        case Kind::uint8:
            return reader.fixed<std::uint8_t>();
        case Kind::int8:
            return reader.fixed<std::int8_t>();
        case Kind::int16:
            return reader.fixed<std::int16_t>();
        case Kind::uint16:
            return reader.fixed<std::uint16_t>();
        case Kind::int32:
            return reader.fixed<std::int32_t>();
        case Kind::uint32:
        case Kind::float32:
            return reader.fixed<std::uint32_t>();
        default:
            return reader.fixed<std::int64_t>();
    }
}

result<Layout> Layout::of(const Schema& schema) {
    Layout layout(schema);
    auto refuse = [&](std::string_view what) {
        return unreadable(
            fmt::format("the schema of class `{}` is damaged: {}", schema.class_name, what));
    };
    if (schema.types.empty() || schema.types[0].kind != Kind::structure) {
        return refuse("its first type is no structure");
    }
    for (const Type& type : schema.types) {
        auto wanted = member_count(type.kind);
        if (type.kind > Kind::ref) return refuse("a kind of type that this version does not know");
        if (wanted && type.members.size() != *wanted) return refuse("wrong number of members");
        if (type.kind == Kind::variant && (type.members.empty() || type.members.size() > 256)) {
            return refuse("a variant must have 1 to 256 alternatives");
        }
        for (const Type::Member& member : type.members) {
            if (member.type >= schema.types.size()) return refuse("a member of no type");
        }
    }
    for (const Schema::Function& function : schema.functions) {
        for (std::uint32_t argument : function.arguments) {
            if (argument >= schema.types.size()) return refuse("an argument of no type");
        }
    }
    for (std::uint32_t index = 0; index < schema.types.size(); ++index) {
        std::string wrong = layout.measure(index, 0);
        if (!wrong.empty()) return refuse(wrong);
    }
    layout.find_unordered();
    return layout;
}

/// Structures may bring their own operator<, and floats compare by value: types that contain one
/// are not compared here.
void Layout::find_unordered() {
    std::vector<std::vector<std::uint32_t>> users(facts_.size());
    std::vector<std::uint32_t> found;
    for (std::uint32_t index = 0; index < facts_.size(); ++index) {
        const Type& type = schema_->types[index];
        for (const Type::Member& member : type.members) users[member.type].push_back(index);
        bool own = type.kind == Kind::structure && type.name != "pair";
        if (own || is_float(type.kind)) found.push_back(index);
    }
    while (!found.empty()) {
        std::uint32_t index = found.back();
        found.pop_back();
        if (!facts_[index].ordered) continue;
        facts_[index].ordered = false;
        found.insert(found.end(), users[index].begin(), users[index].end());
    }
}

/// Sizes come from members nested directly; lists, maps, sets and optionals end the recursion,
/// so that a type may contain itself through them only.
std::string Layout::measure(std::uint32_t index, int depth) {
    const Type& type = schema_->types[index];
    Facts& facts = facts_[index];
    if (facts.height > 0) return {};
    if (facts.visiting) return fmt::format("`{}` contains itself", type.name);
    if (depth > kMaxNesting) return "types nested too deep";
    facts.visiting = true;
    int height = 0;
    std::uint64_t sum = 0, least = kHuge;
    bool plain = true;
    bool direct =
        type.kind == Kind::structure || type.kind == Kind::array || type.kind == Kind::variant;
    if (direct) {
        for (std::uint32_t i = 0; i < type.members.size(); ++i) {
            std::uint32_t member = type.members[i].type;
            if (std::string wrong = measure(member, depth + 1); !wrong.empty()) return wrong;
            const Facts& inner = facts_[member];
            height = std::max(height, inner.height);
            sum = saturating_add(sum, inner.smallest);
            least = std::min(least, inner.smallest);
            plain = plain && inner.plain;
            if (inner.smallest > 0) facts.written.push_back(i);
        }
    }
    facts.height = height + 1;
    if (facts.height > kMaxNesting) return "types nested too deep";
    switch (type.kind) {
        case Kind::structure:
            facts.smallest = sum;
            facts.plain = plain;
            break;
        case Kind::array:
            facts.smallest = saturating_multiply(sum, type.count);
            facts.plain = plain;
            break;
        case Kind::variant:
            facts.smallest = saturating_add(1, least);
            break;
        case Kind::optional:
            facts.smallest = 1;
            break;
        default:
            facts.smallest = fixed_size(type.kind);
            facts.plain = facts.smallest > 0 && type.kind != Kind::boolean && !is_float(type.kind);
            if (facts.smallest == 0) facts.smallest = 4;  // u32 size
    }
    facts.visiting = false;
    return {};
}

bool Layout::check_all(std::uint32_t type, std::string_view bytes) const {
    ByteReader reader(bytes);
    return check(type, reader) && reader.done();
}

bool Layout::check(std::uint32_t index, ByteReader& reader, int depth) const {
    const Type& type = schema_->types[index];
    const Facts& facts = facts_[index];
    auto refuse = [&] {
        reader.fail();
        return false;
    };
    if (facts.smallest > reader.left() || depth > kMaxNesting) return refuse();
    if (facts.smallest == 0) return reader.ok();
    if (facts.plain) {
        reader.raw(facts.smallest);
        return true;
    }
    auto each = [&](std::uint64_t count) {
        std::uint32_t element = type.members[0].type;
        const Facts& inner = facts_[element];
        if (inner.smallest == 0) return true;  // any number of nothing
        if (count > reader.left() / inner.smallest) return refuse();
        if (inner.plain) {
            reader.raw(count * inner.smallest);
            return true;
        }
        for (std::uint64_t i = 0; i < count; ++i) {
            if (!check(element, reader, depth + 1)) return false;
        }
        return true;
    };
    switch (type.kind) {
        case Kind::boolean:
            return reader.fixed<std::uint8_t>() <= 1 || refuse();
        case Kind::float32:
            return canonical(reader.fixed<std::uint32_t>(), 0x7f800000u, 0x400000u) || refuse();
        case Kind::float64:
            return canonical(reader.fixed<std::uint64_t>(), std::uint64_t{0x7ff} << 52,
                             std::uint64_t{1} << 51) ||
                   refuse();
        case Kind::string:
        case Kind::bytes:
            reader.sized();
            return reader.ok();
        case Kind::optional: {
            auto there = reader.fixed<std::uint8_t>();
            if (there > 1) return refuse();
            return there == 0 || check(type.members[0].type, reader, depth + 1);
        }
        case Kind::variant: {
            auto chosen = reader.fixed<std::uint8_t>();
            if (chosen >= type.members.size()) return refuse();
            return check(type.members[chosen].type, reader, depth + 1);
        }
        case Kind::array:
            return each(type.count);
        case Kind::list:
            return each(reader.fixed<std::uint32_t>()) && reader.ok();
        case Kind::map:
        case Kind::set:
            return check_keyed(type, reader, depth);
        case Kind::structure:
            for (std::uint32_t member : facts.written) {
                if (!check(type.members[member].type, reader, depth + 1)) return false;
            }
            return true;
        default:
            return refuse();  // all others are plain
    }
}

bool Layout::check_keyed(const Type& type, ByteReader& reader, int depth) const {
    std::uint32_t key = type.members[0].type;
    auto count = reader.fixed<std::uint32_t>();
    std::string_view before;
    for (std::uint32_t i = 0; i < count; ++i) {
        ByteReader start = reader;
        if (!check(key, reader, depth + 1)) return false;
        std::string_view bytes = start.raw(start.left() - reader.left());
        if (i > 0 && !ascending(key, before, bytes)) {
            reader.fail();
            return false;
        }
        before = bytes;
        if (type.kind == Kind::map && !check(type.members[1].type, reader, depth + 1)) return false;
    }
    return reader.ok();
}

bool Layout::ascending(std::uint32_t key, std::string_view before, std::string_view after) const {
    if (before == after) return false;  // also ends any number of keys that take no bytes
    if (!facts_[key].ordered) return true;
    ByteReader a(before), b(after);
    return compare(key, a, b) < 0;
}

/// As std::less of the C++ types. Requires: both were checked, the type is ordered.
int Layout::compare(std::uint32_t index, ByteReader& a, ByteReader& b) const {
    const Type& type = schema_->types[index];
    if (facts_[index].smallest == 0) return 0;
    auto elements = [&](std::uint64_t mine, std::uint64_t theirs) {
        if (facts_[type.members[0].type].smallest == 0) return three_way(mine, theirs);
        for (std::uint64_t i = 0; i < std::min(mine, theirs); ++i) {
            for (const Type::Member& member : type.members) {
                if (int order = compare(member.type, a, b)) return order;
            }
        }
        return three_way(mine, theirs);
    };
    switch (type.kind) {
        case Kind::string:
        case Kind::bytes:
            return a.sized().compare(b.sized());
        case Kind::uint64:
        case Kind::ref:
            return three_way(a.fixed<std::uint64_t>(), b.fixed<std::uint64_t>());
        case Kind::optional: {
            auto mine = a.fixed<std::uint8_t>(), theirs = b.fixed<std::uint8_t>();
            if (mine != theirs || mine == 0) return three_way(mine, theirs);
            return compare(type.members[0].type, a, b);
        }
        case Kind::variant: {
            auto mine = a.fixed<std::uint8_t>(), theirs = b.fixed<std::uint8_t>();
            if (mine != theirs) return three_way(mine, theirs);
            return compare(type.members[mine].type, a, b);
        }
        case Kind::array:
            return elements(type.count, type.count);
        case Kind::list:
        case Kind::set:
        case Kind::map: {
            auto mine = a.fixed<std::uint32_t>(), theirs = b.fixed<std::uint32_t>();
            return elements(mine, theirs);
        }
        case Kind::structure:
            for (std::uint32_t member : facts_[index].written) {
                if (int order = compare(type.members[member].type, a, b)) return order;
            }
            return 0;
        default:
            return three_way(read_integer(type.kind, a), read_integer(type.kind, b));
    }
}

}  // namespace teatime
