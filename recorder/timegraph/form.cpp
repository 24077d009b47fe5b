#include "form.h"

#include <fmt/format.h>

#include <algorithm>

#include "number_column.h"
#include "shape.h"
#include "teatime/state/inspect.h"

namespace teatime::timegraph {
namespace {

/// Takes `\"text\"` of plain ASCII from the front, as it stands in a JSON string.
bool take_name(std::string_view& rest, std::string_view& name) {
    constexpr std::string_view kQuote = "\\\"";
    if (!rest.starts_with(kQuote)) return false;
    rest.remove_prefix(kQuote.size());
    auto end = std::find_if(rest.begin(), rest.end(), [](char c) {
        auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte >= 0x80 || c == '\\' || c == '"';
    });
    name = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    rest.remove_prefix(name.size());
    if (!rest.starts_with(kQuote)) return false;
    rest.remove_prefix(kQuote.size());
    return true;
}

/// No text in which a list begins: told without decoding it.
bool is_surely_none(std::string_view payload) {
    constexpr std::string_view kBlanks = " \t\r\n";
    std::size_t quote = payload.find_first_not_of(kBlanks);
    if (quote == payload.npos || payload[quote] != '"') return true;
    std::size_t inside = payload.find_first_not_of(kBlanks, quote + 1);
    return inside == payload.npos || (payload[inside] != '[' && payload[inside] != '\\');
}

// Stand in the holes to be found again. Whether a text is JSON, and of which kinds its parts are,
// does not depend on which numbers stand there.
constexpr std::uint64_t kStandIn = 7362500000;
constexpr std::string_view kStandInBegin = "73625";

std::string with_stand_ins(std::string_view payload, std::uint64_t& holes) {
    std::string text;
    for (char c : payload) {
        if (c == kHole) {
            fmt::format_to(std::back_inserter(text), "{}", kStandIn + holes++);
        } else {
            text += c;
        }
    }
    return text;
}

}  // namespace

bool read_plain_call(const BodyDecoder::ShapeView& shape, PlainCall& call) {
    std::string_view rest = shape.payload;
    if (!rest.starts_with("\"[")) return false;
    rest.remove_prefix(2);
    if (!take_name(rest, call.target) || !rest.starts_with(',')) return false;
    rest.remove_prefix(1);
    if (!take_name(rest, call.selector)) return false;
    call.numbers = 0;
    while (shape.holes > 0 && rest.size() > 1 && rest[0] == ',' && rest[1] == kHole) {
        ++call.numbers;
        rest.remove_prefix(2);
    }
    return rest == "]\"";
}

Form Form::of_text(std::string_view payload) {
    Form form;
    if (is_surely_none(payload)) return form;
    auto call = decode_call_text(payload);
    if (!call) return form;
    form.kind = Kind::call;
    form.target = std::move(call->target);
    form.selector = std::move(call->selector);
    for (Value& each : call->arguments) form.arguments.push_back({false, 0, std::move(each)});
    return form;
}

Form Form::of(const BodyDecoder::ShapeView& shape) {
    Form form;
    if (shape.holes == 0) return of_text(shape.payload);
    form.kind = is_surely_none(shape.payload) ? Kind::other : Kind::by_text;
    if (form.kind == Kind::other) return form;
    if (shape.payload.find(kStandInBegin) != shape.payload.npos) return form;
    std::uint64_t holes = 0;
    Form stood_in = of_text(with_stand_ins(shape.payload, holes));
    std::uint64_t found = 0;
    for (Argument& each : stood_in.arguments) {
        const std::int64_t* number = each.value.if_int();
        if (!number) continue;
        std::uint64_t hole = static_cast<std::uint64_t>(*number) - kStandIn;
        if (hole >= holes) continue;
        each = {true, static_cast<std::uint32_t>(hole), {}};
        ++found;
    }
    // The others are somewhere inside of arguments, or in a text.
    bool all = stood_in.kind != Kind::call || found == holes;
    return all ? stood_in : form;
}

void FieldsMaker::forget() {
    known_.assign(decoder_.shapes(), {});
    forms_.clear();
}

void FieldsMaker::learn(std::uint32_t shape) {
    Known& known = known_[shape];
    known.how = How::known;
    BodyDecoder::ShapeView view = decoder_.shape_view(shape);
    PlainCall call;
    if (read_plain_call(view, call)) {
        known.about = {call.target, call.selector, call.numbers, call.numbers, true};
        return;
    }
    const Form& form = forms_.emplace_back(Form::of(view));
    if (form.kind == Form::Kind::by_text) known.how = How::by_text;
    known.about = about(form);
}

Fields FieldsMaker::of_text(std::string_view payload) {
    single_ = Form::of_text(payload);
    about_single_ = about(single_);
    return {about_single_, nullptr, 0};
}

Fields::About FieldsMaker::about(const Form& form) {
    return {form.target,
            form.selector,
            static_cast<std::uint32_t>(form.arguments.size()),
            0,
            form.kind == Form::Kind::call,
            &form};
}

Value Fields::argument(std::size_t i) const {
    std::size_t hole = i;
    if (i >= about_->plain_numbers) {
        const Form::Argument& argument = about_->form->arguments[i - about_->plain_numbers];
        if (!argument.is_hole) return argument.value;
        hole = argument.hole;
    }
    Decimal number = columns_[hole][row_];
    return number.scale == 0 ? Value(number.mantissa) : Value(to_real(number));
}

bool Fields::number(std::size_t i, double& value) const {
    std::size_t hole = i;
    if (i >= about_->plain_numbers) {
        const Form::Argument& argument = about_->form->arguments[i - about_->plain_numbers];
        if (!argument.is_hole) return argument.value.as_double(value);
        hole = argument.hole;
    }
    value = columns_[hole].real(row_);
    return true;
}

}  // namespace teatime::timegraph
