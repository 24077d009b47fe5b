#include "teatime/wire/json_scanner.h"

#include <array>
#include <cstring>

#include "teatime/state/json.h"

namespace teatime::wire {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101;

constexpr std::uint64_t zero_bytes(std::uint64_t word) {
    return (word - kOnes) & ~word & (kOnes * 0x80);
}

/// Does any of the eight bytes end plain text of a string: a quote, a backslash, a control
/// character? May say yes for a byte after the first such one, never wrongly for the first.
constexpr bool has_special(std::uint64_t word) {
    std::uint64_t below_blank = (word - kOnes * 0x20) & ~word & (kOnes * 0x80);
    return (below_blank | zero_bytes(word ^ (kOnes * '"')) | zero_bytes(word ^ (kOnes * '\\'))) !=
           0;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

}  // namespace

bool JsonScanner::fail() {
    ok_ = false;
    at_ = end_;
    return false;
}

void JsonScanner::skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

bool JsonScanner::take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
}

bool JsonScanner::skip_string() {
    if (!take('"')) return fail();
    while (true) {
        for (std::uint64_t word; end_ - at_ >= 8; at_ += 8) {
            std::memcpy(&word, at_, 8);
            if (has_special(word)) break;
        }
        if (at_ == end_) return fail();
        char c = *at_++;
        if (c == '"') return true;
        if (static_cast<unsigned char>(c) < 0x20) return fail();
        if (c != '\\') continue;
        if (at_ == end_) return fail();
        char escape = *at_++;
        if (escape == 'u') {
            for (int i = 0; i < 4; ++i) {
                if (at_ == end_ || !is_hex(*at_++)) return fail();
            }
        } else if (escape == 0 || !std::strchr("\"\\/bfnrt", escape)) {
            return fail();
        }
    }
}

bool JsonScanner::skip_number() {
    auto digits = [this] {
        if (at_ == end_ || !is_digit(*at_)) return false;
        while (at_ != end_ && is_digit(*at_)) ++at_;
        return true;
    };
    take('-');
    if (!take('0') && !digits()) return fail();
    if (take('.') && !digits()) return fail();
    if (take('e') || take('E')) {
        if (!take('+')) take('-');
        if (!digits()) return fail();
    }
    return true;
}

bool JsonScanner::skip_word(std::string_view word) {
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word))
        return fail();
    at_ += word.size();
    return true;
}

bool JsonScanner::skip_scalar() {
    switch (at_ == end_ ? 0 : *at_) {
        case '"':
            return skip_string();
        case 't':
            return skip_word("true");
        case 'f':
            return skip_word("false");
        case 'n':
            return skip_word("null");
        default:
            return skip_number();
    }
}

bool JsonScanner::skip_key() {
    skip_space();
    if (!skip_string()) return false;
    skip_space();
    if (!take(':')) return fail();
    skip_space();
    return true;
}

/// Without recursion: hostile depth costs nothing.
bool JsonScanner::skip_value() {
    std::array<char, kDepth> open;
    unsigned depth = 0;
    while (true) {
        skip_space();
        if (at_ != end_ && (*at_ == '{' || *at_ == '[')) {
            if (depth == kDepth) return fail();
            char close = *at_++ == '{' ? '}' : ']';
            skip_space();
            if (!take(close)) {
                open[depth++] = close;
                if (close == '}' && !skip_key()) return false;
                continue;
            }
        } else if (!skip_scalar()) {
            return false;
        }
        while (true) {  // a value has ended
            if (depth == 0) return true;
            skip_space();
            if (take(',')) {
                if (open[depth - 1] == '}' && !skip_key()) return false;
                break;
            }
            if (!take(open[depth - 1])) return fail();
            --depth;
        }
    }
}

std::string_view JsonScanner::value() {
    skip_space();
    const char* begin = at_;
    if (!ok_ || !skip_value()) return {};
    return {begin, static_cast<std::size_t>(at_ - begin)};
}

bool JsonScanner::enter(char bracket) {
    skip_space();
    first_ = true;
    return take(bracket) || fail();
}

bool JsonScanner::next_key(std::string_view& key) {
    if (!ok_) return false;
    skip_space();
    if (take('}')) return first_ = false;
    if (!first_ && !take(',')) return fail();
    first_ = false;
    skip_space();
    const char* begin = at_ + 1;
    if (!skip_string()) return false;
    key = {begin, static_cast<std::size_t>(at_ - begin - 1)};
    skip_space();
    return take(':') || fail();
}

bool JsonScanner::next_element() {
    if (!ok_) return false;
    skip_space();
    if (take(']')) return first_ = false;
    if (!first_ && !take(',')) return fail();
    first_ = false;
    return true;
}

bool JsonScanner::at_end() {
    skip_space();
    return ok_ && at_ == end_;
}

bool read_object(std::string_view text, std::initializer_list<JsonField> fields) {
    JsonScanner scanner(text);
    std::string_view key;
    if (!scanner.enter('{')) return false;
    while (scanner.next_key(key)) {
        std::string_view value = scanner.value();
        for (const JsonField& field : fields) {
            if (field.name != key) continue;
            if (!field.text.empty()) return false;
            field.text = value;
            break;
        }
    }
    return scanner.at_end();
}

bool read_list(std::string_view text, std::span<std::string_view> first, std::string_view& rest) {
    JsonScanner scanner(text);
    if (!scanner.enter('[')) return false;
    for (std::string_view& element : first) {
        if (!scanner.next_element()) return false;
        element = scanner.value();
    }
    scanner.skip_space();
    const char* begin = scanner.position();
    const char* end = begin;
    while (scanner.next_element()) {
        scanner.value();
        end = scanner.position();
    }
    rest = {begin, static_cast<std::size_t>(end - begin)};
    return scanner.at_end();
}

std::optional<std::string> to_text(std::string_view value) {
    if (!is_string(value)) return std::nullopt;
    if (value.find('\\') == value.npos) return std::string(value.substr(1, value.size() - 2));
    auto parsed = parse_json(value);
    if (!parsed || !parsed->if_string()) return std::nullopt;
    return *parsed->if_string();
}

}  // namespace teatime::wire
