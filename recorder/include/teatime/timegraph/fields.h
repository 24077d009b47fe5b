#pragma once

#include <cstddef>
#include <cstdint>
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
    bool is_call() const { return about_->is_call; }
    // Of a call
    std::string_view target() const { return about_->target; }
    std::string_view selector() const { return about_->selector; }
    std::size_t arguments() const { return about_->arguments; }
    /// The argument as decode_call() would give it. Requires: i < arguments().
    Value argument(std::size_t i) const;
    /// The same of a number, as the double nearest to it; false where it is none. About 3 ns.
    bool number(std::size_t i, double& value) const;

private:
    friend class FieldsMaker;
    /// What all messages of a shape have in common.
    struct About {
        std::string_view target, selector;
        std::uint32_t arguments = 0;
        std::uint32_t plain_numbers = 0;  ///< the first arguments, which are the first numbers
        bool is_call = false;
        const Form* form = nullptr;  ///< of the other arguments, where there are any
    };
    Fields(const About& about, const NumberColumn* columns, std::size_t row)
        : about_(&about), columns_(columns), row_(row) {}
    const About* about_;
    const NumberColumn* columns_;  ///< null: no argument is a number of them
    std::size_t row_;              ///< where the message's stand in them
};

}  // namespace teatime::timegraph
