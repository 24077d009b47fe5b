#pragma once

#include <array>
#include <bit>
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "teatime/state/bytes.h"
#include "teatime/state/schema.h"
#include "teatime/state/time.h"
#include "teatime/state/value.h"

namespace teatime {

/// A member that is no part of the state: a cache that can be made anew at any time. Neither
/// encoded nor hashed; default-constructed after a restore, so nothing that a message does may
/// depend on it.
template <class T>
struct transient {
    T value{};
};

/// Collects the types of a schema; each C++ type once, so recursive types end.
class SchemaBuilder {
public:
    template <class T>
    std::uint32_t type();

    Schema schema;

private:
    template <class T>
    static constexpr char kKey = 0;
    std::vector<std::pair<const void*, std::uint32_t>> known_;
};

/// How a type is encoded, decoded, described and converted. Specialise it for a type of your own
/// only where BOOST_DESCRIBE_STRUCT cannot serve.
///   encode: canonical bytes (see Kind). decode: reads them back; a damaged encoding makes the
///   reader fail. describe: the schema entry. to_value / from_value: for messages from outside and
///   events; from_value refuses what cannot be represented exactly and says what was expected.
template <class T, class = void>
struct Codec;

namespace detail {

/// "expected int32, got "blue"".
Error mismatch(std::string_view expected, const Value& got);

/// An integer of any width from a number that is exactly one within [low, high].
bool exact_integer(const Value& value, std::int64_t& number);
bool exact_unsigned(const Value& value, std::uint64_t& number);
bool exact_floating(const Value& value, double& number);

/// Entry `name` of a described struct, or element `index` where `from` is a list; null where
/// missing.
const Value* find_member(const Value& from, std::string_view name, std::size_t index);
/// An error where `from` is neither entries nor a list, or has something that is none of `names`.
result<void> check_members(const Value& from, std::span<const std::string_view> names);

/// `Disc` for `game::Disc`: the same whichever compiler built the module.
template <class T>
constexpr std::string_view unqualified_name() {
    std::string_view name = __PRETTY_FUNCTION__;
    name.remove_prefix(name.find("T = ") + 4);
    name = name.substr(0, name.find_first_of(";]"));
    std::size_t colon = name.substr(0, name.find('<')).rfind("::");
    return colon == name.npos ? name : name.substr(colon + 2);
}

/// Canonical NaN.
inline std::uint64_t canonical_bits(double number) {
    return number != number ? 0x7ff8000000000000u : std::bit_cast<std::uint64_t>(number);
}
inline std::uint32_t canonical_bits(float number) {
    return number != number ? 0x7fc00000u : std::bit_cast<std::uint32_t>(number);
}

/// Reads a list's size and elements, growing with what is there, never by the declared size alone.
template <class Element, class Add>
void decode_elements(ByteReader& in, Add add) {
    std::uint32_t size = in.fixed<std::uint32_t>();
    for (std::uint32_t i = 0; i < size && in.ok(); ++i) {
        Element element{};
        std::size_t before = in.left();
        Codec<Element>::decode(in, element);
        if (in.left() == before && size > 1'000'000) in.fail();  // elements of no bytes: a bomb
        if (in.ok()) add(std::move(element));
    }
}

template <class T>
inline constexpr bool is_transient = false;
template <class T>
inline constexpr bool is_transient<transient<T>> = true;

/// Those of bases first; hidden ones too, for they are state all the same.
template <class T>
using data_members = boost::describe::describe_members<T, boost::describe::mod_any_access |
                                                              boost::describe::mod_inherited |
                                                              boost::describe::mod_hidden>;

/// Calls visit(name, member pointer) for each described data member that is state.
template <class T, class Visit>
void for_each_field(Visit visit) {
    boost::mp11::mp_for_each<data_members<T>>([&](auto descriptor) {
        using Member = std::remove_cvref_t<decltype(std::declval<T&>().*descriptor.pointer)>;
        if constexpr (!is_transient<Member>) visit(descriptor.name, descriptor.pointer);
    });
}

template <class Key>
inline constexpr bool is_ordered_key = !std::is_floating_point_v<Key> && !std::is_pointer_v<Key>;

}  // namespace detail

template <class T, class>
struct Codec {
    static_assert(!std::is_pointer_v<T> && !std::is_reference_v<T>,
                  "a pointer or reference can be neither part of an Island's state nor a message's "
                  "argument: it differs on every replica. Use Ref<T> for an object of the Island, "
                  "std::string for text.");
    static_assert(!std::is_same_v<T, long double>,
                  "long double can be neither part of an Island's state nor a message's argument: "
                  "its size and arithmetic differ between machines. Use double.");
    static_assert(
        std::is_pointer_v<T> || std::is_reference_v<T> || std::is_same_v<T, long double>,
        "this type can be neither part of an Island's state nor a message's argument: its order or "
        "layout is not defined (unordered containers, custom comparators), or it is a struct that "
        "is not described. Use map, set or vector, write BOOST_DESCRIBE_STRUCT after the "
        "struct, or wrap a cache in teatime::transient<T>.");
};

template <>
struct Codec<bool> {
    static void encode(ByteWriter& out, bool value) { out.fixed<std::uint8_t>(value ? 1 : 0); }
    static void decode(ByteReader& in, bool& value) {
        std::uint8_t byte = in.fixed<std::uint8_t>();
        if (byte > 1) in.fail();
        value = byte == 1;
    }
    static Type describe(SchemaBuilder&) { return {Kind::boolean, {}, 0, {}, {}}; }
    static Value to_value(bool value) { return value; }
    static result<void> from_value(const Value& from, bool& value) {
        if (!from.if_bool()) return detail::mismatch("true or false", from);
        value = *from.if_bool();
        return {};
    }
};

template <class T>
struct Codec<T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>>> {
    static_assert(sizeof(T) <= 8);
    static constexpr Kind kind() {
        constexpr Kind kSigned[] = {Kind::int8, Kind::int16, Kind::int32, Kind::int64};
        constexpr Kind kUnsigned[] = {Kind::uint8, Kind::uint16, Kind::uint32, Kind::uint64};
        return (std::is_signed_v<T> ? kSigned : kUnsigned)[std::countr_zero(sizeof(T))];
    }
    static void encode(ByteWriter& out, T value) { out.fixed(value); }
    static void decode(ByteReader& in, T& value) { value = in.fixed<T>(); }
    static Type describe(SchemaBuilder&) { return {kind(), {}, 0, {}, {}}; }
    static Value to_value(T value) {
        if constexpr (std::is_signed_v<T>) {
            return std::int64_t{value};
        } else {
            return std::uint64_t{value};
        }
    }
    static result<void> from_value(const Value& from, T& value) {
        using Wide = std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>;
        Wide wide = 0;
        bool exact;
        if constexpr (std::is_signed_v<T>) {
            exact = detail::exact_integer(from, wide);
        } else {
            exact = detail::exact_unsigned(from, wide);
        }
        if (!exact || wide < Wide{std::numeric_limits<T>::min()} ||
            wide > Wide{std::numeric_limits<T>::max()}) {
            return detail::mismatch(
                std::is_signed_v<T>
                    ? "a whole number of " + std::to_string(8 * sizeof(T)) + " bits"
                    : "a whole number >= 0 of " + std::to_string(8 * sizeof(T)) + " bits",
                from);
        }
        value = static_cast<T>(wide);
        return {};
    }
};

template <class T>
struct Codec<T, std::enable_if_t<std::is_same_v<T, double> || std::is_same_v<T, float>>> {
    static void encode(ByteWriter& out, T value) { out.fixed(detail::canonical_bits(value)); }
    static void decode(ByteReader& in, T& value) {
        auto bits = in.fixed<decltype(detail::canonical_bits(T{}))>();
        value = std::bit_cast<T>(bits);
        if (detail::canonical_bits(value) != bits) in.fail();
    }
    static Type describe(SchemaBuilder&) {
        return {sizeof(T) == 8 ? Kind::float64 : Kind::float32, {}, 0, {}, {}};
    }
    static Value to_value(T value) { return static_cast<double>(value); }
    static result<void> from_value(const Value& from, T& value) {
        double number = 0;
        if (!detail::exact_floating(from, number)) {
            return detail::mismatch("a number that floating point holds exactly", from);
        }
        value = static_cast<T>(number);
        if (static_cast<double>(value) != number && number == number) {
            return detail::mismatch("a number that a 32-bit float holds exactly", from);
        }
        return {};
    }
};

template <class T>
struct Codec<T, std::enable_if_t<std::is_enum_v<T>>> {
    static void encode(ByteWriter& out, T value) { out.fixed(static_cast<std::int64_t>(value)); }
    static void decode(ByteReader& in, T& value) {
        value = static_cast<T>(in.fixed<std::int64_t>());
    }
    static Type describe(SchemaBuilder&) {
        Type type{Kind::enumeration, {}, 0, {}, {}};
        if constexpr (boost::describe::has_describe_enumerators<T>::value) {
            boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto d) {
                type.enumerators.emplace_back(d.name, static_cast<std::int64_t>(d.value));
            });
        }
        return type;
    }
    static Value to_value(T value) {
        if constexpr (boost::describe::has_describe_enumerators<T>::value) {
            const char* name = boost::describe::enum_to_string(value, nullptr);
            if (name) return name;
        }
        return static_cast<std::int64_t>(value);
    }
    static result<void> from_value(const Value& from, T& value) {
        std::string names;
        if constexpr (boost::describe::has_describe_enumerators<T>::value) {
            if (const std::string* text = from.if_string()) {
                if (boost::describe::enum_from_string(text->c_str(), value)) return {};
            }
            boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>(
                [&](auto d) { names += (names.empty() ? "" : ", ") + std::string(d.name); });
        }
        std::int64_t number = 0;
        std::underlying_type_t<T> narrow{};
        if (detail::exact_integer(from, number) &&
            std::in_range<std::underlying_type_t<T>>(number)) {
            narrow = static_cast<std::underlying_type_t<T>>(number);
            value = static_cast<T>(narrow);
            return {};
        }
        return detail::mismatch(names.empty() ? "a number of an enumeration" : "one of " + names,
                                from);
    }
};

