#include "body.h"

#include <algorithm>
#include <array>

#include "body_sections.h"
#include "number_column.h"
#include "teatime/state/hash.h"
#include "teatime/timegraph/layout.h"
#include "varint_writer.h"

namespace teatime::timegraph {
namespace {

constexpr std::size_t kGuesses = 1024;
constexpr std::size_t kGuessBytes = 24;  // of the payload: mostly target and selector

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
    base_ = base;
    source_bytes_ = 0;
    stamps_.clear();
    voice_of_.clear();
    numbers_.clear();
    texts_.clear();
    shapes_.clear();
    voices_.clear();
    shape_slots_.clear();
    voice_slots_.clear();
    hole_at_.clear();
    copied_from_ = 0;
    guesses_.assign(kGuesses, 0);
    shape_places_.clear();
    voice_places_.clear();
}

void BodyEncoder::add(const MessageView& message) {
    stamps_.push_back(message.stamp);
    std::uint32_t& guessed = guess(message);
    if (guessed == 0 || !is_alike(voices_[guessed - 1], message)) {
        take_apart(message.payload, message.extra, scratch_, shaped_);
        guessed = voice(message.sender, shaped_) + 1;
    }
    voice_of_.push_back(guessed - 1);
    numbers_.insert(numbers_.end(), shaped_.numbers.begin(),
                    shaped_.numbers.begin() + static_cast<std::ptrdiff_t>(shaped_.holes));
    source_bytes_ += message.payload.size() + message.extra.size() + kPerMessage;
}

std::size_t BodyEncoder::add(BodyDecoder& from) {
    if (copied_from_ != from.opened()) {
        copied_from_ = from.opened();
        copies_.assign(from.voices(), {});
    }
    Copy& copy = copies_[from.voice()];
    if (copy.voice == 0) return add_first(from, copy);
    stamps_.push_back(from.stamp());
    voice_of_.push_back(copy.voice - 1);
    std::size_t size = copy.fixed_size;
    const NumberColumn* columns = from.columns();
    std::size_t row = from.row();
    for (std::size_t hole = 0; hole < copy.holes; ++hole) {
        Decimal number = columns[hole][row];
        size += decimal_size(number);
        numbers_.push_back(number);
    }
    source_bytes_ += size + kPerMessage;
    return size;
}

/// By its text.
std::size_t BodyEncoder::add_first(BodyDecoder& from, Copy& copy) {
    MessageView message;
    message.stamp = from.stamp();
    from.text(message);
    add(message);
    // A file of another writer may have taken it apart otherwise.
    const Shape& its = shapes_[voices_[voice_of_.back()].shape];
    if (from.has_shape(text(its), its.payload_size, its.holes)) {
        copy = {voice_of_.back() + 1, its.holes, its.size - its.holes};
    }
    return message.payload.size() + message.extra.size();
}

/// People say the same again and again: most messages that begin like an earlier one differ from it
/// in their numbers only.
std::uint32_t& BodyEncoder::guess(const MessageView& message) {
    Hash128 hash = hash_bytes(message.payload.substr(0, kGuessBytes));
    return guesses_[(hash.low ^ message.sender.value) % kGuesses];
}

/// Then `shaped_` has its numbers, as take_apart() would have found them.
bool BodyEncoder::is_alike(const Voice& voice, const MessageView& message) {
    const Shape& shape = shapes_[voice.shape];
    if (voice.sender != message.sender) return false;
    std::string_view its = text(shape);
    std::string_view payload = its.substr(0, shape.payload_size);
    std::string_view extra = its.substr(shape.payload_size);
    std::span<const std::uint32_t> holes(hole_at_.data() + shape.hole, shape.holes);
    shaped_.holes = shape.holes;
    return read_alike(message.payload, payload, holes.first(shape.payload_holes),
                      shaped_.numbers.data()) &&
           read_alike(message.extra, extra, holes.subspan(shape.payload_holes),
                      shaped_.numbers.data() + shape.payload_holes);
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
    shape_slots_.make_room(shapes_.size(),
                           [&](std::uint32_t index) { return shapes_[index].hash; });
    std::uint32_t& slot = shape_slots_.find(hash, is_it);
    if (slot != 0) return slot - 1;
    slot = static_cast<std::uint32_t>(shapes_.size()) + 1;
    Shape& added = shapes_.emplace_back();
    added = {texts_.size(),
             shaped.text.size(),
             shaped.payload_size,
             static_cast<std::uint8_t>(shaped.holes),
             hash,
             static_cast<std::uint32_t>(hole_at_.size()),
             0};
    for (std::size_t at = 0, hole = 0; hole < shaped.holes; ++hole, ++at) {
        at = shaped.text.find(kHole, at);
        bool in_payload = at < shaped.payload_size;
        hole_at_.push_back(static_cast<std::uint32_t>(in_payload ? at : at - shaped.payload_size));
        if (in_payload) ++added.payload_holes;
    }
    shape_places_.push_back({});
    texts_.append(shaped.text);
    return slot - 1;
}

BodyEncoder::Position BodyEncoder::begin() const {
    return {base_, 0, 0};
}

BodyEncoder::Position BodyEncoder::end() const {
    return {stamps_.empty() ? base_ : stamps_.back(), static_cast<std::uint32_t>(voice_of_.size()),
            numbers_.size()};
}

Stamp BodyEncoder::first_after(const Position& position) const {
    return stamps_[position.messages];
}

/// One body being written.
struct BodyEncoder::Run {
    BodyEncoder& encoder;
    const Position& from;
    const Position& to;
    std::array<std::string, kSections>& sections = encoder.sections_;
    struct Columns {
        std::uint32_t voice = 0;  // of the encoder
        std::size_t count = 0;    // of messages
        std::size_t begin = 0;    // in `numbers`
        std::size_t next = 0;
    };
    std::vector<Columns> columns{};  // of each voice of this body
    std::uint32_t shapes = 0;
    std::vector<Decimal>& numbers = encoder.by_column_;
    std::string bytes{};
    std::vector<std::uint32_t> pieces{};

