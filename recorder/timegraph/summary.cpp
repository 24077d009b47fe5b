#include "summary.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "form.h"
#include "head.h"
#include "shape.h"
#include "teatime/state/bytes.h"
#include "teatime/state/hash.h"
#include "teatime/state/inspect.h"
#include "teatime/state/json.h"

namespace teatime::timegraph {
namespace {

constexpr std::size_t kHeadBytes = 1 + 8 + 1;  // version, check, kinds

/// Shapes of a block are decoded, to be sure that they are calls, as far as this goes: where
/// numbers alone differ there are few, and each costs 2 us. The rest is only looked at.
constexpr std::size_t kMaxDecoded = 1024;

enum KindBit : std::uint8_t { kCalls = 1, kRouters = 2, kOthers = 4 };
constexpr std::pair<KindBit, const char*> kKindNames[] = {{kCalls, message_kind::kCall},
                                                          {kRouters, message_kind::kRouter},
                                                          {kOthers, message_kind::kOther}};

enum class SetForm : std::uint8_t { unknown, exact, filter };

constexpr double kBitsPerValue = 12;
constexpr double kWorstFilter = 0.5;  // part of wrong hits
constexpr std::uint8_t kMaxHashes = 16;

/// Calls `each` for every bit of a key: double hashing (Kirsch, Mitzenmacher: "Less Hashing, Same
/// Performance", 2006).
template <class Each>
void each_bit(std::string_view key, std::uint8_t hashes, std::size_t bits, Each each) {
    Hash128 hash = hash_bytes(key);
    for (std::uint8_t i = 0; i < hashes; ++i) {
        each((hash.low + i * (hash.high | 1)) % bits);
    }
}

std::string key_of(std::uint64_t number) {
    std::string key;
    ByteWriter(key).fixed(number);
    return key;
}
std::string_view key_of(std::string_view text) {
    return text;
}

/// Ascending, each once.
template <class T>
std::vector<T> sorted(std::vector<T> values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
}

template <class Values>
std::string filter(const Values& values, std::size_t room) {
    auto n = static_cast<double>(values.size());
    std::size_t bytes = std::min(room, static_cast<std::size_t>(std::ceil(n * kBitsPerValue / 8)));
    double bits = static_cast<double>(bytes) * 8;
    auto hashes = static_cast<std::uint8_t>(
        std::clamp(std::round(bits / n * std::numbers::ln2), 1.0, double{kMaxHashes}));
    double wrong = std::pow(1 - std::exp(-hashes * n / bits), hashes);
    if (bytes == 0 || !(wrong <= kWorstFilter)) return {};
    std::string field(bytes, 0);
    for (const auto& value : values) {
        each_bit(key_of(value), hashes, bytes * 8,
                 [&](std::size_t bit) { field[bit / 8] |= static_cast<char>(1 << bit % 8); });
    }
    std::string out;
    ByteWriter writer(out);
    writer.fixed(static_cast<std::uint8_t>(SetForm::filter));
    writer.fixed(hashes);
    writer.fixed(static_cast<std::uint16_t>(bytes));
    writer.raw(field);
    return out;
}

std::string exact(const std::vector<std::uint64_t>& numbers) {
    std::string out(1, static_cast<char>(SetForm::exact));
    ByteWriter writer(out);
    writer.varint(numbers.size());
    std::uint64_t before = 0;
    for (std::uint64_t number : numbers) writer.varint(number - std::exchange(before, number));
    return out;
}
std::string exact(const std::vector<std::string_view>& texts) {
    std::string out(1, static_cast<char>(SetForm::exact));
    ByteWriter writer(out);
    writer.varint(texts.size());
    for (std::string_view text : texts) {
        writer.varint(text.size());
        writer.raw(text);
    }
    return out;
}

/// The exact form where it fits in, else a filter that does, else nothing.
template <class Values>
std::string fitted(const Values& values, std::string all, std::size_t room) {
    constexpr std::size_t kFilterHead = 4;
    if (all.size() <= room) return all;
    std::string some = room > kFilterHead ? filter(values, room - kFilterHead) : std::string();
    return some.empty() ? std::string(1, static_cast<char>(SetForm::unknown)) : some;
}

std::string_view without_blanks(std::string_view text) {
    std::size_t first = text.find_first_not_of(" \t\r\n");
    return first == text.npos ? std::string_view() : text.substr(first);
}

/// Takes `\"text\"` of which nothing is escaped from the front, as it stands in a JSON string.
bool take_plain(std::string_view& rest, std::string_view& text) {
    constexpr std::string_view kQuote = "\\\"";
    if (!rest.starts_with(kQuote)) return false;
    rest.remove_prefix(kQuote.size());
    auto end = std::find_if(rest.begin(), rest.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == '\\' || c == '"';
    });
    text = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    rest.remove_prefix(text.size());
    if (!rest.starts_with(kQuote)) return false;
    rest.remove_prefix(kQuote.size());
    return true;
}

std::size_t count_numbers(const Value& value) {
    if (const Value::List* list = value.if_list()) {
        return std::transform_reduce(list->begin(), list->end(), std::size_t{0}, std::plus<>(),
                                     count_numbers);
    }
    if (const Value::Entries* entries = value.if_entries()) {
        return std::transform_reduce(entries->begin(), entries->end(), std::size_t{0},
                                     std::plus<>(),
                                     [](const auto& entry) { return count_numbers(entry.second); });
    }
    return value.if_int() || value.if_uint() || value.if_double() ? 1 : 0;
}

/// A payload as far as a summary asks.
struct Said {
    std::uint8_t kind = kOthers;
    std::string target, selector;
    std::size_t numbers = 0;
};

Said understand(std::string_view payload) {
    Said said;
    auto json = parse_json(payload);
    if (!json) return said;
    if (router_message(*json)) {
        said.kind = kRouters;
        said.numbers = count_numbers(*json);
    } else if (auto call = decode_call(*json)) {
        said = {kCalls, std::move(call->target), std::move(call->selector),
                count_numbers(Value(std::move(call->arguments)))};
    }
    return said;
}

std::string filled(std::string_view payload, std::string_view with) {
    std::string text;
    for (char c : payload) c == kHole ? text.append(with) : text.append(1, c);
    return text;
}

}  // namespace