template <>
struct Codec<std::string> {
    static void encode(ByteWriter& out, const std::string& value) { out.sized(value); }
    static void decode(ByteReader& in, std::string& value) { value = in.sized(); }
    static Type describe(SchemaBuilder&) { return {Kind::string, {}, 0, {}, {}}; }
    static Value to_value(const std::string& value) { return value; }
    static result<void> from_value(const Value& from, std::string& value) {
        if (!from.if_string()) return detail::mismatch("a text", from);
        value = *from.if_string();
        return {};
    }
};

template <class Byte>
struct Codec<std::vector<Byte>, std::enable_if_t<std::is_same_v<Byte, std::byte> ||
                                                 std::is_same_v<Byte, std::uint8_t>>> {
    static std::string_view view(const std::vector<Byte>& value) {
        return {reinterpret_cast<const char*>(value.data()), value.size()};
    }
    static void assign(std::vector<Byte>& value, std::string_view bytes) {
        auto data = reinterpret_cast<const Byte*>(bytes.data());
        value.assign(data, data + bytes.size());
    }
    static void encode(ByteWriter& out, const std::vector<Byte>& value) { out.sized(view(value)); }
    static void decode(ByteReader& in, std::vector<Byte>& value) { assign(value, in.sized()); }
    static Type describe(SchemaBuilder&) { return {Kind::bytes, {}, 0, {}, {}}; }
    static Value to_value(const std::vector<Byte>& value) {
        return Value::Bytes{std::string(view(value))};
    }
    static result<void> from_value(const Value& from, std::vector<Byte>& value) {
        if (from.if_bytes()) {
            assign(value, from.if_bytes()->data);
            return {};
        }
        const Value::List* list = from.if_list();
        if (!list) return detail::mismatch("a list of bytes", from);
        value.clear();
        for (const Value& element : *list) {
            std::uint8_t byte = 0;
            if (auto read = Codec<std::uint8_t>::from_value(element, byte); !read) return read;
            value.push_back(static_cast<Byte>(byte));
        }
        return {};
    }
};

