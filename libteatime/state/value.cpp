#include "teatime/state/value.h"

#include <bit>
#include <limits>

namespace teatime {

Value::Value(std::uint64_t value) {
    if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        data_ = static_cast<std::int64_t>(value);
    } else {
        data_ = value;
    }
}

const Value* Value::find(std::string_view name) const {
    if (const Entries* entries = if_entries()) {
        for (const auto& [key, value] : *entries) {
            if (key == name) return &value;
        }
    }
    return nullptr;
}

bool Value::as_double(double& number) const {
    if (const double* real = if_double()) {
        number = *real;
    } else if (const std::int64_t* integer = if_int()) {
        number = static_cast<double>(*integer);
    } else if (const std::uint64_t* large = if_uint()) {
        number = static_cast<double>(*large);
    } else {
        return false;
    }
    return true;
}

bool Value::operator==(const Value& other) const {
    const double* mine = if_double();
    const double* theirs = other.if_double();
    if (mine && theirs) {
        return std::bit_cast<std::uint64_t>(*mine) == std::bit_cast<std::uint64_t>(*theirs);
    }
    return data_ == other.data_;
}

}  // namespace teatime
