#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "teatime/state/result.h"

namespace teatime {

/// A value of any shape: a message argument, a field of a decoded object, a line of `--json`.
/// Numbers keep their kind, so that none is changed on the way: text that is an integer fitting
/// 64 bits becomes an integer, anything else a double.
class Value {
public:
    using List = std::vector<Value>;
    using Entries = std::vector<std::pair<std::string, Value>>;  ///< in the order written
    struct Bytes {
        std::string data;
        bool operator==(const Bytes&) const = default;
    };

    Value() = default;  ///< null
    Value(bool value) : data_(value) {}
    Value(std::int64_t value) : data_(value) {}
    Value(std::uint64_t value);  ///< stored as int64 where it fits, so that equal numbers are equal
    Value(int value) : data_(std::int64_t{value}) {}
    Value(std::uint32_t value) : data_(std::int64_t{value}) {}
    Value(double value) : data_(value) {}
    Value(std::string value) : data_(std::move(value)) {}
    Value(const char* value) : data_(std::string(value)) {}
    Value(std::string_view value) : data_(std::string(value)) {}
    Value(Bytes value) : data_(std::move(value)) {}
    Value(List value) : data_(std::move(value)) {}
    Value(Entries value) : data_(std::move(value)) {}

    bool is_null() const { return std::holds_alternative<std::monostate>(data_); }
    const bool* if_bool() const { return std::get_if<bool>(&data_); }
    const std::int64_t* if_int() const { return std::get_if<std::int64_t>(&data_); }
    const std::uint64_t* if_uint() const { return std::get_if<std::uint64_t>(&data_); }
    const double* if_double() const { return std::get_if<double>(&data_); }
    const std::string* if_string() const { return std::get_if<std::string>(&data_); }
    const Bytes* if_bytes() const { return std::get_if<Bytes>(&data_); }
    const List* if_list() const { return std::get_if<List>(&data_); }
    List* if_list() { return std::get_if<List>(&data_); }
    const Entries* if_entries() const { return std::get_if<Entries>(&data_); }
    Entries* if_entries() { return std::get_if<Entries>(&data_); }

    /// The entry of that name, or null where this has no entries or not this one.
    const Value* find(std::string_view name) const;

    /// Any number as a double, false where this is none. Large integers are rounded.
    bool as_double(double& number) const;

    /// Doubles compare by bits, so NaN equals itself and -0.0 differs from 0.0.
    bool operator==(const Value& other) const;

private:
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Bytes,
                 List, Entries>
        data_;
};

}  // namespace teatime
