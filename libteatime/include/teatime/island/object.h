#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

#include "teatime/island/class_info.h"
#include "teatime/island/input.h"
#include "teatime/island/math.h"
#include "teatime/island/misuse.h"
#include "teatime/island/module.h"
#include "teatime/island/random.h"
#include "teatime/island/runtime.h"
#include "teatime/island/scene.h"

namespace teatime {

template <class T>
class Ref;

/// An object of an Island. Derive from it and describe the class:
///
///     BOOST_DESCRIBE_CLASS(Counter, (teatime::Object), (loop, add), (), (count, looping, step))
///
/// names the base, then public, protected and private members. Described data members are the
/// state; described functions are the messages: public ones may come from outside, others only from
/// futures and events. Bases form a single chain.
///
/// Life: create<T>(args...) default-constructs, gives an id and calls a public init(args...) if
/// there is one; never at restore. The root is made by the engine, its init() starts the world.
///
/// The root may have: void draw(Scene&) const; void input(const Input&, Sender&) const;
/// void member_joined(MemberId); void member_left(MemberId).
class Object {
public:
    Object(const Object&) = delete;
    Object& operator=(const Object&) = delete;
    ObjectId object_id() const { return id_; }

protected:
    Object() = default;
    ~Object() = default;  // only the engine destroys, by the object's own class

    /// Stands still during a message.
    static VirtualTime now() { return runtime::now(); }
    /// Part of the state, seeded from the session id: the same draws on every replica.
    static Random& random() { return runtime::random(); }
    /// The member whose external message led here; 0 = the router.
    static MemberId sender() { return runtime::sender(); }

    template <class T, class... Args>
    static Ref<T> create(Args&&... args);
    /// Hides it at once, frees it after this message. Its pending messages are dropped when due.
    template <class T>
    static void destroy(Ref<T> ref) {
        runtime::destroy(ref.id());
    }

    /// Sends this object a message `offset` after the running one; 0 = after what is due now.
    template <class R, class T, class... Params, class... Args>
    void future(Duration offset, R (T::*function)(Params...), Args&&... args) const;

    /// From now on `function` gets each event of that name, in subscription order, as a message of
    /// its own with zero offset.
    template <class R, class T, class... Params>
    void subscribe(std::string_view scope, std::string_view event, R (T::*function)(Params...));
    void unsubscribe(std::string_view scope, std::string_view event) {
        runtime::unsubscribe(scope, event, id_);
    }
    template <class... Args>
    static void publish(std::string_view scope, std::string_view event, const Args&... args) {
        runtime::publish(scope, event, {Codec<std::decay_t<const Args&>>::to_value(args)...});
    }

