#include <algorithm>
#include <charconv>
#include <cmath>

#include "teatime/state/hash.h"
#include "teatime/state/json.h"

namespace teatime {
namespace {

/// The number of bytes of the valid UTF-8 sequence at the front of `text`, 0 where there is none.
std::size_t utf8_length(std::string_view text) {
    auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    unsigned char lead = byte(0);
    if (lead < 0x80) return 1;
    std::size_t size = lead >= 0xf5   ? 0
                       : lead >= 0xf0 ? 4
                       : lead >= 0xe0 ? 3
                       : lead >= 0xc2 ? 2
                                      : 0;
    if (size == 0 || text.size() < size) return 0;
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return 0;
    }
    // Overlong forms, surrogates, beyond U+10FFFF.
    bool bad = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f) ||
               (lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) > 0x8f);
    return bad ? 0 : size;
}

template <class Integer>
void append_integer(std::string& out, Integer number) {
    char text[24];
    auto written = std::to_chars(text, text + sizeof text, number);
    out.append(text, written.ptr);
}

class Writer {
public:
    Writer(std::string& out, bool pretty) : out_(out), pretty_(pretty) {}

    void write(const Value& value) {
        if (const bool* truth = value.if_bool()) {
            out_ += *truth ? "true" : "false";
        } else if (const std::int64_t* integer = value.if_int()) {
            append_integer(out_, *integer);
        } else if (const std::uint64_t* large = value.if_uint()) {
            append_integer(out_, *large);
        } else if (const double* real = value.if_double()) {
            append_json_double(out_, *real);
        } else if (const std::string* text = value.if_string()) {
            append_json_string(out_, *text);
        } else if (const Value::Bytes* bytes = value.if_bytes()) {
            auto* data = reinterpret_cast<const std::uint8_t*>(bytes->data.data());
            append_json_string(out_, to_base64({data, bytes->data.size()}));
        } else if (const Value::List* list = value.if_list()) {
            nested('[', ']', *list, [this](const Value& element) { write(element); });
        } else if (const Value::Entries* entries = value.if_entries()) {
            nested('{', '}', *entries, [this](const auto& entry) {
                append_json_string(out_, entry.first);
                out_ += pretty_ ? ": " : ":";
                write(entry.second);
            });
        } else {
            out_ += "null";
        }
    }

private:
    template <class Elements, class Each>
    void nested(char open, char close, const Elements& elements, Each each) {
        out_ += open;
        ++depth_;
        bool first = true;
        for (const auto& element : elements) {
            if (!first) out_ += ',';
            first = false;
            new_line();
            each(element);
        }
        --depth_;
        if (!elements.empty()) new_line();
        out_ += close;
    }
    void new_line() {
        if (!pretty_) return;
        out_ += '\n';
        out_.append(2 * depth_, ' ');
    }

    std::string& out_;
    bool pretty_;
    std::size_t depth_ = 0;
};

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    auto plain = [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; };
    while (true) {
        auto end = std::find_if_not(text.begin(), text.end(), plain);
        out.append(text.begin(), end);
        text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
        if (text.empty()) break;
        auto c = static_cast<unsigned char>(text.front());
        std::size_t size = utf8_length(text);
        if (size == 0) {
            out += "\ufffd";
            size = 1;
        } else if (c == '"' || c == '\\') {
            out += '\\';
            out += static_cast<char>(c);
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (c == '\r') {
            out += "\\r";
        } else if (c < 0x20) {
            out += c < 0x10 ? "\\u000" : "\\u001";
            out += "0123456789abcdef"[c & 15];
        } else {
            out.append(text.substr(0, size));
        }
        text.remove_prefix(size);
    }
    out += '"';
}

void append_json_double(std::string& out, double number) {
    if (!std::isfinite(number)) {
        out += "null";
        return;
    }
    char text[32];
    auto written = std::to_chars(text, text + sizeof text, number);
    std::string_view digits(text, static_cast<std::size_t>(written.ptr - text));
    out += digits;
    if (digits.find_first_of(".e") == digits.npos) out += ".0";
}

std::string to_json(const Value& value) {
    std::string out;
    Writer(out, false).write(value);
    return out;
}

std::string to_pretty_json(const Value& value) {
    std::string out;
    Writer(out, true).write(value);
    return out;
}

}  // namespace teatime
