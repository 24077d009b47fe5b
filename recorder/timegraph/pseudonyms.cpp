#include "pseudonyms.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "teatime/state/bytes.h"
#include "teatime/state/hash.h"
#include "teatime/state/json.h"

namespace teatime::timegraph {
namespace {

constexpr std::string_view kLetters = "bcdfghjklmnpqrstvwxz";  // they make no words
constexpr std::size_t kTextLetters = 13;
constexpr std::size_t kHashDigits = 32;

/// The last magnitude of each stretch: what types end with, and up to where float32 and float64
/// hold every integer.
constexpr std::array<std::uint64_t, 10> kLimits{127,
                                                255,
                                                32'767,
                                                65'535,
                                                (1u << 24) - 1,
                                                INT32_MAX,
                                                UINT32_MAX,
                                                (std::uint64_t{1} << 53) - 1,
                                                INT64_MAX,
                                                UINT64_MAX};

bool in_word(char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

std::size_t word_at(std::string_view rest) {
    return static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), in_word) -
                                    rest.begin());
}

/// An integer that is a double is the same value as the integer.
bool is_integer(double number) {
    return std::trunc(number) == number && std::abs(number) < 0x1p53;
}

/// As JSON, so that equal values are equal texts.
std::string spelled(const Value& value) {
    if (const double* number = value.if_double(); number && is_integer(*number)) {
        return std::to_string(static_cast<std::int64_t>(*number));
    }
    return to_json(value);
}

bool is_number(const Value& value) {
    return value.if_int() || value.if_uint() || value.if_double();
}