std::uint64_t BlockHead::check(std::string_view bytes) const {
    RowCheck sum(Table::blocks);
    for (const Cell& each :
         {Cell(id), cell(branch), cell(first.time), cell(first.seq), cell(last.time),
          cell(last.seq), Cell(static_cast<std::int64_t>(n)), Cell(Blob{bytes})}) {
        sum.add(each);
    }
    return static_cast<std::uint64_t>(sum.value());
}

void SummaryMaker::add_shape(std::string_view payload, std::size_t holes) {
    constexpr std::uint8_t kAllButCalls = kRouters | kOthers;
    bool may_be_call = payload.empty() || payload[0] == '"' || payload[0] <= ' ';
    if (!may_be_call && (kinds_ & kAllButCalls) == kAllButCalls) return;  // nothing to learn
    PlainCall plain;
    if (read_plain_call({payload, holes}, plain)) {
        kinds_ |= kCalls;
        return add_call(plain.target, plain.selector);
    }
    decoded_ += payload.size();
    if (decoded_ <= kMaxDecoded && add_decoded(payload, holes)) return;
    add_scanned(payload);
}

/// True where all messages of the shape say the same but for numbers. A number in the middle of a
/// text is a hole as well: then it is null that is no number there.
bool SummaryMaker::add_decoded(std::string_view payload, std::size_t holes) {
    Said said = understand(holes == 0 ? std::string(payload) : filled(payload, "0"));
    if (holes > 0) {
        if (said.kind == kOthers) return false;  // perhaps only with these numbers
        holes = static_cast<std::size_t>(std::count(payload.begin(), payload.end(), kHole));
        Said without = understand(filled(payload, "null"));
        if (without.kind != said.kind || said.numbers != without.numbers + holes) return false;
    }
    kinds_ |= said.kind;
    if (said.kind != kCalls) return true;
    add_call(decoded_texts_.emplace_back(std::move(said.target)),
             decoded_texts_.emplace_back(std::move(said.selector)));
    return true;
}

void SummaryMaker::add_call(std::string_view target, std::string_view selector) {
    targets_.push_back(target);
    if (selectors_.empty() || selectors_.back() != selector) selectors_.push_back(selector);
}

/// By how it begins: what it may be, whatever comes then.
void SummaryMaker::add_scanned(std::string_view payload) {
    kinds_ |= kOthers;
    std::string_view rest = without_blanks(payload);
    if (rest.starts_with('{')) kinds_ |= kRouters;
    if (!rest.starts_with('"')) return;
    rest = without_blanks(rest.substr(1));
    if (!rest.starts_with('[') && !rest.starts_with('\\')) return;  // the text in quotes is no list
    kinds_ |= kCalls;
    std::string_view target, selector;
    auto take = [&](char c) {
        bool there = rest.starts_with(c);
        if (there) rest.remove_prefix(1);
        return there;
    };
    bool plain = take('[') && take_plain(rest, target) && take(',') && take_plain(rest, selector) &&
                 (take(',') || take(']'));
    if (plain) {
        add_call(target, selector);
    } else {
        calls_known_ = false;
    }
}