namespace detail {
/// `us` for 1/1000000, as decode_value() knows it; `2/3` for what has no name.
std::string unit_name(std::intmax_t num, std::intmax_t den);
}  // namespace detail

template <class Rep, class Period>
struct Codec<std::chrono::duration<Rep, Period>> {
    static_assert(std::is_integral_v<Rep>, "use a duration that counts in whole ticks");
    using T = std::chrono::duration<Rep, Period>;
    static void encode(ByteWriter& out, T value) { out.fixed(std::int64_t{value.count()}); }
    static void decode(ByteReader& in, T& value) {
        value = T(static_cast<Rep>(in.fixed<std::int64_t>()));
    }
    static Type describe(SchemaBuilder&) {
        return {Kind::duration, detail::unit_name(Period::num, Period::den), 0, {}, {}};
    }
    static Value to_value(T value) { return Codec<Rep>::to_value(value.count()); }
    static result<void> from_value(const Value& from, T& value) {
        Rep ticks{};
        if (const std::string* text = from.if_string()) {
            auto parsed = parse_duration(*text);
            if (!parsed) return parsed.error();
            value = std::chrono::duration_cast<T>(*parsed);
            if (value != *parsed) return detail::mismatch("a duration of whole ticks", from);
            return {};
        }
        if (auto read = Codec<Rep>::from_value(from, ticks); !read) return read;
        value = T(ticks);
        return {};
    }
};

