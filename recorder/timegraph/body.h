#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
        std::size_t time_bytes = 0, seq_bytes = 0, numbers = 0;
    };

    /// Forgets everything; the next message's differences refer to `base`.
    void start(Stamp base);
    /// About 1 ns for each byte of text, and 50.
    void add(const MessageView& message);

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
    struct Run;  // one body() call

    std::uint32_t voice(MemberId sender, const ShapedText& shaped);
    std::uint32_t shape(const ShapedText& shaped, std::uint64_t hash);
    std::string_view text(const Shape& shape) const;

    Stamp base_;
    Stamp last_;
    std::size_t source_bytes_ = 0;
    std::string times_, seqs_;
    std::vector<std::uint32_t> voice_of_;  // of each message
    std::vector<Decimal> numbers_;         // in order of messages
    std::string texts_;
    std::vector<Shape> shapes_;
    std::vector<Voice> voices_;
    Slots shape_slots_, voice_slots_;

    ShapedText shaped_;
    std::string scratch_;
    std::vector<Place> shape_places_, voice_places_;
    std::uint32_t epoch_ = 0;
    std::string body_;
};

/// Walks over a body, whose bytes must outlive it. Hostile input is safe: nothing is allocated that
/// the body's size does not justify.
class BodyDecoder {
public:
    /// `n`: number of messages it should hold. O(size).
    result<void> open(std::string_view body, std::uint64_t n);
    /// False after the last one, or where the body is damaged: see ok(). The message's text is
    /// valid until the next call.
    bool next(MessageView& message);
    /// The same in two steps, for who looks for a message: a stamp costs a tenth of a text.
    bool next_stamp(Stamp& stamp);
    void text(MessageView& message);

    /// Who says what: of the messages of a voice, what does not differ.
    struct VoiceView {
        MemberId sender;
        std::string_view payload;  ///< its shape; of base64 only that it is text
        std::size_t holes = 0;
        std::size_t messages = 0;  ///< in the body
    };
    std::size_t voices() const { return voices_.size(); }
    std::uint32_t voice() const { return voice_of_[done_ - 1]; }  ///< of the message at hand
    VoiceView view(std::uint32_t voice) const;

    bool ok() const { return ok_; }

private:
    struct Shape {
        std::string_view text;
        std::size_t payload_size = 0;
        std::size_t holes = 0;
        bool base64 = false;
        std::string_view bytes;             // of base64,
        std::size_t piece = 0, pieces = 0;  // and which of pieces_ are theirs
    };
    struct Voice {
        MemberId sender;
        std::uint32_t shape = 0;
        std::size_t count = 0;    // of its messages
        std::size_t numbers = 0;  // where its columns begin
        std::size_t next = 0;
    };

    bool read(ByteReader& body, std::uint64_t n);
    bool read_shape(ByteReader& shapes, ByteReader& texts, ByteReader& bytes);
    bool read_voices(ByteReader& voice_of, ByteReader& voices, ByteReader& shapes,
                     ByteReader& texts, ByteReader& bytes, std::uint64_t n);
    void spell(const Shape& shape, const Decimal* number, std::size_t stride, MessageView& message);

    Stamp stamp_;
    ByteReader times_, seqs_;
    bool every_seq_ = false;  // none is left out
    std::vector<std::uint32_t> voice_of_;
    std::vector<Voice> voices_;
    std::vector<Shape> shapes_;
    std::vector<std::uint32_t> pieces_;
    std::vector<Decimal> numbers_;
    std::size_t done_ = 0;
    std::string spelled_;
    bool ok_ = false;
};

}  // namespace teatime::timegraph
