#pragma once

#include <string>
#include <string_view>

#include "need.h"
#include "part.h"
#include "teatime/timegraph/export.h"

namespace teatime::timegraph {

/// Gives a Sink larger pieces, and counts. Throws Failure.
class BufferedSink {
public:
    explicit BufferedSink(const Sink& sink) : sink_(sink) {}
    void write(std::string_view bytes) {
        buffer_ += bytes;
        written_ += bytes.size();
        if (buffer_.size() >= kPiece) flush();
    }
    void flush() {
        need(sink_(buffer_));
        buffer_.clear();
    }
    std::uint64_t written() const { return written_; }

private:
    static constexpr std::size_t kPiece = 64 * 1024;
    const Sink& sink_;
    std::string buffer_;
    std::uint64_t written_ = 0;
};

/// The messages between two times, with progress.
template <class Take>
void each_message(const Reader& reader, VirtualTime from, VirtualTime to, const Watch& watch,
                  Take&& take) {
    StretchProgress progress(reader, from, to, watch);
    Reader::Cursor cursor = reader.messages(from, to);
    while (cursor.next()) {
        progress.at(cursor.message().stamp.time);
        take(cursor.message());
    }
    need(cursor.status());
}

}  // namespace teatime::timegraph
