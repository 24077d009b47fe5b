#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "teatime/state/schema.h"
#include "teatime/state/value.h"

namespace teatime {

class Layout;

/// A path inside objects of one class, prepared: finds one field in an object's canonical bytes
/// without decoding the others. The same names as in state_tree(). Owns a copy of the schema.
class FieldPath {
public:
    /// `path` as it follows the object's name: `.position.x`, `[3].color`, `.scores["a b"]`; empty
    /// is the object itself. A path that no object of this class can have is an error that names
    /// what there is.
    static result<FieldPath> of(const Schema& schema, std::string_view path);
    FieldPath(FieldPath&&) noexcept;
    FieldPath& operator=(FieldPath&&) noexcept;
    ~FieldPath();

    struct Found {
        std::uint32_t type = 0;
        std::string_view bytes;  ///< of `fields`
    };
    /// Empty where this object has no such element. Requires: `fields` fit the schema. O(bytes
    /// before it); a field of fixed place costs some ns.
    std::optional<Found> find(std::string_view fields) const;
    Value decode(const Found& found) const;

private:
    FieldPath();
    result<void> check() const;

    std::unique_ptr<Schema> schema_;
    std::unique_ptr<Layout> layout_;  ///< points to *schema_
    std::vector<std::string> parts_;
};

}  // namespace teatime