/// What now() returns, as the duration since the session began.
template <>
struct Codec<VirtualTime> {
    static void encode(ByteWriter& out, VirtualTime value) {
        Codec<Duration>::encode(out, value.time_since_epoch());
    }
    static void decode(ByteReader& in, VirtualTime& value) {
        Duration since{};
        Codec<Duration>::decode(in, since);
        value = VirtualTime(since);
    }
    static Type describe(SchemaBuilder& schema) { return Codec<Duration>::describe(schema); }
    static Value to_value(VirtualTime value) {
        return Codec<Duration>::to_value(value.time_since_epoch());
    }
    static result<void> from_value(const Value& from, VirtualTime& value) {
        Duration since{};
        if (auto read = Codec<Duration>::from_value(from, since); !read) return read;
        value = VirtualTime(since);
        return {};
    }
};

template <class T>
struct Codec<std::optional<T>> {
    static void encode(ByteWriter& out, const std::optional<T>& value) {
        Codec<bool>::encode(out, value.has_value());
        if (value) Codec<T>::encode(out, *value);
    }
    static void decode(ByteReader& in, std::optional<T>& value) {
        bool present = false;
        Codec<bool>::decode(in, present);
        value.reset();
        if (present) Codec<T>::decode(in, value.emplace());
    }
    static Type describe(SchemaBuilder& types) {
        return {Kind::optional, {}, 0, {{"value", types.type<T>()}}, {}};
    }
    static Value to_value(const std::optional<T>& value) {
        return value ? Codec<T>::to_value(*value) : Value();
    }
    static result<void> from_value(const Value& from, std::optional<T>& value) {
        value.reset();
        if (from.is_null()) return {};
        return Codec<T>::from_value(from, value.emplace());
    }
};

