#include "body.h"

#include <fmt/format.h>

#include "teatime/timegraph/layout.h"

namespace teatime::timegraph {
namespace {

constexpr std::size_t kPerMessage = 12;  // what a message costs beside its bytes, in block size

std::int64_t micros(VirtualTime time) {
    return time.time_since_epoch().count();
}

}  // namespace

void BodyEncoder::start(Stamp base) {
    base_ = last_ = base;
    messages_ = 0;
    source_bytes_ = 0;
    for (std::string& column : columns_) column.clear();
}

void BodyEncoder::add(const MessageView& message) {
    ByteWriter(columns_[dt]).signed_varint(micros(message.stamp.time) - micros(last_.time));
    ByteWriter(columns_[dseq]).varint(message.stamp.seq.value - last_.seq.value);
    ByteWriter(columns_[sender]).varint(message.sender.value);
    ByteWriter(columns_[payload_size]).varint(message.payload.size());
    ByteWriter(columns_[extra_size]).varint(message.extra.size());
    columns_[payload].append(message.payload);
    columns_[extra].append(message.extra);
    last_ = message.stamp;
    ++messages_;
    source_bytes_ += message.payload.size() + message.extra.size() + kPerMessage;
}

BodyEncoder::Position BodyEncoder::begin() const {
    return {base_, 0, {}};
}

BodyEncoder::Position BodyEncoder::end() const {
    Position position{last_, messages_, {}};
    for (std::size_t i = 0; i < kColumns; ++i) position.at[i] = columns_[i].size();
    return position;
}

std::string_view BodyEncoder::body(const Position& from, const Position& to) {
    body_.clear();
    ByteWriter writer(body_);
    writer.fixed(kBodyVersion);
    writer.fixed(micros(from.base.time));
    writer.fixed(from.base.seq.value);
    for (std::size_t i = 0; i < kColumns; ++i) {
        writer.sized(std::string_view(columns_[i]).substr(from.at[i], to.at[i] - from.at[i]));
    }
    return body_;
}

result<void> BodyDecoder::open(std::string_view body, std::uint64_t n) {
    ok_ = false;
    left_ = 0;
    ByteReader reader(body);
    auto version = reader.fixed<std::uint8_t>();
    if (reader.ok() && version > kBodyVersion) {
        return unreadable(fmt::format(
            "messages of body version {}, this program reads up to {}: use a newer teatime",
            version, kBodyVersion));
    }
    stamp_.time = VirtualTime(Duration(reader.fixed<std::int64_t>()));
    stamp_.seq = {reader.fixed<std::uint64_t>()};
    for (ByteReader& column : columns_) column = ByteReader(reader.sized());
    if (version != kBodyVersion || !reader.done()) return unreadable("columns that do not fit");
    ok_ = true;
    left_ = n;
    return {};
}

bool BodyDecoder::next(MessageView& message) {
    if (left_ == 0) {
        for (const ByteReader& column : columns_) ok_ = ok_ && column.done();
        return false;
    }
    --left_;
    // Unsigned: damaged deltas may overflow, which must only give wrong numbers.
    auto time = static_cast<std::uint64_t>(micros(stamp_.time)) +
                static_cast<std::uint64_t>(columns_[BodyEncoder::dt].signed_varint());
    stamp_.time = VirtualTime(Duration(static_cast<std::int64_t>(time)));
    stamp_.seq.value += columns_[BodyEncoder::dseq].varint();
    message.stamp = stamp_;
    message.sender = {columns_[BodyEncoder::sender].varint()};
    auto payload_size = columns_[BodyEncoder::payload_size].varint();
    auto extra_size = columns_[BodyEncoder::extra_size].varint();
    message.payload = columns_[BodyEncoder::payload].raw(payload_size);
    message.extra = columns_[BodyEncoder::extra].raw(extra_size);
    for (const ByteReader& column : columns_) {
        if (!column.ok()) {
            ok_ = false;
            left_ = 0;
            return false;
        }
    }
    return true;
}

}  // namespace teatime::timegraph