bool is_hash(std::string_view word) {
    return word.size() == kHashDigits && std::all_of(word.begin(), word.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

std::uint32_t first_bytes(std::string_view text) {
    std::uint32_t four;
    std::memcpy(&four, text.data(), sizeof four);
    return four;
}

}  // namespace

// ---- Pseudonyms -----------------------------------------------------------------------------

std::uint64_t Pseudonyms::word(std::string_view use, std::string_view of) const {
    std::string bytes;
    ByteWriter writer(bytes);
    for (std::string_view part : {std::string_view(key_), use, of}) writer.sized(part);
    Sha256 hash = sha256(bytes);
    std::uint64_t word;
    std::memcpy(&word, hash.data(), sizeof word);
    return word;
}

std::string Pseudonyms::text(std::string_view text) const {
    std::string pseudonym;
    std::uint64_t left = text.empty() ? 0 : word("text", text);
    for (std::size_t i = 0; i < kTextLetters && !text.empty(); ++i, left /= kLetters.size()) {
        pseudonym += kLetters[left % kLetters.size()];
    }
    return pseudonym;
}

std::string Pseudonyms::bytes(std::string_view bytes) const {
    std::string pseudonym;
    Sha256 seed = sha256(bytes);
    std::string block(seed.begin(), seed.end());
    for (std::uint64_t i = 0; pseudonym.size() < bytes.size(); ++i) {
        ByteWriter(pseudonym).fixed(word("bytes" + std::to_string(i), block));
    }
    pseudonym.resize(bytes.size());
    return pseudonym;
}

std::string Pseudonyms::hash(std::string_view hash) const {
    return to_string(Hash128{word("hash low", hash), word("hash high", hash)});
}

/// One of 0 to `last`, each for another: a Feistel network over the next power of four, walked
/// until it is inside (Black, Rogaway: "Ciphers with Arbitrary Finite Domains", 2002).
std::uint64_t Pseudonyms::permuted(std::uint64_t number, std::uint64_t last) const {
    int half = std::max(1, (static_cast<int>(std::bit_width(last)) + 1) / 2);
    std::uint64_t mask = (std::uint64_t{1} << half) - 1;
    std::string use = "number" + std::to_string(last);
    do {
        std::uint64_t left = number >> half, right = number & mask;
        for (int round = 0; round < 6; ++round) {
            std::string of = std::to_string(round) + "," + std::to_string(right);
            left = std::exchange(right, left ^ (word(use, of) & mask));
        }
        number = left << half | right;
    } while (number > last);
    return number;
}

std::uint64_t Pseudonyms::integer(std::uint64_t magnitude, bool negative) const {
    if (negative) --magnitude;  // -128 and 127 are the limits of one type
    auto limit = std::lower_bound(kLimits.begin(), kLimits.end(), magnitude);
    std::uint64_t first = limit == kLimits.begin() ? 0 : *std::prev(limit) + 1;
    magnitude = first + permuted(magnitude - first, *limit - first);
    return negative ? magnitude + 1 : magnitude;
}

double Pseudonyms::real(double number) const {
    auto narrow = static_cast<float>(number);
    if (double{narrow} == number && std::isnormal(narrow)) {
        constexpr std::uint32_t kMantissa = (1u << 23) - 1;
        auto bits = std::bit_cast<std::uint32_t>(narrow);
        auto mantissa = static_cast<std::uint32_t>(permuted(bits & kMantissa, kMantissa));
        return std::bit_cast<float>((bits & ~kMantissa) | mantissa);
    }
    constexpr std::uint64_t kMantissa = (std::uint64_t{1} << 52) - 1;
    auto bits = std::bit_cast<std::uint64_t>(number);
    return std::bit_cast<double>((bits & ~kMantissa) | permuted(bits & kMantissa, kMantissa));
}

Value Pseudonyms::number(const Value& number) const {
    if (const std::int64_t* held = number.if_int()) {
        bool negative = *held < 0;
        auto magnitude = static_cast<std::uint64_t>(*held);
        magnitude = integer(negative ? 0 - magnitude : magnitude, negative);
        return static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
    }
    if (const std::uint64_t* held = number.if_uint()) return integer(*held, false);
    const double* held = number.if_double();
    if (!held || !std::isfinite(*held)) return number;
    if (!is_integer(*held)) return real(*held);
    double magnitude = std::abs(*held);
    double pseudonym =
        static_cast<double>(integer(static_cast<std::uint64_t>(magnitude), *held < 0));
    return *held < 0 ? -pseudonym : pseudonym;
}

// ---- Secrets --------------------------------------------------------------------------------

void Secrets::add(const Value& value) {
    if (is_number(value)) {
        std::string text = spelled(value);
        if (!known_.insert(text).second || text.size() < kTelling) return;
        numbers_.insert(text);
        add_text(text, spelled(pseudonyms_.number(value)));
    } else if (const std::string* text = value.if_string()) {
        if (!text->empty() && known_.insert(to_json(value)).second) {
            add_text(*text, pseudonyms_.text(*text));
        }
    } else if (const Value::Bytes* bytes = value.if_bytes()) {
        if (bytes->data.empty() || !known_.insert("bytes" + bytes->data).second) return;
        add_text(bytes->data, pseudonyms_.bytes(bytes->data));
    }
}

void Secrets::add_text(const std::string& text, std::string pseudonym) {
    if (text.size() < kTelling) {
        words_.emplace(text, std::move(pseudonym));
    } else {
        texts_[first_bytes(text)].emplace(text, std::move(pseudonym));
    }
}

void Secrets::replace(Value& value) const {
    if (is_number(value)) {
        value = pseudonyms_.number(value);
    } else if (const std::string* text = value.if_string()) {
        value = pseudonyms_.text(*text);
    } else if (const Value::Bytes* bytes = value.if_bytes()) {
        value = Value::Bytes{pseudonyms_.bytes(bytes->data)};
    } else if (value.if_bool()) {
        value = false;  // of a thing of two values there is no pseudonym
    }
}

bool Secrets::clean(Value& value) const {
    if (is_number(value)) {
        if (numbers_.empty() || !numbers_.contains(spelled(value))) return false;
        value = pseudonyms_.number(value);
        return true;
    }
    const Value::Bytes* bytes = value.if_bytes();
    const std::string* held = bytes ? &bytes->data : value.if_string();
    if (!held) return false;
    std::string text = *held;
    if (!clean_text(text)) return false;
    value = bytes ? Value(Value::Bytes{std::move(text)}) : Value(std::move(text));
    return true;
}

/// The pseudonym of the secret with which `rest` begins, if it begins with one.
const std::string* Secrets::starting_at(std::string_view rest, bool word, std::size_t& size) const {
    if (rest.size() >= kTelling) {
        if (auto alike = texts_.find(first_bytes(rest)); alike != texts_.end()) {
            for (const auto& [text, pseudonym] : alike->second) {
                if (!rest.starts_with(text)) continue;
                size = text.size();
                return &pseudonym;
            }
        }
    }
    if (!word || words_.empty()) return nullptr;
    // A short one need not be of letters alone: it ends where a word may.
    for (size = std::min(rest.size(), kTelling - 1); size > 0; --size) {
        bool ends = size == rest.size() || !in_word(rest[size]) || !in_word(rest[size - 1]);
        if (!ends) continue;
        if (auto found = words_.find(std::string(rest.substr(0, size))); found != words_.end()) {
            return &found->second;
        }
    }
    return nullptr;
}

bool Secrets::clean_text(std::string& text) const {
    std::string cleaned;
    std::string_view all = text;
    std::size_t done = 0;
    for (std::size_t at = 0; at < all.size();) {
        bool word = at == 0 || !in_word(all[at - 1]) || !in_word(all[at]);
        std::string hash;
        std::size_t size = 0;
        const std::string* pseudonym = starting_at(all.substr(at), word, size);
        if (!pseudonym && word) {
            size = word_at(all.substr(at, kHashDigits + 1));
            if (is_hash(all.substr(at, size))) {
                hash = pseudonyms_.hash(all.substr(at, size));
                pseudonym = &hash;
            }
        }
        if (!pseudonym) {
            ++at;
            continue;
        }
        cleaned.append(all.substr(done, at - done)).append(*pseudonym);
        done = at += size;
    }
    if (done == 0) return false;
    text = cleaned + text.substr(done);
    return true;
}

}  // namespace teatime::timegraph
