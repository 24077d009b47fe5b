#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "body_decoder.h"
#include "number_text.h"
#include "shape.h"
#include "teatime/state/bytes.h"
#include "teatime/state/result.h"
#include "teatime/timegraph/records.h"

namespace teatime::timegraph {

/// Collects messages, and writes any run of them by columns (layout.h, `body`): who says what is a
/// voice, a sender with a shape; its numbers stand together, so that small differences remain.
class BodyEncoder {
public:
    /// A place between two messages.
    struct Position {
        Stamp base;  ///< of the message before it: what the next differences refer to
        std::uint32_t messages = 0;
        std::size_t numbers = 0;
    };

    /// Forgets everything; the next message's differences refer to `base`.
    void start(Stamp base);
    /// About 50 ns where the sender said something alike before, else 0.5 ns more for each byte of
    /// text and 100.
    void add(const MessageView& message);
    /// The message at which a decoder stands, as add() of its text, which is made only where none
    /// of its voice was added before. Returns the text's size. About 20 ns. Requires: load().
    std::size_t add(BodyDecoder& from);

    bool empty() const { return voice_of_.empty(); }
    Position begin() const;
    Position end() const;
    /// The first message behind a position that is not the end.
    Stamp first_after(const Position& position) const;
    /// Bytes by which block size is measured: payload, extra and 12 per message.
    std::size_t source_bytes() const { return source_bytes_; }

    /// Calls these for all that were added since start(): the sender and the payload's shape of
    /// each voice, some of them several times.
    template <class Sender, class PayloadShape>
    void each_voice(Sender&& sender, PayloadShape&& payload_shape) const {
        for (const Voice& voice : voices_) sender(voice.sender);
        for (const Shape& shape : shapes_) {
            payload_shape(text(shape).substr(0, shape.payload_size), std::size_t{shape.holes});
        }
    }

    /// The messages between two positions; valid until the next call.
    std::string_view body(const Position& from, const Position& to);

private:
    struct Shape {
        std::size_t begin = 0, size = 0;  // in texts_
        std::size_t payload_size = 0;
        std::uint8_t holes = 0;
        std::uint64_t hash = 0;
        std::uint32_t hole = 0;          // which of hole_at_ is its first
        std::uint8_t payload_holes = 0;  // how many of them are in the payload
    };
    struct Voice {
        MemberId sender;
        std::uint32_t shape = 0;
    };
    /// Where something stands in the body being written.
    struct Place {
        std::uint32_t number = 0;
        std::uint32_t epoch = 0;
    };
    /// Open addressing: a table of indexes + 1.
    struct Slots {
        std::vector<std::uint32_t> cells;
        void clear();
        template <class IsIt>
        std::uint32_t& find(std::uint64_t hash, IsIt&& is_it);
        template <class HashOf>
        void make_room(std::size_t used, HashOf&& hash_of);
    };
    struct Copy {
        std::uint32_t voice = 0;  ///< + 1 here; 0: not known yet
        std::uint32_t holes = 0;
        std::size_t fixed_size = 0;  ///< of its texts, without their numbers
    };
    struct Run;  // one body() call

    std::size_t add_first(BodyDecoder& from, Copy& copy);
    std::uint32_t& guess(const MessageView& message);
    bool is_alike(const Voice& voice, const MessageView& message);
    std::uint32_t voice(MemberId sender, const ShapedText& shaped);
    std::uint32_t shape(const ShapedText& shaped, std::uint64_t hash);
    std::string_view text(const Shape& shape) const;

    Stamp base_;
    std::size_t source_bytes_ = 0;
    std::vector<Stamp> stamps_;
    std::vector<std::uint32_t> voice_of_;  // of each message
    std::vector<Decimal> numbers_;         // in order of messages
    std::string texts_;
    std::vector<Shape> shapes_;
    std::vector<Voice> voices_;
    Slots shape_slots_, voice_slots_;
    std::vector<std::uint32_t> hole_at_;  // in the texts of shapes
    std::uint64_t copied_from_ = 0;       // which opened body has these voices:
    std::vector<Copy> copies_;            // what they are here
    std::vector<std::uint32_t> guesses_;  // voice + 1 by how the message begins

    ShapedText shaped_;
    std::string scratch_;
    std::vector<Place> shape_places_, voice_places_;
    std::uint32_t epoch_ = 0;
    // Of a run, kept for their memory
    std::array<std::string, 10> sections_;
    std::vector<Decimal> by_column_;
    std::string body_;
};

}  // namespace teatime::timegraph
