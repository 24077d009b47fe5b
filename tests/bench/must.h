#pragma once

#include <fmt/format.h>

#include <cstdlib>
#include <type_traits>
#include <utility>

#include "teatime/state/result.h"

namespace teatime {

/// The value, or the program exits with 2, saying the error's sentence.
template <class T>
T must(result<T> outcome) {
    if (outcome) {
        if constexpr (!std::is_void_v<T>) return std::move(*outcome);
    } else {
        fmt::print(stderr, "{}\n", outcome.error().message);
        std::exit(2);
    }
    if constexpr (std::is_void_v<T>) return;
}

}  // namespace teatime
