#include "teatime/island/random.h"

#include <stdexcept>
#include <string>

#include "teatime/state/hash.h"

namespace teatime {
namespace {

/// Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014): what the authors
/// of xoshiro256** recommend to fill its state.
std::uint64_t split_mix(std::uint64_t& state) {
    std::uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

}  // namespace

Random Random::from_seed(std::string_view text) {
    Hash128 seed = hash_bytes(text);
    Random random;
    State state;
    for (std::size_t i = 0; i < 4; ++i) state[i] = split_mix(i < 2 ? seed.low : seed.high);
    if (state != State{}) random.state_ = state;  // all zero would stay so: see set_state
    return random;
}

bool Random::set_state(const State& state) {
    if (state == State{}) return false;
    state_ = state;
    return true;
}

// Not inline: a module compiled without -ffp-contract=off would fuse these operations.
double Random::uniform(double low, double high) {
    return low + (high - low) * uniform();
}

double Random::normal(double mean, double sigma) {
    double radius = math::sqrt(-2.0 * math::log(1.0 - uniform()));
    return mean + sigma * (radius * math::cos(math::kTau * uniform()));
}

void Random::nothing_to_choose_from(const char* call) {
    throw std::invalid_argument(std::string("Random::") + call + " has nothing to choose from");
}

}  // namespace teatime
