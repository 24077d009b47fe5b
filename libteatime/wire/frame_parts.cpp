#include "frame_parts.h"

#include <fmt/format.h>

#include "numbers.h"
#include "teatime/state/json.h"
#include "teatime/wire/json_scanner.h"

namespace teatime::wire {
namespace {

std::uint64_t number_of(MemberId member) {
    return member.value;
}
std::uint64_t number_of(std::uint64_t number) {
    return number;
}

template <class Number>
void append_list(std::string& out, std::string_view name, const std::vector<Number>& numbers) {
    append_raw_field(out, name, "[");
    for (const Number& one : numbers) {
        if (out.back() != '[') out += ',';
        out += std::to_string(number_of(one));
    }
    out += ']';
}

template <class Number>
bool read_list_of(std::string_view list, std::vector<Number>& numbers) {
    JsonScanner scanner(list);
    if (!scanner.enter('[')) return false;
    while (scanner.next_element()) {
        auto number = parse_whole(scanner.value());
        if (!number) return false;
        numbers.push_back(Number{*number});
    }
    return scanner.at_end();
}

}  // namespace

void begin_frame(std::string& out, std::string_view session_id, std::string_view action) {
    out += "{\"id\":";
    append_json_string(out, session_id);
    out += ",\"action\":\"";
    out += action;
    out += "\",\"args\":";
}

void append_number(std::string& out, std::uint64_t number) {
    fmt::format_int text(number);
    out.append(text.data(), text.size());
}

void append_time(std::string& out, VirtualTime time) {
    std::int64_t micros = time.time_since_epoch().count();
    if (micros < 0 || micros % 1000 != 0) {
        out += to_milliseconds_text(time);
    } else {  // nearly all
        append_number(out, static_cast<std::uint64_t>(micros / 1000));
    }
}

void append_raw_field(std::string& out, std::string_view name, std::string_view json) {
    if (out.back() != '{') out += ',';
    out += '"';
    out += name;
    out += "\":";
    out += json;
}

void append_field(std::string& out, std::string_view name, std::string_view text) {
    append_raw_field(out, name, {});
    append_json_string(out, text);
}

void append_numbers(std::string& out, std::string_view name,
                    const std::vector<std::uint64_t>& numbers) {
    append_list(out, name, numbers);
}
void append_numbers(std::string& out, std::string_view name, const std::vector<MemberId>& members) {
    append_list(out, name, members);
}

bool truthy(std::string_view value) {
    if (value.empty() || value == "null" || value == "false" || value == "\"\"") return false;
    char c = value[0];
    if (c != '-' && (c < '0' || c > '9')) return true;
    return value.substr(0, value.find_first_of("eE")).find_first_of("123456789") != value.npos;
}

void append_flags(std::string& out, const session::CroquetFlags& flags) {
    append_raw_field(out, "flags", "{");
    if (flags.rawtime) append_raw_field(out, "rawtime", "true");
    if (flags.microverse) append_raw_field(out, "microverse", "true");
    out += '}';
}

session::CroquetFlags read_flags(std::string_view object) {
    std::string_view rawtime, microverse;
    read_object(object, {{"rawtime", rawtime}, {"microverse", microverse}});
    return {truthy(rawtime), truthy(microverse)};
}

std::optional<Mark> read_mark(std::string_view value) {
    auto text = to_text(value);
    if (!text) return std::nullopt;
    auto mark = parse_mark(*text);
    if (!mark) return std::nullopt;
    return *mark;
}

std::optional<Hash128> read_hash(std::string_view value) {
    auto text = to_text(value);
    Hash128 hash;
    if (!text || !parse_hash(*text, hash)) return std::nullopt;
    return hash;
}

std::string text_or_empty(std::string_view value) {
    return to_text(value).value_or(std::string());
}

bool read_numbers(std::string_view list, std::vector<std::uint64_t>& numbers) {
    return read_list_of(list, numbers);
}
bool read_numbers(std::string_view list, std::vector<MemberId>& members) {
    return read_list_of(list, members);
}

std::uint64_t whole_or_zero(std::string_view value) {
    return parse_whole(value).value_or(0);
}

}  // namespace teatime::wire
