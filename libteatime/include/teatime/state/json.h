#pragma once

#include <string>
#include <string_view>

#include "teatime/state/result.h"
#include "teatime/state/value.h"

namespace teatime {

struct JsonLimits {
    std::size_t depth = 32;                ///< nested lists and objects
    std::size_t bytes = 64 * 1024 * 1024;  ///< of text
};

/// Strict JSON (RFC 8259, valid UTF-8, one value, duplicate keys are an error). Numbers go from
/// text to double by std::from_chars, never through Boost.JSON's own conversion (10 % of doubles
/// come back wrong in 1.81). The error names the place: `line 1, column 17: ...`.
result<Value> parse_json(std::string_view text, const JsonLimits& limits = {});

/// Compact, one line. Doubles by std::to_chars: shortest text that reads back to the same bits,
/// always with a fraction or exponent, so that a double stays a double (`2.0`). NaN and infinities,
/// which JSON has not, become null. Bytes become base64 text.
std::string to_json(const Value& value);

/// The same with line breaks and two blanks a level, for people.
std::string to_pretty_json(const Value& value);

/// Appends a JSON string literal with its quotes.
void append_json_string(std::string& out, std::string_view text);

/// Appends a double as to_json() writes it.
void append_json_double(std::string& out, double number);

}  // namespace teatime
