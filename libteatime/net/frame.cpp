#include "teatime/net/frame.h"

#include <algorithm>
#include <cstring>

namespace teatime::net {

SharedFrame make_frame(Opcode opcode, std::string_view payload) {
    auto frame = std::make_shared<std::string>();
    frame->reserve(payload.size() + 10);
    frame->push_back(static_cast<char>(0x80 | static_cast<unsigned>(opcode)));
    const auto append_length = [&](int bytes) {
        for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
            frame->push_back(static_cast<char>(std::uint64_t{payload.size()} >> shift));
        }
    };
    if (payload.size() < 126) {
        append_length(1);
    } else if (payload.size() < 65536) {
        frame->push_back(126);
        append_length(2);
    } else {
        frame->push_back(127);
        append_length(8);
    }
    frame->append(payload);
    return frame;
}

SharedFrame make_close_frame(std::uint16_t code, std::string_view reason) {
    std::size_t length = std::min<std::size_t>(reason.size(), 123);
    while (length < reason.size() && length > 0 && (reason[length] & 0xc0) == 0x80) --length;
    std::string payload{static_cast<char>(code >> 8), static_cast<char>(code)};
    payload.append(reason.substr(0, length));
    return make_frame(Opcode::close, payload);
}

bool valid_close_code(std::uint16_t code) {
    if (code >= 3000) return code <= 4999;
    return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

bool valid_utf8(std::string_view text) {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        if (end - at >= 8) {
            std::uint64_t eight;
            std::memcpy(&eight, at, 8);
            if ((eight & 0x8080808080808080u) == 0) {
                at += 8;
                continue;
            }
        }
        const unsigned first = static_cast<unsigned char>(*at++);
        if (first < 0x80) continue;
        // RFC 3629 part 4: only the second byte has a range narrower than 80-BF.
        int more = 0;
        unsigned low = 0x80, high = 0xbf;
        if (first >= 0xc2 && first <= 0xdf) {
            more = 1;
        } else if (first >= 0xe0 && first <= 0xef) {
            more = 2;
            if (first == 0xe0) low = 0xa0;
            if (first == 0xed) high = 0x9f;
        } else if (first >= 0xf0 && first <= 0xf4) {
            more = 3;
            if (first == 0xf0) low = 0x90;
            if (first == 0xf4) high = 0x8f;
        } else {
            return false;
        }
        for (; more > 0; --more, low = 0x80, high = 0xbf) {
            if (at == end) return false;
            const unsigned next = static_cast<unsigned char>(*at++);
            if (next < low || next > high) return false;
        }
    }
    return true;
}

}  // namespace teatime::net
