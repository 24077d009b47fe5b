#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "teatime/session/frames.h"
#include "teatime/state/hash.h"
#include "teatime/state/ids.h"
#include "teatime/state/mark.h"

/// Parts that frames of both directions have.
namespace teatime::wire {

/// `{"id":"...","action":"ACTION","args":`; the caller adds args and a brace.
void begin_frame(std::string& out, std::string_view session_id, std::string_view action);
void append_number(std::string& out, std::uint64_t number);
void append_time(std::string& out, VirtualTime time);  ///< ms
/// `"name":"text"` with a comma before it where the object has begun already.
void append_field(std::string& out, std::string_view name, std::string_view text);
void append_raw_field(std::string& out, std::string_view name, std::string_view json);

/// `"name":[1,2]`
void append_numbers(std::string& out, std::string_view name, const std::vector<std::uint64_t>&);
void append_numbers(std::string& out, std::string_view name, const std::vector<MemberId>& members);

bool truthy(std::string_view value);  ///< as JavaScript has it
/// The field `flags`: those that are known.
void append_flags(std::string& out, const session::CroquetFlags& flags);
session::CroquetFlags read_flags(std::string_view object);

std::optional<Mark> read_mark(std::string_view value);
std::optional<Hash128> read_hash(std::string_view value);
/// Appends. False: no list of whole numbers.
bool read_numbers(std::string_view list, std::vector<std::uint64_t>& numbers);
bool read_numbers(std::string_view list, std::vector<MemberId>& members);
/// Nothing said and nonsense are alike where a field may be missing.
std::string text_or_empty(std::string_view value);
std::uint64_t whole_or_zero(std::string_view value);

}  // namespace teatime::wire