    std::span<const std::uint32_t> voices() const {
        return std::span(encoder.voice_of_).subspan(from.messages, to.messages - from.messages);
    }
    void write_stamps();
    void write_voices();
    void add_voice(std::uint32_t index);
    void add_shape(const Shape& shape);
    void write_numbers();
};

void BodyEncoder::Run::write_stamps() {
    auto stamps = std::span(encoder.stamps_).subspan(from.messages, to.messages - from.messages);
    VarintWriter times(sections[kTimes]);
    Stamp before = from.base;
    for (const Stamp& stamp : stamps) {
        times.add_signed(micros(stamp.time) - micros(before.time));
        before.time = stamp.time;
    }
    if (to.base.seq.value - from.base.seq.value == stamps.size()) return;  // none is left out
    VarintWriter seqs(sections[kSeqs]);
    for (const Stamp& stamp : stamps) {
        seqs.add(stamp.seq.value - before.seq.value - 1);
        before.seq = stamp.seq;
    }
}

void BodyEncoder::Run::write_voices() {
    ++encoder.epoch_;
    VarintWriter voice_of(sections[kVoiceOf]);
    for (std::uint32_t index : voices()) {
        Place& place = encoder.voice_places_[index];
        if (place.epoch == encoder.epoch_) {
            voice_of.add(place.number + 1);
        } else {
            place = {static_cast<std::uint32_t>(columns.size()), encoder.epoch_};
            voice_of.add(0);
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
        return static_cast<std::size_t>(encoder.shapes_[encoder.voices_[of.voice].shape].holes);
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
    static_assert(std::tuple_size_v<decltype(sections_)> == kSections);
    for (std::string& section : sections_) section.clear();
    Run run{*this, from, to};
    run.write_stamps();
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

}  // namespace teatime::timegraph
