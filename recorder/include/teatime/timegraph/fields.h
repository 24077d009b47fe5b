#pragma once

#include <cstddef>
#include <string_view>

#include "teatime/state/value.h"

namespace teatime::timegraph {

struct Form;
struct NumberColumn;

/// What a message says, by the columns of its recording: no text is made, and what is the same in
/// many messages is understood once a block. A view, valid as long as the cursor stays at the
/// message.
class Fields {
public:
    bool is_call() const;
    // Of a call
    std::string_view target() const;
    std::string_view selector() const;
    std::size_t arguments() const;
    /// The argument as decode_call() would give it. Requires: i < arguments().
    Value argument(std::size_t i) const;
    /// The same of a number, as the double nearest to it; false where it is none. About 3 ns.
    bool number(std::size_t i, double& value) const;

private:
    friend class FieldsMaker;
    Fields(const Form& form, const NumberColumn* columns, std::size_t row)
        : form_(&form), columns_(columns), row_(row) {}
    const Form* form_;
    const NumberColumn* columns_;  ///< of its numbers
    std::size_t row_;
};

}  // namespace teatime::timegraph
