#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "teatime/state/value.h"

namespace teatime::timegraph {

class BodyDecoder;
struct Form;

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
    /// The same of a number, as the double nearest to it; false where it is none. About 1 ns, and 3
    /// for each of the block's that are like it when the first of them is asked for.
    bool number(std::size_t i, double& value) const {
        if (i >= about_->plain_numbers) return other_number(i, value);
        if (reals_ == nullptr) read_reals();
        value = reals_[i];
        return true;
    }

private:
    friend struct Form;
    friend class FieldsMaker;
    /// What all messages of a form have in common.
    struct About {
        std::string_view target, selector;
        std::uint32_t arguments = 0;
        std::uint32_t plain_numbers = 0;  ///< the first arguments, which are the first numbers
        bool is_call = false;
    };
    Fields(const About& about, const Form& form, BodyDecoder* decoder, const double* reals)
        : about_(&about), form_(&form), decoder_(decoder), reals_(reals) {}
    void read_reals() const;
    bool other_number(std::size_t i, double& value) const;
    const About* about_;
    const Form* form_;
    BodyDecoder* decoder_;         ///< stands at the message; null: no argument is a number of it
    mutable const double* reals_;  ///< the message's numbers; null: not asked for
};

}  // namespace teatime::timegraph
