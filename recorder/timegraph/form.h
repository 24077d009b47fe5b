#pragma once

#include <cstdint>
#include <deque>
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

/// What messages say that are no plain calls, as far as their numbers do not decide it.
struct Form {
    enum class Kind : std::uint8_t {
        call,
        other,   ///< no call
        by_text  ///< numbers stand where they may mean something else: ask each message
    };
    struct Argument {
        bool is_hole = false;
        std::uint32_t hole = 0;
        Value value{};
    };
    Kind kind = Kind::other;
    std::string target, selector;
    std::vector<Argument> arguments;

    /// About 3 us, less for what is no call.
    static Form of(const BodyDecoder::ShapeView& shape);
    static Form of_text(std::string_view payload);
};

/// The fields of the messages of a body, one after the other. Requires: the decoder outlives it.
class FieldsMaker {
public:
    explicit FieldsMaker(BodyDecoder& decoder) : decoder_(decoder) {}
    void restart() { stale_ = true; }  ///< the decoder was opened anew
    /// Of the message at hand, whose text `text` makes if that is needed. Requires: load(). About
    /// 0.1 us for a shape's first, where it is a plain call.
    template <class Text>
    Fields fields(Text&& text) {
        if (std::exchange(stale_, false)) forget();
        const Known& known = known_[decoder_.shape()];
        if (known.how == How::not_asked) learn(decoder_.shape());
        if (known.how == How::known) return {known.about, decoder_.columns(), decoder_.row()};
        return of_text(text());
    }

private:
    enum class How : std::uint8_t { not_asked, known, by_text };
    struct Known {
        Fields::About about;
        How how = How::not_asked;
    };
    void forget();
    void learn(std::uint32_t shape);
    Fields of_text(std::string_view payload);
    static Fields::About about(const Form& form);

    BodyDecoder& decoder_;
    bool stale_ = true;
    std::vector<Known> known_;  ///< by shape
    std::deque<Form> forms_;    ///< of shapes that are no plain calls
    Form single_;               ///< of one message
    Fields::About about_single_;
};

}  // namespace teatime::timegraph
