#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace teatime::wire {

/// Walks a JSON text in place and hands out the exact bytes of its values, so that what is only
/// passed on leaves as it came. Strict (RFC 8259); UTF-8 is the transport's to check, and escaped
/// surrogates need not be pairs, as JavaScript reads them. Safe on any input, allocates nothing,
/// about 1 GB/s in strings.
class JsonScanner {
public:
    static constexpr unsigned kDepth = 32;  ///< nested lists and objects

    explicit JsonScanner(std::string_view text)
        : at_(text.data()), end_(text.data() + text.size()) {}

    /// The next value, without white space around it; empty where there is none.
    std::string_view value();
    /// Steps into the object or list that begins here.
    bool enter(char bracket);
    /// To the next value of the object entered; the key comes without quotes and as it is written,
    /// escapes and all. False at the object's end, which is stepped over, and where it is no JSON.
    bool next_key(std::string_view& key);
    /// The same for a list.
    bool next_element();
    /// Only white space is left, and nothing was wrong so far.
    bool at_end();
    bool ok() const { return ok_; }
    void skip_space();
    const char* position() const { return at_; }

private:
    bool skip_string();
    bool skip_number();
    bool skip_word(std::string_view word);
    bool skip_scalar();
    bool skip_value();
    bool skip_key();
    bool fail();
    bool take(char c);

    const char* at_;
    const char* end_;
    bool ok_ = true;
    bool first_ = false;  // nothing of what was entered last has been read
};

struct JsonField {
    std::string_view name;
    std::string_view& text;  ///< set where the object has it
};

/// Finds fields of an object: the whole text must be one object in which none of them comes twice.
bool read_object(std::string_view text, std::initializer_list<JsonField> fields);

/// Reads a list of at least `first.size()` elements. `rest` gets what follows these up to the
/// closing bracket, with its leading comma, verbatim.
bool read_list(std::string_view text, std::span<std::string_view> first, std::string_view& rest);

/// A string's content, its escapes resolved; nothing where the value is no string.
std::optional<std::string> to_text(std::string_view value);
inline bool is_string(std::string_view value) {
    return value.starts_with('"');
}

}  // namespace teatime::wire
