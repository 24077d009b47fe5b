#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "teatime/state/value.h"

namespace teatime::timegraph {

/// A pseudonym for each value: the same for the same value and key, and without the key nothing
/// that tells the value. Different values get different ones, but for an accident in 2^50.
class Pseudonyms {
public:
    /// `key`: any bytes; who has them can try out values.
    explicit Pseudonyms(std::string key) : key_(std::move(key)) {}

    /// 13 letters, however long the text is; nothing of nothing.
    std::string text(std::string_view text) const;
    /// Of the same kind. Fits each type that the number fits: an integer stays between the same
    /// limits of types (0 to 127, 128 to 255, to 32767, ...), any other number keeps sign and
    /// exponent. Infinities and what is no number stay; a float32 from 2^24 on is rounded.
    Value number(const Value& number) const;
    /// As many.
    std::string bytes(std::string_view bytes) const;
    /// 32 hex digits.
    std::string hash(std::string_view hash) const;

private:
    std::uint64_t word(std::string_view use, std::string_view of) const;
    std::uint64_t permuted(std::uint64_t number, std::uint64_t last) const;
    std::uint64_t integer(std::uint64_t magnitude, bool negative) const;
    double real(double number) const;
    std::string key_;
};

/// Values that must not be found again, and their pseudonyms.
class Secrets {
public:
    explicit Secrets(Pseudonyms pseudonyms) : pseudonyms_(std::move(pseudonyms)) {}

    /// Shorter texts are secret as whole words only, shorter numbers only where they are asked for:
    /// else a 3 would be one wherever anything is 3.
    static constexpr std::size_t kTelling = 4;

    void add(const Value& value);
    /// Puts the pseudonym in the place of a value that is secret where it stands.
    void replace(Value& value) const;
    /// Of any other value: where it is secret, or a text in which there is a secret. False:
    /// neither, and it is as it was. O(size).
    bool clean(Value& value) const;
    bool clean_text(std::string& text) const;

    std::size_t count() const { return known_.size(); }
    const Pseudonyms& pseudonyms() const { return pseudonyms_; }

private:
    void add_text(const std::string& text, std::string pseudonym);
    const std::string* starting_at(std::string_view rest, bool word, std::size_t& size) const;

    Pseudonyms pseudonyms_;
    std::unordered_set<std::string> known_;    ///< as JSON
    std::unordered_set<std::string> numbers_;  ///< that are secret everywhere, as JSON
    std::unordered_map<std::string, std::string> words_;
    std::unordered_map<std::uint32_t, std::map<std::string, std::string, std::greater<>>> texts_;
    ///< by their first bytes, of two that begin alike the longer one first
};

}  // namespace teatime::timegraph
