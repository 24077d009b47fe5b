#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "teatime/state/bytes.h"
#include "teatime/state/result.h"
#include "teatime/timegraph/records.h"

namespace teatime::timegraph {

/// Collects messages by columns (layout.h, `body`). A range of them can be taken out at any time,
/// so a tail row is a cut through the columns, not a second encoding.
class BodyEncoder {
public:
    enum Column { dt, dseq, sender, payload_size, extra_size, payload, extra, kColumns };

    /// A place between two messages.
    struct Position {
        Stamp base;  ///< of the message before it: what the next deltas refer to
        std::uint32_t messages = 0;
        std::array<std::size_t, kColumns> at{};
    };

    /// The next message's deltas refer to `base`.
    void start(Stamp base);
    void add(const MessageView& message);

    bool empty() const { return messages_ == 0; }
    Position begin() const;
    Position end() const;
    /// Bytes by which block size is measured: payload, extra and 12 per message.
    std::size_t source_bytes() const { return source_bytes_; }

    /// The messages between two positions; valid until the next call.
    std::string_view body(const Position& from, const Position& to);

private:
    Stamp base_;
    Stamp last_;
    std::uint32_t messages_ = 0;
    std::size_t source_bytes_ = 0;
    std::array<std::string, kColumns> columns_;
    std::string body_;
};

/// Walks over a body, whose bytes must outlive it. Hostile input is safe.
class BodyDecoder {
public:
    /// `n`: number of messages it should hold.
    result<void> open(std::string_view body, std::uint64_t n);
    /// False after the last one, or where the body is damaged: see ok().
    bool next(MessageView& message);
    bool ok() const { return ok_; }

private:
    std::array<ByteReader, BodyEncoder::kColumns> columns_{
        ByteReader({}), ByteReader({}), ByteReader({}), ByteReader({}),
        ByteReader({}), ByteReader({}), ByteReader({})};
    Stamp stamp_;
    std::uint64_t left_ = 0;
    bool ok_ = false;
};

}  // namespace teatime::timegraph
