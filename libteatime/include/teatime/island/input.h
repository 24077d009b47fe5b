#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "teatime/island/export.h"
#include "teatime/state/ids.h"
#include "teatime/state/time.h"
#include "teatime/state/value.h"

namespace teatime {

/// Tools give a world at most one pointer_move in this time, and always the last one before
/// another event: moves become external messages, which every replica receives.
inline constexpr Duration kMoveInterval = std::chrono::milliseconds(25);

/// What a person did in a tool that shows a world, in world units. The root's
/// `input(const teatime::Input&, teatime::Sender&) const` turns it into external messages.
struct Input {
    enum class Kind : std::uint8_t { pointer_down, pointer_move, pointer_up, key_down, key_up };
    enum class Button : std::uint8_t { none, left, middle, right };

    Kind kind = Kind::pointer_move;
    double x = 0, y = 0;           ///< where the pointer is, for keys too
    Button button = Button::none;  ///< pressed, released, or held during a move
    std::string key;               ///< as in the web's KeyboardEvent.key: "a", "Enter", "ArrowUp"
    MemberId member;               ///< who did it

    bool is_pointer() const { return kind <= Kind::pointer_up; }
};

/// The payload of a call: what `teatime send` and a world's input() send.
TEATIME_ISLAND_API std::string call_payload(std::string_view target, std::string_view selector,
                                            Value::List arguments);

/// Where input() sends its messages. Nothing happens at once: they go to the router, and come back
/// stamped, to every replica. Owned by the tool, valid during the call of input().
class TEATIME_ISLAND_API Sender {
public:
    virtual ~Sender();

    virtual void send(std::string_view target, std::string_view selector,
                      std::vector<Value> arguments) = 0;

    /// sender.send("painter", "stroke", x, y)
    template <class... Arguments>
    void send(std::string_view target, std::string_view selector, Arguments&&... arguments) {
        std::vector<Value> values;
        values.reserve(sizeof...(arguments));
        (values.push_back(value_of(std::forward<Arguments>(arguments))), ...);
        send(target, selector, std::move(values));
    }

private:
    template <class T>
    static Value value_of(T&& value) {
        using Plain = std::remove_cvref_t<T>;
        if constexpr (std::is_same_v<Plain, bool>) {
            return Value(value);
        } else if constexpr (std::is_integral_v<Plain> && std::is_signed_v<Plain>) {
            return Value(std::int64_t{value});
        } else if constexpr (std::is_integral_v<Plain>) {
            return Value(std::uint64_t{value});
        } else {
            static_assert(std::is_constructible_v<Value, T>,
                          "an argument must be a bool, number, text, bytes, list or entries");
            return Value(std::forward<T>(value));
        }
    }
};

}  // namespace teatime