    /// `name` addresses the object from outside until it is destroyed or the name is given away.
    template <class T>
    static void publish_name(std::string_view name, Ref<T> ref) {
        runtime::publish_name(name, ref.id());
    }

private:
    friend class Island;
    friend struct ObjectAccess;
    ObjectId id_;
    BOOST_DESCRIBE_CLASS(Object, (), (), (), ())
};

namespace detail {
template <class T>
constexpr const ClassInfo* base_info();
template <class T>
ClassInfo make_class_info();

template <class T>
constexpr ClassInfo describe_class() {
    static_assert(boost::describe::has_describe_bases<T>::value,
                  "the class has no BOOST_DESCRIBE_CLASS of its own, which names its base, its "
                  "messages and its state");
    ClassInfo info{};
    info.name = unqualified_name<T>();
    info.base = base_info<T>();
    info.functions = function_table<T>;
    info.construct = [] { return static_cast<Object*>(new T()); };
    info.destroy = [](Object* object) { delete static_cast<T*>(object); };
    info.encode = [](const Object& object, ByteWriter& out) {
        Codec<T>::encode(out, static_cast<const T&>(object));
    };
    info.decode = [](Object& object, ByteReader& in) {
        Codec<T>::decode(in, static_cast<T&>(object));
    };
    info.schema = [] {
        SchemaBuilder types;
        types.type<T>();
        types.schema.class_name = unqualified_name<T>();
        for (const FunctionInfo& function : function_table<T>) {
            Schema::Function described{std::string(function.name), function.is_public, {}};
            function.describe(types, described);
            types.schema.functions.push_back(std::move(described));
        }
        return std::move(types.schema);
    };
    info.check_layout = &check_struct_layout<T>;
    if constexpr (requires(T & t) { t.init(); }) {
        info.init = [](Object& object) { static_cast<T&>(object).init(); };
    }
    if constexpr (requires(const T& t, Scene& scene) { t.draw(scene); }) {
        info.draw = [](const Object& object, Scene& scene) {
            static_cast<const T&>(object).draw(scene);
        };
    }
    if constexpr (requires(const T& t, const Input& i, Sender& s) { t.input(i, s); }) {
        info.input = [](const Object& object, const Input& input, Sender& sender) {
            static_cast<const T&>(object).input(input, sender);
        };
    }
    if constexpr (requires(T & t, MemberId member) { t.member_joined(member); }) {
        info.member_joined = [](Object& object, MemberId member) {
            static_cast<T&>(object).member_joined(member);
        };
    }
    if constexpr (requires(T & t, MemberId member) { t.member_left(member); }) {
        info.member_left = [](Object& object, MemberId member) {
            static_cast<T&>(object).member_left(member);
        };
    }
    return info;
}
}  // namespace detail

/// The engine's knowledge of T.
template <class T>
inline constexpr ClassInfo class_info = detail::describe_class<T>();

namespace detail {
template <class T>
constexpr const ClassInfo* base_info() {
    using Bases = boost::describe::describe_bases<T, boost::describe::mod_any_access>;
    static_assert(boost::mp11::mp_size<Bases>::value == 1,
                  "describe an Object class with exactly one base: (teatime::Object) or a class "
                  "derived from it");
    using Base = typename boost::mp11::mp_first<Bases>::type;
    static_assert(std::is_base_of_v<Object, Base>);
    if constexpr (std::is_same_v<Base, Object>) {
        return nullptr;
    } else {
        return &class_info<Base>;
    }
}

/// What the description says of a member function.
template <class T, class F>
const FunctionInfo& described_function(F function) {
    const FunctionInfo* found = nullptr;
    std::size_t index = 0;
    boost::mp11::mp_for_each<functions<T>>([&](auto descriptor) {
        if constexpr (std::is_same_v<std::remove_const_t<decltype(descriptor.pointer)>, F>) {
            if (descriptor.pointer == function) found = &function_table<T>[index];
        }
        ++index;
    });
    if (!found) [[unlikely]] {
        runtime::throw_not_described(unqualified_name<T>());
    }
    return *found;
}

template <class... Params, class... Args>
std::string_view encode_arguments(Args&&... args) {
    static_assert(sizeof...(Params) == sizeof...(Args),
                  "the message takes another number of arguments");
    if constexpr (sizeof...(Params) == 0 || sizeof...(Params) != sizeof...(Args)) {
        return {};
    } else if constexpr (!(std::is_convertible_v<Args, std::decay_t<Params>> && ...)) {
        static_assert((std::is_convertible_v<Args, std::decay_t<Params>> && ...),
                      "an argument is of another kind than the message takes");
        return {};
    } else {
        std::string& bytes = runtime::scratch();
        ByteWriter out(bytes);
        (Codec<std::decay_t<Params>>::encode(out, std::decay_t<Params>(std::forward<Args>(args))),
         ...);
        return bytes;
    }
}
}  // namespace detail

/// Refers to an object of the same Island: an id, resolved through the Island whose message is
/// running. Copying is free; using one is a table look-up. Safe to keep after the object is
/// destroyed: use is then an error with a name.
template <class T>
class Ref {
public:
    Ref() = default;
    explicit Ref(ObjectId id) : id_(id) {}
    /// To the object itself: `Ref(*this)`.
    explicit Ref(const T& object) : id_(object.object_id()) {}
    /// A Ref to a derived class is one to its base.
    template <class D>
    requires(std::is_base_of_v<T, D> && !std::is_same_v<T, D>) Ref(Ref<D> other)
        : id_(other.id()) {}

    ObjectId id() const { return id_; }
    explicit operator bool() const { return static_cast<bool>(id_); }
    bool exists() const { return runtime::exists(id_); }
    auto operator<=>(const Ref&) const = default;

    const T& operator*() const {
        return static_cast<const T&>(runtime::resolve(id_, class_info<T>));
    }
    const T* operator->() const { return &**this; }
    /// For changing it. Marks the object touched.
    T& write() const { return static_cast<T&>(runtime::resolve_for_write(id_, class_info<T>)); }

