#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "body_decoder.h"
#include "teatime/state/value.h"
#include "teatime/timegraph/fields.h"

namespace teatime::timegraph {

/// A call as this project writes it, with numbers as its only arguments: nearly all messages.
struct PlainCall {
    std::string_view target, selector;
    std::uint32_t numbers = 0;  ///< arguments: the shape's first holes, in order
};
/// About 50 ns. False where it takes more to say what the messages are.
bool read_plain_call(const BodyDecoder::ShapeView& shape, PlainCall& call);

/// What the messages of a shape say, as far as their numbers do not decide it.
struct Form {
    enum class Kind : std::uint8_t {
        not_asked,
        call,
        other,   ///< no call
        by_text  ///< numbers stand where they may mean something else: ask each message
    };
    struct Argument {
        bool is_hole = false;
        std::uint32_t hole = 0;
        Value value{};
    };
    Kind kind = Kind::not_asked;
    bool is_plain = false;
    PlainCall plain;  ///< in the body's bytes; its numbers are the first arguments
    std::string decoded_target, decoded_selector;
    std::vector<Argument> arguments;  ///< the others

    /// Views of this, which must stay where it is.
    Fields::About about() const;

    /// About 0.1 us for most calls, 3 us for other shapes. Looks at the payload's bytes.
    static Form of(const BodyDecoder::ShapeView& shape);
    static Form of_text(std::string_view payload);
};

/// The fields of the messages of a body, one after the other. Requires: the decoder outlives it.
class FieldsMaker {
public:
    explicit FieldsMaker(BodyDecoder& decoder) : decoder_(decoder) {}
    void restart() { stale_ = true; }  ///< the decoder was opened anew
    /// Of the message at hand, whose text `text` makes if that is needed. Requires: load().
    template <class Text>
    Fields fields(Text&& text) {
        if (std::exchange(stale_, false)) forget();
        Known& known = forms_[decoder_.shape()];
        if (known.form.kind == Form::Kind::not_asked)
            known.learn(Form::of(decoder_.shape_view(decoder_.shape())));
        if (known.form.kind != Form::Kind::by_text) {
            return {known.about, known.form, &decoder_, decoder_.reals_if_read()};
        }
        single_.learn(Form::of_text(text()));
        return {single_.about, single_.form, nullptr, nullptr};
    }

private:
    struct Known {
        Fields::About about;  // what is asked of each message, and the form's kind, stand together
        Form form;
        void learn(Form of);
    };
    void forget();
    BodyDecoder& decoder_;
    bool stale_ = true;
    std::vector<Known> forms_;  ///< by shape
    Known single_;              ///< of one message
};

}  // namespace teatime::timegraph