std::string SummaryMaker::encode(const BlockHead& head, std::size_t limit) const {
    limit = std::min(limit, kMaxSummary);
    auto senders = sorted(senders_);
    auto targets = sorted(targets_), selectors = sorted(selectors_);
    std::string all[] = {exact(senders), exact(targets), exact(selectors)};
    std::array<std::size_t, 3> order{0, 1, 2};
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return all[a].size() < all[b].size(); });
    std::array<std::string, 3> sets;
    std::size_t room = limit > kHeadBytes ? limit - kHeadBytes : 0;
    for (std::size_t i = 0; i < order.size(); ++i) {  // the small ones leave room to the large ones
        std::size_t share = room / (order.size() - i);
        std::string& set = sets[order[i]];
        if (order[i] == 0) {
            set = fitted(senders, all[0], share);
        } else if (calls_known_) {
            set = fitted(order[i] == 1 ? targets : selectors, all[order[i]], share);
        } else {
            set.assign(1, static_cast<char>(SetForm::unknown));
        }
        room -= std::min(room, set.size());
    }
    std::string content(1, static_cast<char>(kinds_));
    for (const std::string& set : sets) content += set;
    std::string out;
    ByteWriter writer(out);
    writer.fixed(kSummaryVersion);
    writer.fixed(head.check(content));
    writer.raw(content);
    return out;
}

std::optional<Summary> Summary::read(const BlockHead& head, std::string_view bytes) {
    ByteReader reader(bytes);
    auto version = reader.fixed<std::uint8_t>();
    auto check = reader.fixed<std::uint64_t>();
    std::string_view content = reader.raw(reader.left());
    if (!reader.ok() || version != kSummaryVersion || bytes.size() > kMaxSummary ||
        head.check(content) != check) {
        return std::nullopt;
    }
    Summary summary(head);
    if (!summary.read(content)) return std::nullopt;
    return summary;
}

Summary::Summary(const SummaryMaker& maker)
    : MessageGroup({VirtualTime::min(), {0}}, {VirtualTime::max(), {~std::uint64_t{0}}}) {
    set_kinds(maker.kinds_);
    senders_.exact = true;
    for (auto each : sorted(maker.senders_)) senders_.values.emplace_back(each);
    targets_.exact = selectors_.exact = maker.calls_known_;
    for (auto each : sorted(maker.targets_)) targets_.values.emplace_back(each);
    for (auto each : sorted(maker.selectors_)) selectors_.values.emplace_back(each);
    if (only_calls_) return;
    targets_.values.emplace_back();
    selectors_.values.emplace_back();
}

void Summary::set_kinds(std::uint8_t kinds) {
    for (const auto& [bit, name] : kKindNames) {
        if (kinds & bit) kinds_.values.emplace_back(name);
    }
    kinds_.exact = kinds < 2 * kOthers;
    only_calls_ = kinds == kCalls;
}

bool Summary::read(std::string_view bytes) {
    ByteReader reader(bytes);
    set_kinds(reader.fixed<std::uint8_t>());
    for (Set* set : {&senders_, &targets_, &selectors_}) {
        bool texts = set != &senders_;
        auto form = static_cast<SetForm>(reader.fixed<std::uint8_t>());
        if (form == SetForm::filter) {
            set->hashes = reader.fixed<std::uint8_t>();
            set->bits = reader.raw(reader.fixed<std::uint16_t>());
            if (set->hashes == 0 || set->hashes > kMaxHashes || set->bits.empty()) return false;
        } else if (form == SetForm::exact) {
            set->exact = true;
            std::uint64_t number = 0;
            for (std::uint64_t left = reader.varint(); left > 0 && reader.ok(); --left) {
                std::uint64_t next = reader.varint();
                number += next;
                set->values.push_back(texts ? Value(reader.raw(next)) : Value(number));
            }
            if (texts && !only_calls_) set->values.emplace_back();
        } else if (form != SetForm::unknown) {
            return false;
        }
    }
    return reader.done();
}

const Summary::Set* Summary::set_of(MessageField field) const {
    switch (field) {
        case MessageField::kind:
            return &kinds_;
        case MessageField::sender:
            return &senders_;
        case MessageField::target:
            return &targets_;
        case MessageField::selector:
            return &selectors_;
        default:
            return nullptr;
    }
}

const std::vector<Value>* Summary::values(MessageField field) const {
    const Set* set = set_of(field);
    return set && set->exact ? &set->values : nullptr;
}

bool Summary::may_have(MessageField field, const Value& value) const {
    const Set* set = set_of(field);
    if (!set) return true;
    if (value.is_null()) return set == &senders_ ? false : !only_calls_;
    if (set->hashes == 0) return true;
    std::string key;
    if (const std::string* text = value.if_string()) {
        key = *text;
    } else if (const std::int64_t* number = value.if_int(); number && *number >= 0) {
        key = key_of(static_cast<std::uint64_t>(*number));
    } else {
        return true;  // a number written in another way
    }
    bool all = true;
    each_bit(key, set->hashes, set->bits.size() * 8, [&](std::size_t bit) {
        all = all && (static_cast<unsigned char>(set->bits[bit / 8]) >> bit % 8 & 1);
    });
    return all;
}

}  // namespace teatime::timegraph
