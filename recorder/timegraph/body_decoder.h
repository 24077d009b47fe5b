#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "number_column.h"
#include "teatime/state/bytes.h"
#include "teatime/state/result.h"
#include "teatime/timegraph/records.h"
#include "varint_reader.h"

namespace teatime::timegraph {

/// Walks over a body, whose bytes must outlive it. Stamps are decoded as it comes to them, numbers
/// voice by voice, as far as messages are asked for what they say. Hostile input is safe: nothing
/// is allocated that the body's size does not justify.
class BodyDecoder {
public:
    /// `n`: number of messages it should hold. About 2 ns for each, and 30 for each voice.
    result<void> open(std::string_view body, std::uint64_t n);

    /// Back before the first message; what was decoded of numbers stays.
    void rewind();
    /// To the next message, and on to the first at or after `from` and behind `after`; false after
    /// the last one, or where the body is damaged: see ok().
    bool next_stamp(Stamp& stamp, VirtualTime from, Seq after) {
        do {
            if (!next_stamp(stamp)) return false;
        } while (stamp.time < from || stamp.seq <= after);
        return true;
    }
    bool next_stamp(Stamp& stamp) {
        if (done_ == messages_.size() || !ok_) return at_end();
        // Unsigned: damaged differences may overflow, which must only give wrong numbers.
        time_ += static_cast<std::uint64_t>(times_.next_signed());
        seq_ += every_seq_ ? 1 : 1 + seqs_.next();
        if (!times_.ok() || !seqs_.ok()) return ok_ = false;
        ++done_;
        stamp = this->stamp();
        return true;
    }
    /// Makes the message at hand ready to be asked for what it says; false where it is damaged.
    /// Decodes the numbers of its voice, about 2 ns each, at the first of them.
    bool load() { return voices_[voice()].loaded || load(voice()); }
    /// The same for all messages at once.
    bool load_all();
    /// The text, valid until the next call. Requires: load().
    void text(MessageView& message);
    /// How long payload and extra are, without making them. Requires: load().
    std::size_t text_size() const;
    /// All three.
    bool next(MessageView& message);

    /// What messages have in common that differ in their numbers only.
    struct ShapeView {
        std::string_view payload;  ///< of base64 only that it is text
        std::size_t holes = 0;     ///< of the whole shape: without any, a byte like one is none
    };
    struct VoiceView {
        MemberId sender;
        ShapeView shape;
        std::size_t messages = 0;  ///< in the body
    };
    std::size_t voices() const { return voices_.size(); }
    std::size_t shapes() const { return shapes_.size(); }
    VoiceView view(std::uint32_t voice) const;
    ShapeView shape_view(std::uint32_t shape) const;

    // Of the message at hand
    Stamp stamp() const {
        return {VirtualTime(Duration(static_cast<std::int64_t>(time_))), {seq_}};
    }
    std::uint32_t voice() const { return messages_[done_ - 1].voice; }
    std::uint32_t shape() const { return voices_[voice()].shape; }
    MemberId sender() const { return voices_[voice()].sender; }
    /// A column for each hole, and in which row its numbers stand. Requires: load().
    const NumberColumn* columns() const { return columns_.data() + voices_[voice()].column; }
    std::size_t row() const { return messages_[done_ - 1].row; }
    /// Whether the messages of its voice are of this very shape.
    bool has_shape(std::string_view text, std::size_t payload_size, std::size_t holes) const;

    bool ok() const { return ok_; }
    /// Another one after each open(), of this and of all other decoders.
    std::uint64_t opened() const { return opened_; }

private:
    struct Shape {
        std::string_view text;
        std::size_t payload_size = 0;
        std::size_t holes = 0, payload_holes = 0;
        bool has_places = false;
        std::size_t hole = 0;  ///< which of hole_at_ is its first, once it has places
        bool base64 = false;
        std::string_view bytes;             // of base64,
        std::size_t piece = 0, pieces = 0;  // and which of pieces_ are theirs
    };
    struct Voice {
        MemberId sender;
        std::uint32_t shape = 0;
        bool loaded = false;
        std::uint32_t count = 0;   ///< of its messages
        std::size_t column = 0;    ///< its first one
        std::size_t numbers = 0;   ///< where its mantissas are to stand
        VarintReader mantissas{};  ///< from its first number on, where it was located unread
    };

    struct Entry {
        std::uint32_t voice = 0;
        std::uint32_t row = 0;  ///< in the voice's columns
    };

    bool read(ByteReader& body, std::uint64_t n);
    bool read_voices(VarintReader voice_of, ByteReader& voices, ByteReader& shapes,
                     ByteReader& texts, ByteReader& bytes, std::uint64_t n);
    bool read_shape(ByteReader& shapes, ByteReader& texts, ByteReader& bytes);
    bool find_holes(Shape& shape);
    bool read_columns(std::string_view styles, std::string_view scales, std::string_view mantissas);
    void locate_before(std::size_t end);
    bool load(std::uint32_t voice);
    bool at_end();
    void spell(const Shape& shape, const NumberColumn* columns, std::size_t row,
               MessageView& message);

    std::vector<Entry> messages_;
    std::vector<Voice> voices_;
    std::size_t located_ = 0;   // voices
    VarintReader not_located_;  // mantissas of the others
    std::vector<Shape> shapes_;
    std::vector<std::uint32_t> hole_at_, pieces_;
    std::vector<NumberColumn> columns_;
    std::vector<std::int64_t> mantissas_;  // voice by voice, column by column
    std::size_t done_ = 0;
    Stamp base_;
    std::string_view times_section_, seqs_section_;
    bool every_seq_ = true;  // none is left out
    VarintReader times_, seqs_;
    std::uint64_t time_ = 0, seq_ = 0;
    std::string spelled_;
    bool ok_ = false;
    std::uint64_t opened_ = 0;
};

}  // namespace teatime::timegraph
