#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>

#include "teatime/island/export.h"
#include "teatime/island/math.h"

namespace teatime {

/// The random numbers of an Island: xoshiro256** (Blackman and Vigna, 2018) with distributions of
/// our own, because those of <random> differ between libraries. The four words of state are all
/// there is, so a snapshot of them continues exactly. One draw takes 2 ns, exponential() 11,
/// normal() 50.
///
/// Which draw uses how many bits() is part of recordings: changing it breaks their replay.
class TEATIME_ISLAND_API Random {
public:
    using State = std::array<std::uint64_t, 4>;

    /// The same numbers for the same text (a session id) everywhere: SplitMix64 over its XXH3-128.
    static Random from_seed(std::string_view text);

    const State& state() const { return state_; }
    /// False, and nothing changed, for the one state that generates only zeros: all zero.
    [[nodiscard]] bool set_state(const State& state);

    /// 64 random bits.
    std::uint64_t bits() {
        auto rotate = [](std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); };
        std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
        std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = rotate(state_[3], 45);
        return result;
    }

    /// In [0, 1): a multiple of 2^-53.
    double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
    /// In [low, high), or low where they are equal. Rounding may reach high where the range is
    /// narrow for its place.
    double uniform(double low, double high);

    /// In [0, n), each equally likely: Lemire, "Fast Random Integer Generation in an Interval"
    /// (2019). Throws std::invalid_argument where n is 0.
    std::uint64_t below(std::uint64_t n) {
        if (n == 0) [[unlikely]] {
            nothing_to_choose_from("below(0)");
        }
        auto product = static_cast<unsigned __int128>(bits()) * n;
        if (static_cast<std::uint64_t>(product) < n) [[unlikely]] {
            const std::uint64_t threshold = (0 - n) % n;
            while (static_cast<std::uint64_t>(product) < threshold)
                product = static_cast<unsigned __int128>(bits()) * n;
        }
        return static_cast<std::uint64_t>(product >> 64);
    }

    /// In [low, high], both included. Throws std::invalid_argument where low > high.
    std::int64_t between(std::int64_t low, std::int64_t high) {
        if (low > high) [[unlikely]] {
            nothing_to_choose_from("between(low, high) with low > high");
        }
        std::uint64_t span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
        std::uint64_t step = span == UINT64_MAX ? bits() : below(span + 1);
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + step);
    }

    /// True with probability p; never for p <= 0, always for p >= 1.
    bool chance(double p) { return uniform() < p; }

    /// Box and Muller's transformation of two draws; the second value is not kept.
    double normal(double mean, double sigma);

    /// By inversion, from one draw; never infinite.
    double exponential(double mean) { return -mean * math::log(1.0 - uniform()); }

    /// A reference to an element of anything with size() and random access. Throws
    /// std::invalid_argument where it is empty.
    template <class Range>
    decltype(auto) pick(Range&& range) {
        if (std::size(range) == 0) [[unlikely]] {
            nothing_to_choose_from("pick() from an empty range");
        }
        return std::begin(range)[static_cast<std::ptrdiff_t>(below(std::size(range)))];
    }

    /// Fisher and Yates, from the end.
    template <class Range>
    void shuffle(Range&& range) {
        using std::swap;
        auto first = std::begin(range);
        for (std::size_t left = std::size(range); left > 1; --left)
            swap(first[static_cast<std::ptrdiff_t>(left - 1)],
                 first[static_cast<std::ptrdiff_t>(below(left))]);
    }

    bool operator==(const Random&) const = default;

private:
    [[noreturn]] static void nothing_to_choose_from(const char* call);

    State state_{0x180ec6d33cfd0aba, 0xd5a61266f0c9392c, 0xa9582618e03fc9aa, 0x39abdc4529b1661c};
};

}  // namespace teatime
