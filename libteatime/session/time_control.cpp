#include "teatime/session/time_control.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

#include "teatime/state/json.h"
#include "teatime/state/value.h"

namespace teatime::session {
namespace {

constexpr std::uint64_t kMostRate = 64;        // as the Croquet reference
constexpr std::uint64_t kMostPart = 1u << 26;  // 64 with six places; clocks multiply by it
constexpr std::string_view kPrefix = R"({"what":"time",)";
constexpr std::array<std::string_view, 5> kOps{"pause", "resume", "rate", "step", "until"};
constexpr std::array<std::string_view, 5> kBys{"message", "instant", "external", "duration",
                                               "mark"};

template <class Enum, std::size_t N>
bool find_name(const std::array<std::string_view, N>& names, const std::string& text, Enum& found) {
    auto at = std::find(names.begin(), names.end(), text);
    if (at == names.end()) return false;
    found = static_cast<Enum>(at - names.begin());
    return true;
}

bool whole(std::string_view text, std::uint64_t most, std::uint64_t& number) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() && number <= most;
}

const std::string* text_of(const Value& object, std::string_view key) {
    const Value* value = object.find(key);
    return value ? value->if_string() : nullptr;
}

bool has_mark(const TimeOp& op) {
    return op.op == TimeRequest::Op::until ||
           (op.op == TimeRequest::Op::step && op.by == StepBy::mark);
}

std::uint64_t number_of(const Value& object, std::string_view key) {
    const Value* value = object.find(key);
    const std::int64_t* number = value ? value->if_int() : nullptr;
    return number && *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
}

}  // namespace

Rate Rate::of(std::uint64_t num, std::uint64_t den) {
    if (num > den * kMostRate) return {static_cast<std::uint32_t>(kMostRate), 1};
    if (den > num * kMostRate) return {1, static_cast<std::uint32_t>(kMostRate)};
    std::uint64_t common = std::gcd(num, den);
    num /= common;
    den /= common;
    while (num > kMostPart || den > kMostPart) {
        num = (num + 1) / 2;
        den = (den + 1) / 2;
    }
    return {static_cast<std::uint32_t>(num), static_cast<std::uint32_t>(den)};
}

result<Rate> parse_rate(std::string_view text) {
    auto wrong = [&] {
        return wrong_usage("\"" + std::string(text.substr(0, 32)) +
                           "\" is no rate: write 0.25, 4 or 1/64, at least 1/64 and at most 64");
    };
    std::uint64_t num = 0;
    std::uint64_t den = 1;
    if (std::size_t slash = text.find('/'); slash != text.npos) {
        if (!whole(text.substr(0, slash), 1'000'000, num)) return wrong();
        if (!whole(text.substr(slash + 1), 1'000'000, den)) return wrong();
    } else {
        std::size_t point = text.find('.');
        if (!whole(text.substr(0, point), kMostRate, num)) return wrong();
        if (point != text.npos) {
            std::string_view places = text.substr(point + 1);
            std::uint64_t part = 0;
            if (places.size() > 6 || !whole(places, 999'999, part)) return wrong();
            for (std::size_t i = 0; i < places.size(); ++i) den *= 10;
            num = num * den + part;
        }
    }
    if (num == 0 || den == 0 || num > den * kMostRate || den > num * kMostRate) return wrong();
    return Rate::of(num, den);
}

std::string to_string(Rate rate) {
    if (1'000'000 % rate.den != 0) return std::to_string(rate.num) + "/" + std::to_string(rate.den);
    std::string text = std::to_string(rate.num / rate.den);
    std::uint64_t millionths = rate.num % rate.den * (1'000'000ull / rate.den);
    if (millionths == 0) return text;
    std::string places = std::to_string(1'000'000 + millionths).substr(1);
    places.erase(places.find_last_not_of('0') + 1);
    return text + "." + places;
}

std::string to_payload(const TimeOp& op) {
    std::string text(kPrefix);
    text += "\"op\":\"" + std::string(kOps[static_cast<std::size_t>(op.op)]) + "\"";
    text += ",\"id\":" + std::to_string(op.id);
    if (op.asker) text += ",\"asker\":" + std::to_string(op.asker.value);
    if (op.op == TimeRequest::Op::rate) text += ",\"rate\":\"" + to_string(op.rate) + "\"";
    if (op.op == TimeRequest::Op::step) {
        text += ",\"by\":\"" + std::string(kBys[static_cast<std::size_t>(op.by)]) + "\"";
        if (op.by == StepBy::external) text += ",\"seq\":" + std::to_string(op.external.value);
        // A text: JSON readers would take 1250.5 for a double.
        if (op.by == StepBy::duration) text += ",\"to\":\"" + to_milliseconds_text(op.to) + "\"";
    }
    if (has_mark(op)) text += ",\"mark\":\"" + to_string(op.mark) + "\"";
    return text + "}";
}

std::optional<TimeOp> parse_time_payload(std::string_view payload) {
    if (!payload.starts_with(kPrefix)) return std::nullopt;
    auto object = parse_json(payload);
    if (!object) return std::nullopt;
    TimeOp op;
    const std::string* name = text_of(*object, "op");
    if (!name || !find_name(kOps, *name, op.op)) return std::nullopt;
    op.id = number_of(*object, "id");
    op.asker = {number_of(*object, "asker")};
    if (op.op == TimeRequest::Op::rate) {
        const std::string* text = text_of(*object, "rate");
        auto rate = text ? parse_rate(*text) : result<Rate>(unreadable("no rate"));
        if (!rate) return std::nullopt;
        op.rate = *rate;
    }
    if (op.op == TimeRequest::Op::step) {
        const std::string* by = text_of(*object, "by");
        if (!by || !find_name(kBys, *by, op.by)) return std::nullopt;
        op.external = {number_of(*object, "seq")};
        if (op.by == StepBy::duration) {
            const std::string* text = text_of(*object, "to");
            auto to = text ? parse_milliseconds(*text) : result<VirtualTime>(unreadable("no time"));
            if (!to) return std::nullopt;
            op.to = *to;
        }
    }
    if (has_mark(op)) {
        const std::string* text = text_of(*object, "mark");
        auto mark = text ? parse_mark(*text) : result<Mark>(unreadable("no Mark"));
        if (!mark) return std::nullopt;
        op.mark = *mark;
    }
    return op;
}

void TimeState::apply(const TimeOp& op, VirtualTime stamped) {
    last_op = op.id;
    if (op.op != TimeRequest::Op::rate) until.reset();
    // Steps are stamped above the frozen time, which goes where the step goes.
    if (op.op != TimeRequest::Op::step || op.by == StepBy::external) time = std::max(time, stamped);
    switch (op.op) {
        case TimeRequest::Op::pause:
            paused = true;
            break;
        case TimeRequest::Op::resume:
            paused = false;
            break;
        case TimeRequest::Op::rate:
            rate = op.rate;
            break;
        case TimeRequest::Op::step:
            paused = true;  // where it ends an until
            if (op.by == StepBy::duration) time = std::max(time, op.to);
            if (op.by == StepBy::mark) time = std::max(time, op.mark.time);
            break;
        case TimeRequest::Op::until:
            paused = false;
            until = op.mark;
            break;
    }
}

}  // namespace teatime::session
