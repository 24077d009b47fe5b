#include "body_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <span>

#include "body_sections.h"
#include "number_text.h"
#include "shape.h"

namespace teatime::timegraph {

result<void> BodyDecoder::open(std::string_view body, std::uint64_t n) {
    static std::atomic<std::uint64_t> all{0};
    opened_ = ++all;
    ok_ = false;
    ByteReader reader(body);
    auto version = reader.fixed<std::uint8_t>();
    if (reader.ok() && version != kBodyVersion) {
        return unreadable(fmt::format("messages of body version {}, this program reads {}{}",
                                      version, kBodyVersion,
                                      version > kBodyVersion ? ": use a newer teatime" : ""));
    }
    if (!read(reader, n)) return unreadable("columns that do not fit");
    ok_ = true;
    rewind();
    return {};
}

void BodyDecoder::rewind() {
    done_ = 0;
    times_ = VarintReader(times_section_);
    seqs_ = VarintReader(seqs_section_);
    every_seq_ = seqs_section_.empty();
    time_ = static_cast<std::uint64_t>(micros(base_.time));
    seq_ = base_.seq.value;
}

bool BodyDecoder::read(ByteReader& body, std::uint64_t n) {
    base_.time = VirtualTime(Duration(body.fixed<std::int64_t>()));
    base_.seq = {body.fixed<std::uint64_t>()};
    std::array<std::string_view, kSections> sections;
    for (std::string_view& section : sections) section = body.sized();
    if (!body.done()) return false;
    times_section_ = sections[kTimes];
    seqs_section_ = sections[kSeqs];
    ByteReader voices(sections[kVoices]), shapes(sections[kShapes]), texts(sections[kTexts]),
        bytes(sections[kBytes]);
    return read_voices(VarintReader(sections[kVoiceOf]), voices, shapes, texts, bytes, n) &&
           voices.done() && shapes.done() && texts.done() && bytes.done() &&
           read_columns(sections[kStyles], sections[kScales], sections[kMantissas]);
}

bool BodyDecoder::read_voices(VarintReader voice_of, ByteReader& voices, ByteReader& shapes,
                              ByteReader& texts, ByteReader& bytes, std::uint64_t n) {
    voices_.clear();
    shapes_.clear();
    hole_at_.clear();
    pieces_.clear();
    if (n > kMaxBodyMessages || n > voice_of.left()) return false;
    messages_.resize(n);
    for (Entry& message : messages_) {
        std::uint64_t number = voice_of.next();
        if (number == 0) {
            Voice voice;
            voice.sender = {voices.varint()};
            std::uint64_t shape = voices.varint();
            if (shape == 0) {
                if (!read_shape(shapes, texts, bytes)) return false;
                shape = shapes_.size();
            }
            if (!voices.ok() || shape > shapes_.size()) return false;
            voice.shape = static_cast<std::uint32_t>(shape - 1);
            voices_.push_back(voice);
            number = voices_.size();
        }
        if (number > voices_.size()) return false;
        message.voice = static_cast<std::uint32_t>(number - 1);
        message.row = voices_[message.voice].count++;
    }
    return voice_of.done();
}

bool BodyDecoder::read_shape(ByteReader& shapes, ByteReader& texts, ByteReader& bytes) {
    Shape& shape = shapes_.emplace_back();
    std::uint64_t kind = shapes.varint();
    shape.base64 = kind % 2 == 1;
    shape.holes = kind / 2;
    if (shape.holes > kMaxHoles) return false;
    if (shape.base64) {
        shape.piece = pieces_.size();
        shape.pieces = shapes.varint();
        if (shape.pieces > shapes.left()) return false;
        std::uint64_t size = 0;
        for (std::size_t i = 0; i < shape.pieces; ++i) {
            std::uint64_t piece = shapes.varint();
            if (piece > bytes.left()) return false;
            pieces_.push_back(static_cast<std::uint32_t>(piece));
            size += piece;
        }
        shape.bytes = bytes.raw(size);
    } else {
        shape.payload_size = shapes.varint();
    }
    shape.text = texts.raw(shapes.varint());
    if (!shapes.ok() || !texts.ok() || !bytes.ok()) return false;
    return shape.payload_size <= shape.text.size();
}

/// False where there are others than it says.
bool BodyDecoder::find_holes(Shape& shape) {
    shape.has_places = true;
    shape.hole = hole_at_.size();
    std::size_t at = shape.text.find(kHole);
    for (; at != shape.text.npos; at = shape.text.find(kHole, at + 1)) {
        hole_at_.push_back(static_cast<std::uint32_t>(at));
        if (at < shape.payload_size) ++shape.payload_holes;
    }
    return hole_at_.size() - shape.hole == shape.holes;
}

bool BodyDecoder::read_columns(std::string_view styles, std::string_view scales,
                               std::string_view mantissas) {
    columns_.clear();
    std::size_t numbers = 0;
    for (Voice& voice : voices_) {
        voice.column = columns_.size();
        voice.numbers = numbers;
        std::size_t holes = shapes_[voice.shape].holes;
        if (holes > styles.size() - columns_.size()) return false;
        for (; holes > 0; --holes, numbers += voice.count) {
            NumberColumn& column = columns_.emplace_back();
            if (!column.set(static_cast<std::uint8_t>(styles[columns_.size() - 1]))) return false;
            if (column.style != NumberStyle::each) continue;
            if (voice.count > scales.size()) return false;
            column.scales = scales.data();
            scales.remove_prefix(voice.count);
            bool fit = std::all_of(column.scales, column.scales + voice.count, [](char scale) {
                return static_cast<unsigned char>(scale) <= kMaxScale;
            });
            if (!fit) return false;
        }
    }
    if (columns_.size() != styles.size() || !scales.empty()) return false;
    if (numbers > kMaxBodyNumbers || numbers > mantissas.size()) return false;
    if (mantissas_.size() < numbers) mantissas_.resize(numbers);
    located_ = 0;
    not_located_ = VarintReader(mantissas);
    return true;
}

/// Finds where the numbers of the voices before `end` stand: a varint's end shows in one bit.
void BodyDecoder::locate_before(std::size_t end) {
    for (; located_ < end; ++located_) {
        Voice& voice = voices_[located_];
        voice.mantissas = not_located_;
        not_located_.skip(voice.count * shapes_[voice.shape].holes);
    }
}

bool BodyDecoder::load(std::uint32_t index) {
    locate_before(index);
    Voice& voice = voices_[index];
    Shape& shape = shapes_[voice.shape];
    if (shape.holes > 0 && !shape.has_places && !find_holes(shape)) return ok_ = false;
    bool is_next = located_ == index;
    VarintReader from = is_next ? not_located_ : voice.mantissas;
    std::int64_t* mantissas = mantissas_.data() + voice.numbers;
    for (std::size_t hole = 0; hole < shape.holes; ++hole) {
        columns_[voice.column + hole].mantissas = mantissas;
        decode_mantissas(from, voice.count, mantissas);
        mantissas += voice.count;
    }
    if (is_next) {
        not_located_ = from;
        ++located_;
    }
    return voice.loaded = ok_ = from.ok();
}

bool BodyDecoder::load_all() {
    for (std::uint32_t index = 0; index < voices_.size(); ++index)
        if (!voices_[index].loaded && !load(index)) return false;
    return true;
}

/// Always false. Where all was read, nothing may be left over.
bool BodyDecoder::at_end() {
    if (!ok_) return false;
    locate_before(voices_.size());
    ok_ = not_located_.done() && times_.done() && seqs_.done();
    return false;
}

bool BodyDecoder::next(MessageView& message) {
    if (!next_stamp(message.stamp) || !load()) return false;
    text(message);
    return true;
}

void BodyDecoder::text(MessageView& message) {
    const Voice& voice = voices_[this->voice()];
    message.sender = voice.sender;
    spell(shapes_[voice.shape], columns_.data() + voice.column, row(), message);
}

std::size_t BodyDecoder::text_size() const {
    const Shape& shape = shapes_[this->shape()];
    std::size_t size = shape.text.size() - shape.holes;
    for (std::size_t hole = 0; hole < shape.holes; ++hole)
        size += decimal_size(columns()[hole][row()]);
    if (!shape.base64) return size;
    size += 2;  // quotes
    for (std::size_t i = 0; i < shape.pieces; ++i) size += (pieces_[shape.piece + i] + 2) / 3 * 4;
    return size;
}

bool BodyDecoder::has_shape(std::string_view text, std::size_t payload_size,
                            std::size_t holes) const {
    const Shape& its = shapes_[shape()];
    return !its.base64 && its.holes == holes && its.payload_size == payload_size &&
           its.text == text;
}

BodyDecoder::VoiceView BodyDecoder::view(std::uint32_t voice) const {
    const Voice& it = voices_[voice];
    return {it.sender, shape_view(it.shape), it.count};
}

BodyDecoder::ShapeView BodyDecoder::shape_view(std::uint32_t index) const {
    const Shape& shape = shapes_[index];
    if (shape.base64) return {"\"\"", shape.holes};
    return {shape.text.substr(0, shape.payload_size), shape.holes};
}

void BodyDecoder::spell(const Shape& shape, const NumberColumn* columns, std::size_t row,
                        MessageView& message) {
    if (shape.holes == 0 && !shape.base64) {
        message.payload = shape.text.substr(0, shape.payload_size);
        message.extra = shape.text.substr(shape.payload_size);
        return;
    }
    std::size_t base64_size = 0;
    if (shape.base64) {
        spelled_.clear();
        append_base64(spelled_, shape.bytes, std::span(pieces_).subspan(shape.piece, shape.pieces));
        base64_size = spelled_.size();
    }
    std::size_t room = base64_size + shape.text.size() + shape.holes * kMaxDecimalText;
    if (spelled_.size() < room) spelled_.resize(room);
    char* out = spelled_.data() + base64_size;
    std::size_t at = 0;
    auto copy_to = [&](std::size_t end) {
        std::memcpy(out, shape.text.data() + at, end - at);
        out += end - at;
        at = end;
    };
    std::size_t hole = 0;
    auto fill = [&](std::size_t holes, std::size_t end) {
        for (; hole < holes; ++hole) {
            copy_to(hole_at_[shape.hole + hole]);
            out = write_decimal(out, columns[hole][row]);
            ++at;
        }
        copy_to(end);
    };
    fill(shape.payload_holes, shape.payload_size);
    auto payload_size = static_cast<std::size_t>(out - spelled_.data());
    fill(shape.holes, shape.text.size());
    std::string_view all(spelled_.data(), static_cast<std::size_t>(out - spelled_.data()));
    message.payload = all.substr(0, payload_size);
    message.extra = all.substr(payload_size);
}

}  // namespace teatime::timegraph
