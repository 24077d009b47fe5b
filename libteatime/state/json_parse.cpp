#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>

#include "teatime/state/json.h"

namespace teatime {
namespace {

using ErrorCode = boost::json::error_code;
using Text = boost::json::string_view;

/// Text to number. Boost.JSON's own conversion is not exact, so only its syntax check is used.
/// Requires: `text` is a JSON number. False where it is too large for a double.
bool to_number(std::string_view text, Value& value) {
    const char* end = text.data() + text.size();
    std::int64_t integer = 0;
    std::uint64_t large = 0;
    if (text.find_first_of(".eE") == text.npos && text != "-0") {
        if (std::from_chars(text.data(), end, integer).ec == std::errc{}) {
            value = integer;
            return true;
        }
        if (std::from_chars(text.data(), end, large).ec == std::errc{}) {
            value = large;
            return true;
        }
    }
    double real = 0;
    if (std::from_chars(text.data(), end, real).ec != std::errc{}) {
        // from_chars says the same for 1e999 and 1e-999; only the first is an error. Where the
        // first digit stands, seen from the point, and the exponent tell them apart.
        bool negative = text.starts_with('-');
        std::string_view digits = text.substr(negative ? 1 : 0);
        std::size_t mantissa_size = std::min(digits.find_first_of("eE"), digits.size());
        std::string_view mantissa = digits.substr(0, mantissa_size);
        std::string_view exponent_text = digits.substr(std::min(mantissa_size + 1, digits.size()));
        if (exponent_text.starts_with('+')) exponent_text.remove_prefix(1);
        std::int64_t exponent = 0;
        std::from_chars(exponent_text.data(), end, exponent);
        auto point = static_cast<std::int64_t>(std::min(mantissa.find('.'), mantissa.size()));
        auto first = static_cast<std::int64_t>(mantissa.find_first_not_of("0."));
        if (point - first + exponent > 0) return false;
        real = negative ? -0.0 : 0.0;
    }
    value = real;
    return true;
}

/// What basic_parser calls; builds the Value.
class Builder {
public:
    static constexpr std::size_t max_object_size = SIZE_MAX;
    static constexpr std::size_t max_array_size = SIZE_MAX;
    static constexpr std::size_t max_key_size = SIZE_MAX;
    static constexpr std::size_t max_string_size = SIZE_MAX;

    Value root;
    std::string problem;  ///< our own sentence, where not the parser refused

    bool on_document_begin(ErrorCode&) { return true; }
    bool on_document_end(ErrorCode&) { return true; }
    bool on_array_begin(ErrorCode&) {
        open_.push_back({Value(Value::List{}), std::string{}});
        return true;
    }
    bool on_array_end(std::size_t, ErrorCode&) { return close(); }
    bool on_object_begin(ErrorCode&) {
        open_.push_back({Value(Value::Entries{}), std::string{}});
        return true;
    }
    bool on_object_end(std::size_t, ErrorCode& error) {
        const Value::Entries& entries = *open_.back().container.if_entries();
        keys_.clear();
        for (const auto& entry : entries) keys_.push_back(entry.first);
        std::sort(keys_.begin(), keys_.end());
        auto twice = std::adjacent_find(keys_.begin(), keys_.end());
        if (twice != keys_.end()) {
            return refuse(fmt::format("the object ending here has `{}` twice", *twice), error);
        }
        return close();
    }
    bool on_string_part(Text part, std::size_t, ErrorCode&) { return keep(part); }
    bool on_string(Text part, std::size_t, ErrorCode&) {
        keep(part);
        return put(Value(std::move(text_)));
    }
    bool on_key_part(Text part, std::size_t, ErrorCode&) { return keep(part); }
    bool on_key(Text part, std::size_t, ErrorCode&) {
        keep(part);
        open_.back().key = std::move(text_);
        text_.clear();
        return true;
    }
    bool on_number_part(Text part, ErrorCode&) { return keep(part); }
    bool on_int64(std::int64_t, Text part, ErrorCode& error) { return number(part, error); }
    bool on_uint64(std::uint64_t, Text part, ErrorCode& error) { return number(part, error); }
    bool on_double(double, Text part, ErrorCode& error) { return number(part, error); }
    bool on_bool(bool value, ErrorCode&) { return put(value); }
    bool on_null(ErrorCode&) { return put(Value()); }
    bool on_comment_part(Text, ErrorCode&) { return true; }
    bool on_comment(Text, ErrorCode&) { return true; }

private:
    struct Open {
        Value container;
        std::string key;
    };

    bool keep(Text part) {
        text_.append(part.data(), part.size());
        return true;
    }
    bool number(Text part, ErrorCode& error) {
        keep(part);
        Value value;
        if (!to_number(text_, value)) return refuse("the number is too large for a double", error);
        return put(std::move(value));
    }
    bool put(Value value) {
        text_.clear();
        if (open_.empty()) {
            root = std::move(value);
        } else if (Value::List* list = open_.back().container.if_list()) {
            list->push_back(std::move(value));
        } else {
            open_.back().container.if_entries()->emplace_back(std::move(open_.back().key),
                                                              std::move(value));
        }
        return true;
    }
    bool close() {
        Value done = std::move(open_.back().container);
        open_.pop_back();
        return put(std::move(done));
    }
    bool refuse(std::string sentence, ErrorCode& error) {
        problem = std::move(sentence);
        error = boost::json::error::syntax;
        return false;
    }

    std::vector<Open> open_;
    std::string text_;  ///< the parts so far of a string, key or number
    std::vector<std::string_view> keys_;
};

Error at(std::string_view text, std::size_t offset, std::string_view problem) {
    std::string_view before = text.substr(0, offset);
    auto line = 1 + std::count(before.begin(), before.end(), '\n');
    std::size_t column = offset - (before.rfind('\n') + 1) + 1;
    return wrong_usage(fmt::format("line {}, column {}: {}", line, column, problem));
}

}  // namespace

result<Value> parse_json(std::string_view text, const JsonLimits& limits) {
    if (text.size() > limits.bytes) {
        return wrong_usage(
            fmt::format("{} bytes of JSON; the limit is {}", text.size(), limits.bytes));
    }
    boost::json::parse_options options;
    options.max_depth = limits.depth;
    boost::json::basic_parser<Builder> parser(options);
    ErrorCode error;
    std::size_t used = parser.write_some(false, text.data(), text.size(), error);
    if (!error && used < text.size()) error = boost::json::error::extra_data;
    if (!error) return std::move(parser.handler().root);
    const std::string& problem = parser.handler().problem;
    if (!problem.empty()) return at(text, used, problem);
    if (error == boost::json::error::too_deep) {
        return at(text, used, fmt::format("nested deeper than the limit of {}", limits.depth));
    }
    if (error == boost::json::error::incomplete) return at(text, used, "the JSON text ends early");
    return at(text, used, fmt::format("not JSON: {}", error.message()));
}

}  // namespace teatime
