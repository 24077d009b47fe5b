#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "teatime/island/island.h"

namespace teatime::replayer {

/// Memory shared by a worker and its owner: what the worker is doing right now. Written before each
/// message (about 10 ns), read by the owner when the worker is gone or silent. Everything in it may
/// be nonsense: the module that crashed may have written to it.
struct ProgressPage {
    enum What : std::uint8_t { nothing, message, start, restore, draw, input, other };

    std::atomic<std::uint64_t> beat{0};  ///< changes whenever something was done
    std::atomic<std::uint8_t> what{nothing};
    std::uint8_t external = 0;
    std::uint8_t is_root = 0;
    std::int64_t time_us = 0;
    std::uint64_t n = 0;
    std::uint64_t target = 0;
    std::uint64_t order = 0;
    std::uint16_t class_size = 0;
    std::uint16_t text_size = 0;
    char class_name[64];
    char text[256];  ///< selector of an internal message, payload of an external one

    void begin(const NextMessage& next, ObjectId root) {
        external = next.external;
        is_root = next.target == root;
        time_us = next.time.time_since_epoch().count();
        n = next.n;
        target = next.target.value;
        order = next.order;
        class_size = put(class_name, sizeof class_name, next.class_name);
        text_size = next.external ? put(text, sizeof text, next.arguments)
                                  : put(text, sizeof text, next.selector);
        set(message);
    }
    void set(What now) {
        what.store(now, std::memory_order_release);
        beat.fetch_add(1, std::memory_order_release);
    }

    /// Of the message being executed; empty where none is.
    std::optional<Mark> mark() const;
    /// `counter.step at 12.5s#1`, `init()`; empty where nothing was being done.
    std::string describe(std::string_view app) const;

private:
    static std::uint16_t put(char* to, std::size_t room, std::string_view from) {
        return static_cast<std::uint16_t>(from.copy(to, room));
    }
};

}  // namespace teatime::replayer
