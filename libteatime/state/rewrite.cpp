#include "teatime/state/rewrite.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

#include "layout.h"
#include "teatime/state/bytes.h"

namespace teatime {
namespace {

/// Requires of what it reads: Layout::check() accepted it.
class Rewriter {
public:
    Rewriter(const Layout& layout, LeafVisitor& visitor) : layout_(layout), visitor_(visitor) {}

    void value(std::uint32_t index, ByteReader& in, std::string& out) {
        const Type& type = layout_.type(index);
        if (layout_.smallest(index) == 0) return;
        switch (type.kind) {
            case Kind::string:
            case Kind::bytes:
                return sized(type, in, out);
            case Kind::optional:
                if (copy_byte(in, out) != 0) value(type.members[0].type, in, out);
                return;
            case Kind::variant:
                return value(type.members[copy_byte(in, out)].type, in, out);
            case Kind::array:
                return elements(type, type.count, in, out);
            case Kind::list:
                return elements(type, copy_count(in, out), in, out);
            case Kind::map:
            case Kind::set:
                return keyed(type, in, out);
            case Kind::structure:
                for (std::uint32_t member : layout_.written(index)) {
                    visitor_.enter(type.members[member].name);
                    value(type.members[member].type, in, out);
                    visitor_.leave();
                }
                return;
            case Kind::ref:
                return ByteWriter(out).fixed(in.fixed<std::uint64_t>());
            default:
                return number(type, in, out);
        }
    }

    /// Every leaf was one that its type can hold.
    bool fits() const { return fits_; }

private:
    static std::uint8_t copy_byte(ByteReader& in, std::string& out) {
        auto byte = in.fixed<std::uint8_t>();
        ByteWriter(out).fixed(byte);
        return byte;
    }
    static std::uint32_t copy_count(ByteReader& in, std::string& out) {
        auto count = in.fixed<std::uint32_t>();
        ByteWriter(out).fixed(count);
        return count;
    }

    void sized(const Type& type, ByteReader& in, std::string& out) {
        std::string bytes(in.sized());
        bool text = type.kind == Kind::string;
        Value leaf = text ? Value(std::move(bytes)) : Value(Value::Bytes{std::move(bytes)});
        visitor_.leaf(type, leaf);
        const std::string* left = text              ? leaf.if_string()
                                  : leaf.if_bytes() ? &leaf.if_bytes()->data
                                                    : nullptr;
        ByteWriter(out).sized(left ? *left : std::string());
    }

    void number(const Type& type, ByteReader& in, std::string& out) {
        ByteWriter writer(out);
        if (type.kind == Kind::float32 || type.kind == Kind::float64) {
            bool wide = type.kind == Kind::float64;
            Value leaf(wide ? std::bit_cast<double>(in.fixed<std::uint64_t>())
                            : double{std::bit_cast<float>(in.fixed<std::uint32_t>())});
            visitor_.leaf(type, leaf);
            double left = 0;
            leaf.as_double(left);
            if (wide) return writer.fixed(std::bit_cast<std::uint64_t>(left));
            return writer.fixed(std::bit_cast<std::uint32_t>(static_cast<float>(left)));
        }
        std::int64_t integer = read_integer(type.kind, in);
        Value leaf = type.kind == Kind::boolean  ? Value(integer != 0)
                     : type.kind == Kind::uint64 ? Value(static_cast<std::uint64_t>(integer))
                                                 : Value(integer);
        visitor_.leaf(type, leaf);
        std::int64_t left = leaf.if_bool()   ? *leaf.if_bool()
                            : leaf.if_int()  ? *leaf.if_int()
                            : leaf.if_uint() ? static_cast<std::int64_t>(*leaf.if_uint())
                                             : 0;
        // Little endian: the lowest bytes of the word; read again they tell whether it fits.
        std::string word;
        ByteWriter(word).fixed(left);
        std::size_t size = fixed_size(type.kind);
        writer.raw(std::string_view(word).substr(0, size));
        ByteReader again(std::string_view(out).substr(out.size() - size));
        fits_ = fits_ && read_integer(type.kind, again) == left;
    }

    void elements(const Type& type, std::uint64_t count, ByteReader& in, std::string& out) {
        std::uint32_t element = type.members[0].type;
        if (layout_.smallest(element) == 0) return;
        for (std::uint64_t i = 0; i < count; ++i) value(element, in, out);
    }

    void keyed(const Type& type, ByteReader& in, std::string& out) {
        std::uint32_t key = type.members[0].type;
        std::vector<std::pair<std::string, std::string>> entries;
        for (auto count = copy_count(in, out); count > 0; --count) {
            auto& [name, held] = entries.emplace_back();
            value(key, in, name);
            if (type.kind == Kind::map) value(type.members[1].type, in, held);
        }
        std::stable_sort(entries.begin(), entries.end(), [&](const auto& a, const auto& b) {
            return layout_.ascending(key, a.first, b.first) &&
                   !layout_.ascending(key, b.first, a.first);  // of unordered ones: as they were
        });
        for (const auto& [name, held] : entries) out.append(name).append(held);
    }

    const Layout& layout_;
    LeafVisitor& visitor_;
    bool fits_ = true;
};

Error no_value(const Schema& schema, std::string_view what) {
    return unreadable(fmt::format("a value of class `{}` {}", schema.class_name, what));
}

}  // namespace

result<std::string> rewrite_values(const Schema& schema, const std::vector<std::uint32_t>& types,
                                   std::string_view bytes, LeafVisitor& visitor) {
    auto layout = Layout::of(schema);
    if (!layout) return layout.error();
    auto whole = [&](std::string_view text) {
        ByteReader reader(text);
        return std::all_of(types.begin(), types.end(),
                           [&](std::uint32_t type) { return layout->check(type, reader); }) &&
               reader.done();
    };
    if (!whole(bytes)) return no_value(schema, "is damaged");
    Rewriter rewriter(*layout, visitor);
    ByteReader in(bytes);
    std::string out;
    out.reserve(bytes.size());
    for (std::uint32_t type : types) rewriter.value(type, in, out);
    if (!rewriter.fits() || !whole(out))
        return no_value(schema, "cannot hold what is to replace it");
    return out;
}

result<std::string> rewrite_value(const Schema& schema, std::uint32_t type, std::string_view bytes,
                                  LeafVisitor& visitor) {
    return rewrite_values(schema, {type}, bytes, visitor);
}

}  // namespace teatime