template <class... Ts>
struct Codec<std::variant<Ts...>> {
    using T = std::variant<Ts...>;
    static_assert(sizeof...(Ts) < 256);
    static void encode(ByteWriter& out, const T& value) {
        out.fixed(static_cast<std::uint8_t>(value.index()));
        std::visit(
            [&](const auto& held) {
                Codec<std::remove_cvref_t<decltype(held)>>::encode(out, held);
            },
            value);
    }
    static void decode(ByteReader& in, T& value) {
        std::size_t index = in.fixed<std::uint8_t>();
        if (index >= sizeof...(Ts)) return in.fail();
        boost::mp11::mp_with_index<sizeof...(Ts)>(index, [&](auto i) {
            Codec<std::variant_alternative_t<i, T>>::decode(in, value.template emplace<i>());
        });
    }
    static Type describe(SchemaBuilder& types) {
        return {Kind::variant, {}, 0, {{"", types.type<Ts>()}...}, {}};
    }
    static Value to_value(const T& value) {
        return std::visit(
            [](const auto& held) {
                return Codec<std::remove_cvref_t<decltype(held)>>::to_value(held);
            },
            value);
    }
    /// The first alternative that takes the value.
    static result<void> from_value(const Value& from, T& value) {
        bool done = false;
        boost::mp11::mp_for_each<boost::mp11::mp_iota_c<sizeof...(Ts)>>([&](auto i) {
            if (done) return;
            std::variant_alternative_t<i, T> held{};
            if (Codec<std::variant_alternative_t<i, T>>::from_value(from, held)) {
                value.template emplace<i>(std::move(held));
                done = true;
            }
        });
        if (!done) return detail::mismatch("a value that one alternative takes", from);
        return {};
    }
};

template <class T, std::size_t N>
struct Codec<std::array<T, N>> {
    static void encode(ByteWriter& out, const std::array<T, N>& value) {
        for (const T& element : value) Codec<T>::encode(out, element);
    }
    static void decode(ByteReader& in, std::array<T, N>& value) {
        for (T& element : value) Codec<T>::decode(in, element);
    }
    static Type describe(SchemaBuilder& types) {
        return {Kind::array, {}, N, {{"element", types.type<T>()}}, {}};
    }
    static Value to_value(const std::array<T, N>& value) {
        Value::List list;
        for (const T& element : value) list.push_back(Codec<T>::to_value(element));
        return list;
    }
    static result<void> from_value(const Value& from, std::array<T, N>& value) {
        const Value::List* list = from.if_list();
        if (!list || list->size() != N) {
            return detail::mismatch("a list of " + std::to_string(N), from);
        }
        for (std::size_t i = 0; i < N; ++i) {
            if (auto read = Codec<T>::from_value((*list)[i], value[i]); !read) return read;
        }
        return {};
    }
};

template <class T>
struct Codec<std::vector<T>,
             std::enable_if_t<!std::is_same_v<T, std::byte> && !std::is_same_v<T, std::uint8_t>>> {
    static void encode(ByteWriter& out, const std::vector<T>& value) {
        out.fixed(static_cast<std::uint32_t>(value.size()));
        for (const auto& element : value) Codec<T>::encode(out, element);
    }
    static void decode(ByteReader& in, std::vector<T>& value) {
        value.clear();
        detail::decode_elements<T>(in, [&](T&& element) { value.push_back(std::move(element)); });
    }
    static Type describe(SchemaBuilder& types) {
        return {Kind::list, {}, 0, {{"element", types.type<T>()}}, {}};
    }
    static Value to_value(const std::vector<T>& value) {
        Value::List list;
        for (const auto& element : value) list.push_back(Codec<T>::to_value(element));
        return list;
    }
    static result<void> from_value(const Value& from, std::vector<T>& value) {
        const Value::List* list = from.if_list();
        if (!list) return detail::mismatch("a list", from);
        value.clear();
        for (const Value& element : *list) {
            T converted{};
            if (auto read = Codec<T>::from_value(element, converted); !read) return read;
            value.push_back(std::move(converted));
        }
        return {};
    }
};

