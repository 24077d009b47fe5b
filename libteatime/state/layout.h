#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "teatime/state/bytes.h"
#include "teatime/state/result.h"
#include "teatime/state/schema.h"

namespace teatime {

/// Deepest nesting of types and of values; deeper input is refused rather than overflow the stack.
inline constexpr int kMaxNesting = 512;

/// A schema, checked and prepared for reading values. Keeps a pointer to the schema.
class Layout {
public:
    /// O(size of the schema).
    static result<Layout> of(const Schema& schema);

    /// Reads one value; false, and the reader failed, where the bytes are not its canonical form.
    /// O(bytes read) for any input.
    bool check(std::uint32_t type, ByteReader& reader, int depth = 0) const;

    /// The same for a whole text.
    bool check_all(std::uint32_t type, std::string_view bytes) const;

    /// Two different keys of a map or set are in order; of keys that cannot be compared always
    /// true.
    bool ascending(std::uint32_t key, std::string_view before, std::string_view after) const;

    const Schema& schema() const { return *schema_; }
    const Type& type(std::uint32_t index) const { return schema_->types[index]; }
    /// No value takes fewer bytes; 0 = nothing at all is written for this type.
    std::uint64_t smallest(std::uint32_t index) const { return facts_[index].smallest; }
    /// Any `smallest` bytes are a value of this type.
    bool plain(std::uint32_t index) const { return facts_[index].plain; }
    /// Of a structure: the indices of the members that take bytes.
    const std::vector<std::uint32_t>& written(std::uint32_t index) const {
        return facts_[index].written;
    }

private:
    struct Facts {
        std::uint64_t smallest = 0;
        int height = 0;                      ///< of types nested directly; 0 = not yet computed
        bool visiting = false;               ///< the computation is inside this type
        bool plain = false;                  ///< any `smallest` bytes are a value
        bool ordered = true;                 ///< encoded values can be compared as std::less does
        std::vector<std::uint32_t> written;  ///< structure: indices of members that take bytes
    };

    explicit Layout(const Schema& schema) : schema_(&schema), facts_(schema.types.size()) {}
    void find_unordered();
    std::string measure(std::uint32_t index, int depth);  ///< empty, or what is wrong
    bool check_keyed(const Type& type, ByteReader& reader, int depth) const;
    int compare(std::uint32_t type, ByteReader& a, ByteReader& b) const;

    const Schema* schema_;
    std::vector<Facts> facts_;
};

/// Bytes of a Kind that always takes the same number; 0 for the others.
std::size_t fixed_size(Kind kind);

/// Reads a boolean, number, enumeration, duration or ref as an integer (float32 and float64: bits).
std::int64_t read_integer(Kind kind, ByteReader& reader);

}  // namespace teatime
