#include "body.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "number_column.h"
#include "teatime/state/hash.h"
#include "teatime/timegraph/layout.h"

namespace teatime::timegraph {
namespace {

constexpr std::size_t kPerMessage = 12;  // what a message costs beside its bytes, in block size

/// More than any block has (kMaxBlockBytes), and not too much to allocate for a stranger's file.
constexpr std::uint64_t kMaxBodyMessages = 1 << 20;
constexpr std::uint64_t kMaxBodyNumbers = 1 << 22;
static_assert(kMaxBlockBytes / kPerMessage < kMaxBodyMessages &&
              kMaxBlockBytes / 2 <= kMaxBodyNumbers);

/// The sections of a body, in order.
enum Section {
    kTimes,
    kSeqs,
    kVoiceOf,
    kVoices,
    kShapes,
    kTexts,
    kStyles,
    kScales,
    kMantissas,
    kBytes,
    kSections
};

std::int64_t micros(VirtualTime time) {
    return time.time_since_epoch().count();
}

std::uint64_t voice_hash(MemberId sender, std::uint64_t shape) {
    return (shape ^ sender.value) * 0x9e3779b97f4a7c15u;
}

}  // namespace

void BodyEncoder::Slots::clear() {
    std::fill(cells.begin(), cells.end(), 0u);
}

/// The slot of what `is_it` accepts, or an empty one for it.
template <class IsIt>
std::uint32_t& BodyEncoder::Slots::find(std::uint64_t hash, IsIt&& is_it) {
    std::size_t mask = cells.size() - 1;
    std::size_t at = (hash >> 20) & mask;
    while (cells[at] != 0 && !is_it(cells[at] - 1)) at = (at + 1) & mask;
    return cells[at];
}

/// For one more than are used: at most half of the cells are.
template <class HashOf>
void BodyEncoder::Slots::make_room(std::size_t used, HashOf&& hash_of) {
    if ((used + 1) * 2 <= cells.size()) return;
    std::vector<std::uint32_t> old(std::max<std::size_t>(256, cells.size() * 2), 0u);
    old.swap(cells);
    for (std::uint32_t index : old) {
        if (index != 0) find(hash_of(index - 1), [](std::uint32_t) { return false; }) = index;
    }
}

void BodyEncoder::start(Stamp base) {
    base_ = last_ = base;
    source_bytes_ = 0;
    times_.clear();
    seqs_.clear();
    voice_of_.clear();
    numbers_.clear();
    texts_.clear();
    shapes_.clear();
    voices_.clear();
    shape_slots_.clear();
    voice_slots_.clear();
    shape_places_.clear();
    voice_places_.clear();
}

void BodyEncoder::add(const MessageView& message) {
    ByteWriter(times_).signed_varint(micros(message.stamp.time) - micros(last_.time));
    ByteWriter(seqs_).varint(message.stamp.seq.value - last_.seq.value - 1);
    take_apart(message.payload, message.extra, scratch_, shaped_);
    voice_of_.push_back(voice(message.sender, shaped_));
    numbers_.insert(numbers_.end(), shaped_.numbers.begin(),
                    shaped_.numbers.begin() + static_cast<std::ptrdiff_t>(shaped_.holes));
    last_ = message.stamp;
    source_bytes_ += message.payload.size() + message.extra.size() + kPerMessage;
}

std::string_view BodyEncoder::text(const Shape& shape) const {
    return std::string_view(texts_).substr(shape.begin, shape.size);
}

std::uint32_t BodyEncoder::voice(MemberId sender, const ShapedText& shaped) {
    std::uint64_t hash = hash_bytes(shaped.text).low;
    auto is_it = [&](std::uint32_t index) {
        const Voice& voice = voices_[index];
        const Shape& its = shapes_[voice.shape];
        return voice.sender == sender && its.hash == hash &&
               its.payload_size == shaped.payload_size && its.holes == shaped.holes &&
               text(its) == shaped.text;
    };
    voice_slots_.make_room(voices_.size(), [&](std::uint32_t index) {
        return voice_hash(voices_[index].sender, shapes_[voices_[index].shape].hash);
    });
    std::uint32_t& slot = voice_slots_.find(voice_hash(sender, hash), is_it);
    if (slot != 0) return slot - 1;
    slot = static_cast<std::uint32_t>(voices_.size()) + 1;
    voices_.push_back({sender, shape(shaped, hash)});
    voice_places_.push_back({});
    return slot - 1;
}

std::uint32_t BodyEncoder::shape(const ShapedText& shaped, std::uint64_t hash) {
    auto is_it = [&](std::uint32_t index) {
        const Shape& its = shapes_[index];
        return its.hash == hash && its.payload_size == shaped.payload_size &&
               its.holes == shaped.holes && text(its) == shaped.text;
    };
    shape_slots_.make_room(shapes_.size(), [&](std::uint32_t index) { return shapes_[index].hash; });
    std::uint32_t& slot = shape_slots_.find(hash, is_it);
    if (slot != 0) return slot - 1;
    slot = static_cast<std::uint32_t>(shapes_.size()) + 1;
    shapes_.push_back({texts_.size(), shaped.text.size(), shaped.payload_size,
                       static_cast<std::uint8_t>(shaped.holes), hash});
    shape_places_.push_back({});
    texts_.append(shaped.text);
    return slot - 1;
}

BodyEncoder::Position BodyEncoder::begin() const {
    return {base_, 0, 0, 0, 0};
}

BodyEncoder::Position BodyEncoder::end() const {
    return {last_, static_cast<std::uint32_t>(voice_of_.size()), times_.size(), seqs_.size(),
            numbers_.size()};
}

Stamp BodyEncoder::first_after(const Position& position) const {
    Stamp stamp = position.base;
    ByteReader times(std::string_view(times_).substr(position.time_bytes));
    ByteReader seqs(std::string_view(seqs_).substr(position.seq_bytes));
    stamp.time += Duration(times.signed_varint());
    stamp.seq.value += 1 + seqs.varint();
    return stamp;
}

/// One body being written.
struct BodyEncoder::Run {
    BodyEncoder& encoder;
    const Position& from;
    const Position& to;
    std::array<std::string, kSections> sections{};
    struct Columns {
        std::uint32_t voice = 0;  // of the encoder
        std::size_t count = 0;    // of messages
        std::size_t begin = 0;    // in `numbers`
        std::size_t next = 0;
    };
    std::vector<Columns> columns{};  // of each voice of this body
    std::uint32_t shapes = 0;
    std::vector<Decimal> numbers{};
    std::string bytes{};
    std::vector<std::uint32_t> pieces{};