/// Ascending keys are the order in which std::less iterates: canonical without sorting.
template <class K, class V>
struct Codec<std::map<K, V>> {
    static_assert(detail::is_ordered_key<K>,
                  "keys of a map in an Island's state may be neither "
                  "floating point nor pointers");
    static void encode(ByteWriter& out, const std::map<K, V>& value) {
        out.fixed(static_cast<std::uint32_t>(value.size()));
        for (const auto& [key, held] : value) {
            Codec<K>::encode(out, key);
            Codec<V>::encode(out, held);
        }
    }
    static void decode(ByteReader& in, std::map<K, V>& value) {
        value.clear();
        detail::decode_elements<std::pair<K, V>>(in, [&](std::pair<K, V>&& entry) {
            if (!value.empty() && !(value.rbegin()->first < entry.first)) return in.fail();
            value.emplace_hint(value.end(), std::move(entry));
        });
    }
    static Type describe(SchemaBuilder& types) {
        return {Kind::map, {}, 0, {{"key", types.type<K>()}, {"value", types.type<V>()}}, {}};
    }
    static Value to_value(const std::map<K, V>& value) {
        if constexpr (std::is_same_v<K, std::string>) {
            Value::Entries entries;
            for (const auto& [key, held] : value)
                entries.emplace_back(key, Codec<V>::to_value(held));
            return entries;
        } else {
            Value::List list;
            for (const auto& [key, held] : value) {
                list.push_back(Value::List{Codec<K>::to_value(key), Codec<V>::to_value(held)});
            }
            return list;
        }
    }
    static result<void> from_value(const Value& from, std::map<K, V>& value) {
        value.clear();
        auto add = [&](const Value& key, const Value& held) -> result<void> {
            K converted_key{};
            V converted{};
            if (auto read = Codec<K>::from_value(key, converted_key); !read) return read;
            if (auto read = Codec<V>::from_value(held, converted); !read) return read;
            value.insert_or_assign(std::move(converted_key), std::move(converted));
            return {};
        };
        if (const Value::Entries* entries = from.if_entries()) {
            for (const auto& [key, held] : *entries) {
                if (auto added = add(key, held); !added) return added;
            }
            return {};
        }
        const Value::List* list = from.if_list();
        if (!list) return detail::mismatch("an object or a list of [key, value]", from);
        for (const Value& entry : *list) {
            const Value::List* both = entry.if_list();
            if (!both || both->size() != 2) return detail::mismatch("[key, value]", entry);
            if (auto added = add((*both)[0], (*both)[1]); !added) return added;
        }
        return {};
    }
};

template <class K>
struct Codec<std::set<K>> {
    static_assert(detail::is_ordered_key<K>,
                  "keys of a set in an Island's state may be neither "
                  "floating point nor pointers");
    static void encode(ByteWriter& out, const std::set<K>& value) {
        out.fixed(static_cast<std::uint32_t>(value.size()));
        for (const K& key : value) Codec<K>::encode(out, key);
    }
    static void decode(ByteReader& in, std::set<K>& value) {
        value.clear();
        detail::decode_elements<K>(in, [&](K&& key) {
            if (!value.empty() && !(*value.rbegin() < key)) return in.fail();
            value.insert(value.end(), std::move(key));
        });
    }
    static Type describe(SchemaBuilder& types) {
        return {Kind::set, {}, 0, {{"key", types.type<K>()}}, {}};
    }
    static Value to_value(const std::set<K>& value) {
        Value::List list;
        for (const K& key : value) list.push_back(Codec<K>::to_value(key));
        return list;
    }
    static result<void> from_value(const Value& from, std::set<K>& value) {
        std::vector<K> keys;
        if (auto read = Codec<std::vector<K>>::from_value(from, keys); !read) return read;
        value = std::set<K>(keys.begin(), keys.end());
        return {};
    }
};

