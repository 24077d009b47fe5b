#include "byte_count.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <utility>

namespace teatime::cli {

result<std::uint64_t> parse_byte_count(std::string_view text) {
    constexpr double kMost = 1e18;
    constexpr std::pair<std::string_view, double> kUnits[] = {
        {"B", 1}, {"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}};
    if (text == "0") return 0;
    double number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
    for (auto [name, factor] : kUnits) {
        bool fits = error == std::errc() && number >= 0 && number * factor <= kMost;
        if (unit == name && fits) return static_cast<std::uint64_t>(std::llround(number * factor));
    }
    return wrong_usage(fmt::format("`{}` is no size; write 200MB, 1.5GB or 4096B", text));
}

bool is_byte_count(std::string_view text) {
    return text.ends_with('B');
}

}  // namespace teatime::cli
