#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "teatime/island/export.h"
#include "teatime/state/codec.h"
#include "teatime/state/ids.h"

namespace teatime {

class Object;
class Scene;
class Sender;
struct Input;

/// One message that a class understands.
struct FunctionInfo {
    std::string_view name;
    bool is_public = false;  ///< may be sent from outside
    std::size_t argument_count = 0;
    /// Decodes canonical arguments and calls. False where they do not decode (nothing was called).
    bool (*invoke)(Object& object, ByteReader& arguments);
    /// Converts arguments from outside; refuses what is not exactly representable.
    result<void> (*convert)(std::span<const Value> from, ByteWriter& arguments);
    void (*describe)(SchemaBuilder& types, Schema::Function& function);
};

/// All that the engine knows of a class: constant data made at compile time from its description.
struct ClassInfo {
    std::string_view name;
    const ClassInfo* base;                    ///< null for a direct child of Object
    std::span<const FunctionInfo> functions;  ///< those of the base first; names are unique
    Object* (*construct)();
    void (*destroy)(Object* object);
    void (*encode)(const Object& object, ByteWriter& fields);
    void (*decode)(Object& object, ByteReader& fields);
    Schema (*schema)();
    /// Empty, or a sentence that names the bytes which no described member accounts for.
    std::string (*check_layout)();
    void (*init)(
        Object& object);  ///< of a root: its init() without arguments; may be null, as all below
    void (*draw)(const Object& object, Scene& scene);
    void (*input)(const Object& object, const Input& input, Sender& sender);
    void (*member_joined)(Object& object, MemberId member);
    void (*member_left)(Object& object, MemberId member);

    const FunctionInfo* find_function(std::string_view function) const {
        auto found = std::find_if(functions.begin(), functions.end(),
                                  [&](const FunctionInfo& each) { return each.name == function; });
        return found == functions.end() ? nullptr : &*found;
    }
};

namespace detail {

template <class F>
struct FunctionTraits;
template <class R, class C, class... A>
struct FunctionTraits<R (C::*)(A...)> {
    using Arguments = std::tuple<std::decay_t<A>...>;
};
template <class R, class C, class... A>
struct FunctionTraits<R (C::*)(A...) const> : FunctionTraits<R (C::*)(A...)> {};
template <class R, class C, class... A>
struct FunctionTraits<R (C::*)(A...) noexcept> : FunctionTraits<R (C::*)(A...)> {};
template <class R, class C, class... A>
struct FunctionTraits<R (C::*)(A...) const noexcept> : FunctionTraits<R (C::*)(A...)> {};

template <class T>
using functions = boost::describe::describe_members<
    T, boost::describe::mod_any_access | boost::describe::mod_inherited |
           boost::describe::mod_hidden | boost::describe::mod_function>;

template <class T, class Descriptor>
struct Handler {
    using Arguments =
        typename FunctionTraits<std::remove_const_t<decltype(Descriptor::pointer)>>::Arguments;

    static bool invoke(Object& object, ByteReader& in) {
        Arguments arguments;
        std::apply(
            [&](auto&... each) {
                (Codec<std::remove_reference_t<decltype(each)>>::decode(in, each), ...);
            },
            arguments);
        if (!in.done()) return false;
        std::apply(
            [&](auto&... each) {
                (static_cast<T&>(object).*Descriptor::pointer)(std::move(each)...);
            },
            arguments);
        return true;
    }

    static result<void> convert(std::span<const Value> from, ByteWriter& out) {
        constexpr std::size_t kCount = std::tuple_size_v<Arguments>;
        if (from.size() != kCount) {
            return wrong_usage("expected " + std::to_string(kCount) + " argument" +
                               (kCount == 1 ? "" : "s") + ", got " + std::to_string(from.size()));
        }
        result<void> converted;
        std::size_t index = 0;
        Arguments arguments;
        auto each = [&]<class A>(A& argument) {
            if (!converted) return;
            converted = Codec<A>::from_value(from[index++], argument);
            if (!converted) {
                converted = wrong_usage("argument " + std::to_string(index) + ": " +
                                        converted.error().message);
                return;
            }
            Codec<A>::encode(out, argument);
        };
        std::apply([&](auto&... all) { (each(all), ...); }, arguments);
        return converted;
    }