    std::span<const std::uint32_t> voices() const {
        return std::span(encoder.voice_of_).subspan(from.messages, to.messages - from.messages);
    }
    void write_voices();
    void add_voice(std::uint32_t index);
    void add_shape(const Shape& shape);
    void write_numbers();
};

void BodyEncoder::Run::write_voices() {
    ++encoder.epoch_;
    ByteWriter voice_of(sections[kVoiceOf]);
    for (std::uint32_t index : voices()) {
        Place& place = encoder.voice_places_[index];
        if (place.epoch == encoder.epoch_) {
            voice_of.varint(place.number + 1);
        } else {
            place = {static_cast<std::uint32_t>(columns.size()), encoder.epoch_};
            voice_of.varint(0);
            columns.push_back({index});
            add_voice(index);
        }
        ++columns[place.number].count;
    }
}

void BodyEncoder::Run::add_voice(std::uint32_t index) {
    const Voice& voice = encoder.voices_[index];
    Place& place = encoder.shape_places_[voice.shape];
    ByteWriter writer(sections[kVoices]);
    writer.varint(voice.sender.value);
    if (place.epoch == encoder.epoch_) {
        writer.varint(place.number + 1);
        return;
    }
    writer.varint(0);
    place = {shapes++, encoder.epoch_};
    add_shape(encoder.shapes_[voice.shape]);
}

void BodyEncoder::Run::add_shape(const Shape& shape) {
    std::string_view text = encoder.text(shape);
    ByteWriter writer(sections[kShapes]);
    bool base64 = read_base64(text.substr(0, shape.payload_size), bytes, pieces);
    writer.varint(shape.holes * 2u + (base64 ? 1u : 0u));
    if (base64) {
        text.remove_prefix(shape.payload_size);
        writer.varint(pieces.size());
        for (std::uint32_t piece : pieces) writer.varint(piece);
        sections[kBytes].append(bytes);
    } else {
        writer.varint(shape.payload_size);
    }
    writer.varint(text.size());
    sections[kTexts].append(text);
}

void BodyEncoder::Run::write_numbers() {
    std::size_t begin = 0;
    auto holes = [&](const Columns& of) {
        return static_cast<std::size_t>(
            encoder.shapes_[encoder.voices_[of.voice].shape].holes);
    };
    for (Columns& each : columns) {
        each.begin = begin;
        begin += each.count * holes(each);
    }
    numbers.resize(begin);
    const Decimal* number = encoder.numbers_.data() + from.numbers;
    for (std::uint32_t index : voices()) {
        Columns& its = columns[encoder.voice_places_[index].number];
        std::size_t at = its.begin + its.next++;
        for (std::size_t hole = holes(its); hole > 0; --hole, at += its.count) {
            numbers[at] = *number++;
        }
    }
    for (const Columns& each : columns) {
        for (std::size_t hole = 0; hole < holes(each); ++hole) {
            encode_numbers(std::span(numbers).subspan(each.begin + hole * each.count, each.count),
                           sections[kStyles], sections[kScales], sections[kMantissas]);
        }
    }
}

std::string_view BodyEncoder::body(const Position& from, const Position& to) {
    Run run{*this, from, to};
    run.sections[kTimes] = times_.substr(from.time_bytes, to.time_bytes - from.time_bytes);
    run.sections[kSeqs] = seqs_.substr(from.seq_bytes, to.seq_bytes - from.seq_bytes);
    if (run.sections[kSeqs].find_first_not_of('\0') == std::string::npos) {
        run.sections[kSeqs].clear();
    }
    run.write_voices();
    run.write_numbers();
    body_.clear();
    ByteWriter writer(body_);
    writer.fixed(kBodyVersion);
    writer.fixed(micros(from.base.time));
    writer.fixed(from.base.seq.value);
    for (const std::string& section : run.sections) writer.sized(section);
    return body_;
}

result<void> BodyDecoder::open(std::string_view body, std::uint64_t n) {
    ok_ = false;
    done_ = 0;
    voice_of_.clear();
    ByteReader reader(body);
    auto version = reader.fixed<std::uint8_t>();
    if (reader.ok() && version != kBodyVersion) {
        return unreadable(fmt::format("messages of body version {}, this program reads {}{}",
                                      version, kBodyVersion,
                                      version > kBodyVersion ? ": use a newer teatime" : ""));
    }
    if (!read(reader, n)) return unreadable("columns that do not fit");
    ok_ = true;
    return {};
}

bool BodyDecoder::read(ByteReader& body, std::uint64_t n) {
    stamp_.time = VirtualTime(Duration(body.fixed<std::int64_t>()));
    stamp_.seq = {body.fixed<std::uint64_t>()};
    std::array<ByteReader, kSections> sections;
    for (ByteReader& section : sections) section = ByteReader(body.sized());
    if (!body.done()) return false;
    times_ = sections[kTimes];
    seqs_ = sections[kSeqs];
    every_seq_ = seqs_.done();
    if (!read_voices(sections[kVoiceOf], sections[kVoices], sections[kShapes], sections[kTexts],
                     sections[kBytes], n)) {
        return false;
    }
    numbers_.clear();
    for (Voice& voice : voices_) {
        voice.numbers = numbers_.size();
        for (std::size_t hole = shapes_[voice.shape].holes; hole > 0; --hole) {
            if (numbers_.size() + voice.count > kMaxBodyNumbers ||
                !decode_numbers(voice.count, sections[kStyles], sections[kScales],
                                sections[kMantissas], numbers_)) {
                return false;
            }
        }
    }
    return std::all_of(sections.begin() + kVoiceOf, sections.end(),
                       [](const ByteReader& section) { return section.done(); });
}

bool BodyDecoder::read_voices(ByteReader& voice_of, ByteReader& voices, ByteReader& shapes,
                              ByteReader& texts, ByteReader& bytes, std::uint64_t n) {
    voices_.clear();
    shapes_.clear();
    pieces_.clear();
    if (n > kMaxBodyMessages || n > voice_of.left()) return false;
    voice_of_.reserve(n);
    for (std::uint64_t i = 0; i < n; ++i) {
        std::uint64_t number = voice_of.varint();
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
        voice_of_.push_back(static_cast<std::uint32_t>(number - 1));
        ++voices_[number - 1].count;
    }
    return true;
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
    auto holes = std::count(shape.text.begin(), shape.text.end(), kHole);
    return shape.payload_size <= shape.text.size() &&
           (shape.holes == 0 || static_cast<std::size_t>(holes) == shape.holes);
}

bool BodyDecoder::next(MessageView& message) {
    if (!next_stamp(message.stamp)) return false;
    text(message);
    return true;
}

bool BodyDecoder::next_stamp(Stamp& stamp) {
    if (!ok_) return false;
    if (done_ == voice_of_.size()) {
        ok_ = times_.done() && seqs_.done();
        return false;
    }
    // Unsigned: damaged differences may overflow, which must only give wrong numbers.
    auto time = static_cast<std::uint64_t>(micros(stamp_.time)) +
                static_cast<std::uint64_t>(times_.signed_varint());
    stamp_.time = VirtualTime(Duration(static_cast<std::int64_t>(time)));
    stamp_.seq.value += 1 + (every_seq_ ? 0 : seqs_.varint());
    if (!times_.ok() || !seqs_.ok()) {
        ok_ = false;
        return false;
    }
    stamp = stamp_;
    ++voices_[voice_of_[done_++]].next;
    return true;
}

void BodyDecoder::text(MessageView& message) {
    const Voice& voice = voices_[voice_of_[done_ - 1]];
    message.sender = voice.sender;
    spell(shapes_[voice.shape], numbers_.data() + voice.numbers + voice.next - 1, voice.count,
          message);
}

BodyDecoder::VoiceView BodyDecoder::view(std::uint32_t voice) const {
    const Voice& it = voices_[voice];
    const Shape& shape = shapes_[it.shape];
    std::string_view payload =
        shape.base64 ? std::string_view("\"\"") : shape.text.substr(0, shape.payload_size);
    return {it.sender, payload, shape.holes, it.count};
}

/// `number`: the message's first; its others follow at a distance of `stride`.
void BodyDecoder::spell(const Shape& shape, const Decimal* number, std::size_t stride,
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
    auto fill = [&](const char* text, const char* end) {
        for (; text != end; ++text) {
            if (*text != kHole || shape.holes == 0) {
                *out++ = *text;
            } else {
                out = write_decimal(out, *number);
                number += stride;
            }
        }
    };
    const char* text = shape.text.data();
    fill(text, text + shape.payload_size);
    auto payload_size = static_cast<std::size_t>(out - spelled_.data());
    fill(text + shape.payload_size, text + shape.text.size());
    std::string_view all(spelled_.data(), static_cast<std::size_t>(out - spelled_.data()));
    message.payload = all.substr(0, payload_size);
    message.extra = all.substr(payload_size);
}

}  // namespace teatime::timegraph
