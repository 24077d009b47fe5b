#include "teatime/wire/chunks.h"

#include <fmt/format.h>

namespace teatime::wire {
namespace {

constexpr std::string_view kPrefix = "_CHUNK";

}  // namespace

std::vector<std::string> cut_into_chunks(std::string_view frame, std::size_t most) {
    if (frame.size() <= most) return {std::string(frame)};
    std::vector<std::string> chunks;
    for (std::size_t begin = 0; begin < frame.size();) {
        std::size_t end = std::min(begin + most, frame.size());
        while (end < frame.size() && (frame[end] & 0xC0) == 0x80) --end;
        chunks.push_back(fmt::format("{}{:d}{:d}{}", kPrefix, begin == 0, end == frame.size(),
                                     frame.substr(begin, end - begin)));
        begin = end;
    }
    return chunks;
}

result<std::optional<std::string_view>> Chunks::add(std::string_view text) {
    if (!text.starts_with(kPrefix)) {
        if (open_) return unreadable("A frame came in the middle of another one's chunks.");
        return std::optional(text);
    }
    text.remove_prefix(kPrefix.size());
    auto flag = [&](std::size_t i) { return text[i] == '0' || text[i] == '1'; };
    if (text.size() < 2 || !flag(0) || !flag(1)) return unreadable("A chunk has no flags.");
    bool first = text[0] == '1';
    bool last = text[1] == '1';
    text.remove_prefix(2);
    if (first == open_) {
        return unreadable(first ? "A frame's first chunk came before the last one's end."
                                : "A chunk came without its frame's first one.");
    }
    if (first) frame_.clear();
    if (frame_.size() + text.size() > most_bytes_) {
        return unreadable(fmt::format("A frame in chunks is longer than {} bytes.", most_bytes_));
    }
    frame_ += text;
    open_ = !last;
    if (!last) return std::optional<std::string_view>();
    return std::optional<std::string_view>(frame_);
}

}  // namespace teatime::wire