    static void describe(SchemaBuilder& types, Schema::Function& function) {
        [&]<class... A>(std::type_identity<std::tuple<A...>>) {
            (function.arguments.push_back(types.type<A>()), ...);
        }(std::type_identity<Arguments>{});
    }
};

template <class T, class... Descriptors>
constexpr std::array<FunctionInfo, sizeof...(Descriptors)> make_functions(
    boost::mp11::mp_list<Descriptors...>) {
    return {{{Descriptors::name, (Descriptors::modifiers & boost::describe::mod_public) != 0,
              std::tuple_size_v<typename Handler<T, Descriptors>::Arguments>,
              &Handler<T, Descriptors>::invoke, &Handler<T, Descriptors>::convert,
              &Handler<T, Descriptors>::describe}...}};
}

template <class T>
inline constexpr auto function_table =
    make_functions<T>(boost::mp11::mp_rename<functions<T>, boost::mp11::mp_list>{});

/// A run of bytes that a described member accounts for.
struct Extent {
    std::size_t offset;
    std::size_t size;
    std::size_t alignment;
    std::string_view name;
};

/// Sorts and tiles; natural padding is no gap. Empty where every byte is accounted for.
TEATIME_ISLAND_API std::string find_gap(std::string_view type, std::size_t size,
                                        std::size_t alignment, std::vector<Extent> extents);

/// Described structs inside members are checked as well.
template <class T>
std::string check_struct_layout();

template <class T>
struct NestedLayout {
    static std::string check() {
        if constexpr (std::is_class_v<T> && boost::describe::has_describe_members<T>::value) {
            return check_struct_layout<T>();
        }
        return {};
    }
};
template <class T>
struct NestedLayout<std::vector<T>> : NestedLayout<T> {};
template <class T>
struct NestedLayout<std::optional<T>> : NestedLayout<T> {};
template <class T, std::size_t N>
struct NestedLayout<std::array<T, N>> : NestedLayout<T> {};
template <class K, class V>
struct NestedLayout<std::map<K, V>> : NestedLayout<V> {};

template <class Base, class T>
void add_base_extent(const T* object, std::vector<Extent>& extents) {
    const Base* base = object;
    if constexpr (!std::is_empty_v<Base>) {
        extents.push_back({static_cast<std::size_t>(reinterpret_cast<const char*>(base) -
                                                    reinterpret_cast<const char*>(object)),
                           sizeof(Base), alignof(Base), "base"});
    }
}

template <class T>
std::string check_struct_layout() {
    static bool checking = false;  // a recursive type checks itself once
    if (checking) return {};
    checking = true;
    alignas(T) static const char place[sizeof(T)] = {};
    const T* object = reinterpret_cast<const T*>(place);  // only for addresses, never read
    std::vector<Extent> extents;
    std::string problem;
    if constexpr (std::is_polymorphic_v<T>) {
        extents.push_back({0, sizeof(void*), alignof(void*), "virtual table"});
    }
    boost::mp11::mp_for_each<boost::describe::describe_bases<T, boost::describe::mod_any_access>>(
        [&](auto base) {
            using Base = typename decltype(base)::type;
            add_base_extent<Base>(object, extents);
            if constexpr (!std::is_same_v<Base, Object>) {  // its id is no state
                if (problem.empty()) problem = NestedLayout<Base>::check();
            }
        });
    using Own = boost::describe::describe_members<T, boost::describe::mod_any_access>;
    boost::mp11::mp_for_each<Own>([&](auto descriptor) {
        using Member = std::remove_cvref_t<decltype(object->*descriptor.pointer)>;
        auto offset = reinterpret_cast<const char*>(&(object->*descriptor.pointer)) -
                      reinterpret_cast<const char*>(object);
        extents.push_back(
            {static_cast<std::size_t>(offset), sizeof(Member), alignof(Member), descriptor.name});
        if (problem.empty()) problem = NestedLayout<Member>::check();
    });
    if (problem.empty()) {
        problem = find_gap(unqualified_name<T>(), sizeof(T), alignof(T), std::move(extents));
    }
    checking = false;
    return problem;
}

}  // namespace detail
}  // namespace teatime