    /// Sends it a message `offset` after the running one.
    template <class R, class U, class... Params, class... Args>
    void future(Duration offset, R (U::*function)(Params...), Args&&... args) const {
        static_assert(std::is_base_of_v<U, T>);
        runtime::future(offset, id_, detail::described_function<U>(function),
                        detail::encode_arguments<Params...>(std::forward<Args>(args)...));
    }

private:
    ObjectId id_;
};

template <class T>
struct Codec<Ref<T>> {
    static void encode(ByteWriter& out, Ref<T> ref) { out.fixed(ref.id().value); }
    static void decode(ByteReader& in, Ref<T>& ref) {
        ref = Ref<T>(ObjectId{in.fixed<std::uint64_t>()});
    }
    static Type describe(SchemaBuilder&) {
        return {Kind::ref, std::string(detail::unqualified_name<T>()), 0, {}, {}};
    }
    static Value to_value(Ref<T> ref) {
        return ref ? Value("#" + std::to_string(ref.id().value)) : Value();
    }
    /// null, `"#17"` or 17.
    static result<void> from_value(const Value& from, Ref<T>& ref) {
        std::uint64_t id = 0;
        const std::string* text = from.if_string();
        if (text && text->size() > 1 && (*text)[0] == '#' && text->size() < 20 &&
            text->find_first_not_of("0123456789", 1) == std::string::npos) {
            id = std::stoull(text->substr(1));
        } else if (!from.is_null() && !detail::exact_unsigned(from, id)) {
            return detail::mismatch("an object such as \"#17\", or null", from);
        }
        ref = Ref<T>(ObjectId{id});
        return {};
    }
};

/// Members' ids may be state: who owns a pen, whose turn it is.
template <class Tag>
struct Codec<StrongId<Tag>> {
    static void encode(ByteWriter& out, StrongId<Tag> id) { out.fixed(id.value); }
    static void decode(ByteReader& in, StrongId<Tag>& id) { id.value = in.fixed<std::uint64_t>(); }
    static Type describe(SchemaBuilder&) { return {Kind::uint64, {}, 0, {}, {}}; }
    static Value to_value(StrongId<Tag> id) { return id.value; }
    static result<void> from_value(const Value& from, StrongId<Tag>& id) {
        return Codec<std::uint64_t>::from_value(from, id.value);
    }
};

namespace detail {
/// To look up whether T has a member of a name, be it private or of another signature: the name is
/// ambiguous in NameProbe<T> then.
struct KnownNames {
    int init, draw, input, member_joined, member_left;
};
struct Unasked {};
template <class T>
struct NameProbe : std::conditional_t<std::is_final_v<T>, Unasked, T>, KnownNames {};
}  // namespace detail

template <class T, class... Args>
Ref<T> Object::create(Args&&... args) {
    T& object = static_cast<T&>(runtime::create(class_info<T>));
    if constexpr (requires { object.init(std::forward<Args>(args)...); }) {
        object.init(std::forward<Args>(args)...);
    } else {
        static_assert(
            sizeof...(Args) == 0 && requires { &detail::NameProbe<T>::init; },
            "the class has no public init() for these arguments");
    }
    return Ref<T>(object);
}

template <class R, class T, class... Params, class... Args>
void Object::future(Duration offset, R (T::*function)(Params...), Args&&... args) const {
    runtime::future(offset, id_, detail::described_function<T>(function),
                    detail::encode_arguments<Params...>(std::forward<Args>(args)...));
}

template <class R, class T, class... Params>
void Object::subscribe(std::string_view scope, std::string_view event,
                       R (T::*function)(Params...)) {
    runtime::subscribe(scope, event, id_, detail::described_function<T>(function));
}

namespace detail {
template <class... Classes>
inline constexpr std::array<const ClassInfo*, sizeof...(Classes)> class_table = {
    &class_info<Classes>...};

/// What the engine would pass over without a word, since it cannot call it. (Not by class_info's
/// pointers: under the undefined-behaviour sanitizer g++ does not compare those at compile time.)
template <class T>
constexpr void check_root() {
    using Probe = NameProbe<T>;
    static_assert(
        requires(T & t) { t.init(); } || requires { &Probe::init; },
        "the root's init must be public: void init()");
    static_assert(
        requires(const T& t, Scene& scene) { t.draw(scene); } || requires { &Probe::draw; },
        "the root's draw must be public: void draw(teatime::Scene&) const");
    static_assert(
        requires(const T& t, const Input& i, Sender& s) { t.input(i, s); } ||
            requires { &Probe::input; },
        "the root's input must be public: "
        "void input(const teatime::Input&, teatime::Sender&) const");
    static_assert(
        requires(T & t, MemberId member) { t.member_joined(member); } ||
            requires { &Probe::member_joined; },
        "the root's member_joined must be public: void member_joined(teatime::MemberId)");
    static_assert(
        requires(T & t, MemberId member) { t.member_left(member); } ||
            requires { &Probe::member_left; },
        "the root's member_left must be public: void member_left(teatime::MemberId)");
}

template <class Root, class... Classes>
constexpr ModuleDescriptor describe_module(const char* app, const char* code_id) {
    check_root<Root>();
    ModuleDescriptor descriptor{};
    std::copy(std::begin(kModuleAbi), std::end(kModuleAbi), std::begin(descriptor.abi));
    descriptor.app = app;
    descriptor.code_id = code_id;
    descriptor.classes = class_table<Root, Classes...>.data();
    descriptor.class_count = 1 + sizeof...(Classes);
    return descriptor;
}
}  // namespace detail
}  // namespace teatime

/// TEATIME_MODULE("app id", Root, other classes...): once per module, at namespace scope.
#define TEATIME_MODULE(app, ...)                                                       \
    extern "C" const char teatime_code_id[];                                           \
    extern "C" __attribute__((                                                         \
        visibility("default"))) constexpr ::teatime::ModuleDescriptor teatime_module = \
        ::teatime::detail::describe_module<__VA_ARGS__>(app, teatime_code_id);