template <class A, class B>
struct Codec<std::pair<A, B>> {
    static void encode(ByteWriter& out, const std::pair<A, B>& value) {
        Codec<A>::encode(out, value.first);
        Codec<B>::encode(out, value.second);
    }
    static void decode(ByteReader& in, std::pair<A, B>& value) {
        Codec<A>::decode(in, value.first);
        Codec<B>::decode(in, value.second);
    }
    static Type describe(SchemaBuilder& types) {
        return {Kind::structure,
                "pair",
                0,
                {{"first", types.type<A>()}, {"second", types.type<B>()}},
                {}};
    }
    static Value to_value(const std::pair<A, B>& value) {
        return Value::List{Codec<A>::to_value(value.first), Codec<B>::to_value(value.second)};
    }
    static result<void> from_value(const Value& from, std::pair<A, B>& value) {
        const Value::List* list = from.if_list();
        if (!list || list->size() != 2) return detail::mismatch("a list of two", from);
        if (auto read = Codec<A>::from_value((*list)[0], value.first); !read) return read;
        return Codec<B>::from_value((*list)[1], value.second);
    }
};

/// Described structs and classes: their members in order, those of bases first.
template <class T>
struct Codec<
    T, std::enable_if_t<std::is_class_v<T> && boost::describe::has_describe_members<T>::value>> {
    static void encode(ByteWriter& out, const T& value) {
        detail::for_each_field<T>([&](const char*, auto member) {
            Codec<std::remove_cvref_t<decltype(value.*member)>>::encode(out, value.*member);
        });
    }
    static void decode(ByteReader& in, T& value) {
        detail::for_each_field<T>([&](const char*, auto member) {
            Codec<std::remove_cvref_t<decltype(value.*member)>>::decode(in, value.*member);
        });
    }
    static Type describe(SchemaBuilder& types) {
        Type type{Kind::structure, std::string(detail::unqualified_name<T>()), 0, {}, {}};
        detail::for_each_field<T>([&](const char* name, auto member) {
            using Member = std::remove_cvref_t<decltype(std::declval<T&>().*member)>;
            type.members.push_back({name, types.type<Member>()});
        });
        return type;
    }
    static Value to_value(const T& value) {
        Value::Entries entries;
        detail::for_each_field<T>([&](const char* name, auto member) {
            entries.emplace_back(
                name, Codec<std::remove_cvref_t<decltype(value.*member)>>::to_value(value.*member));
        });
        return entries;
    }
    /// From entries by name (missing ones keep their default, unknown ones are an error), or from a
    /// list in order.
    static result<void> from_value(const Value& from, T& value) {
        std::vector<std::string_view> names;
        detail::for_each_field<T>([&](const char* name, auto) { names.push_back(name); });
        if (auto checked = detail::check_members(from, names); !checked) return checked;
        result<void> read;
        std::size_t index = 0;
        detail::for_each_field<T>([&](const char* name, auto member) {
            const Value* found = detail::find_member(from, name, index++);
            if (!read || !found) return;
            read = Codec<std::remove_cvref_t<decltype(value.*member)>>::from_value(*found,
                                                                                   value.*member);
        });
        return read;
    }
};

template <class T>
std::uint32_t SchemaBuilder::type() {
    for (auto [key, index] : known_) {
        if (key == &kKey<T>) return index;
    }
    auto index = static_cast<std::uint32_t>(schema.types.size());
    known_.emplace_back(&kKey<T>, index);
    schema.types.emplace_back();
    Type described = Codec<T>::describe(*this);  // may add types: take no reference before
    schema.types[index] = std::move(described);
    return index;
}

}  // namespace teatime
