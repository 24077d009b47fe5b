#include "time_scale.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace teatime::inspector {
namespace {

constexpr std::int64_t kSecond = 1'000'000, kMinute = 60 * kSecond, kHour = 60 * kMinute,
                       kDay = 24 * kHour;
/// A tenth of all that 64 bits hold, 29,000 years: differences of two such times fit.
constexpr double kFarthest = 9e17;

std::int64_t saturated(double us) {
    return static_cast<std::int64_t>(std::clamp(us, -kFarthest, kFarthest));
}

double difference(VirtualTime a, VirtualTime b) {
    std::int64_t exact;
    if (!__builtin_sub_overflow(a.time_since_epoch().count(), b.time_since_epoch().count(),
                                &exact)) {
        return static_cast<double>(exact);
    }
    return static_cast<double>(a.time_since_epoch().count()) -
           static_cast<double>(b.time_since_epoch().count());
}

VirtualTime plus(VirtualTime time, double us) {
    std::int64_t exact;
    if (__builtin_add_overflow(time.time_since_epoch().count(), saturated(us), &exact)) {
        return us > 0 ? VirtualTime::max() : VirtualTime::min();
    }
    return VirtualTime(Duration(exact));
}

std::vector<std::int64_t> round_steps() {
    std::vector<std::int64_t> steps;
    for (std::int64_t power = 1; power < kSecond; power *= 10) {
        for (int digit : {1, 2, 5}) steps.push_back(digit * power);
    }
    for (std::int64_t unit : {kSecond, kMinute}) {
        for (int count : {1, 2, 5, 10, 15, 30}) steps.push_back(count * unit);
    }
    for (int count : {1, 2, 3, 6, 12}) steps.push_back(count * kHour);
    for (std::int64_t power = 1; power <= 1'000'000; power *= 10) {
        for (int digit : {1, 2, 5}) steps.push_back(digit * power * kDay);
    }
    return steps;
}

const std::vector<std::int64_t>& steps() {
    static const std::vector<std::int64_t> all = round_steps();
    return all;
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
}

/// The finest round part of `step` that still stands apart.
std::int64_t minor_step(std::int64_t step, double us_per_pixel) {
    constexpr double kPixelsApart = 7;
    for (std::int64_t minor : steps()) {
        if (minor >= step) break;
        if (step % minor == 0 && step / minor <= 10 &&
            static_cast<double>(minor) >= kPixelsApart * us_per_pixel) {
            return minor;
        }
    }
    return step;
}

}  // namespace

double TimeScale::x_of(VirtualTime time) const {
    return (difference(time, left) - left_part) / us_per_pixel;
}

VirtualTime TimeScale::time_at(double x) const {
    return plus(left, std::floor(left_part + x * us_per_pixel + 0.5));
}

void TimeScale::put_left(VirtualTime origin, double offset_us) {
    const double whole = std::floor(offset_us);
    left = plus(origin, whole);
    left_part = std::clamp(offset_us - whole, 0.0, std::nextafter(1.0, 0.0));
}

void TimeScale::zoom(double x, double factor) {
    const double finer = std::clamp(us_per_pixel * factor, kFinest, kCoarsest);
    put_left(left, left_part + x * (us_per_pixel - finer));
    us_per_pixel = finer;
}

void TimeScale::pan(double pixels) {
    put_left(left, left_part + pixels * us_per_pixel);
}

void TimeScale::fit(VirtualTime from, VirtualTime to) {
    constexpr double kMargin = 0.02;  // of the span, on either side
    const double span = std::max(difference(to, from), 1.0);
    us_per_pixel = std::clamp(span * (1 + 2 * kMargin) / std::max(width, 1), kFinest, kCoarsest);
    put_left(from, (difference(to, from) - us_per_pixel * width) / 2);
}

void TimeScale::reveal(VirtualTime time, int margin) {
    margin = std::min(margin, width / 2);
    const double x = x_of(time);
    if (x < margin) {
        pan(x - margin);
    } else if (x > width - margin) {
        pan(x - (width - margin));
    }
}

Duration ruler_step(double least_us) {
    const auto& all = steps();
    auto step = std::lower_bound(
        all.begin(), all.end(), least_us,
        [](std::int64_t step_us, double least) { return static_cast<double>(step_us) < least; });
    return Duration(step == all.end() ? all.back() : *step);
}

std::vector<Tick> ruler_ticks(const TimeScale& scale, int pixels_per_label) {
    const std::int64_t step = ruler_step(pixels_per_label * scale.us_per_pixel).count();
    const std::int64_t minor = minor_step(step, scale.us_per_pixel);
    std::vector<Tick> ticks;
    std::int64_t at = floor_div(scale.left.time_since_epoch().count(), minor) * minor;
    const std::int64_t last = scale.right().time_since_epoch().count();
    for (; at <= last; at += minor) {
        const VirtualTime time{Duration(at)};
        const double x = scale.x_of(time);
        if (x >= scale.width) break;
        if (x >= 0) {
            const bool major = at % step == 0;
            ticks.push_back(
                {x, time, major ? time_label(time, static_cast<double>(step)) : QString()});
        }
        if (at > std::numeric_limits<std::int64_t>::max() - minor) break;
    }
    return ticks;
}

QString time_label(VirtualTime time, double us_per_pixel) {
    int digits = 0;
    std::int64_t unit = kSecond;  // of the last digit
    while (digits < 6 && static_cast<double>(unit) > us_per_pixel) {
        ++digits;
        unit /= 10;
    }
    const std::int64_t exact = time.time_since_epoch().count();
    const bool negative = exact < 0;
    const std::uint64_t us =
        negative ? 0 - static_cast<std::uint64_t>(exact) : static_cast<std::uint64_t>(exact);
    const auto part = [us](std::int64_t size, std::int64_t of) {
        return static_cast<unsigned>(us / static_cast<std::uint64_t>(size) %
                                     static_cast<std::uint64_t>(of / size));
    };
    const std::uint64_t days = us / static_cast<std::uint64_t>(kDay);
    const auto two = [](unsigned number) { return QString::number(number).rightJustified(2, '0'); };

    QString text = negative ? QStringLiteral("-") : QString();
    if (days > 0) {
        text += QString::number(days) + QStringLiteral("d ") + two(part(kHour, kDay)) + ':' +
                two(part(kMinute, kHour)) + ':' + two(part(kSecond, kMinute));
    } else if (us >= static_cast<std::uint64_t>(kHour)) {
        text += QString::number(part(kHour, kDay)) + ':' + two(part(kMinute, kHour)) + ':' +
                two(part(kSecond, kMinute));
    } else if (us >= static_cast<std::uint64_t>(kMinute)) {
        text += QString::number(part(kMinute, kHour)) + ':' + two(part(kSecond, kMinute));
    } else {
        text += QString::number(part(kSecond, kMinute));
    }
    if (digits > 0) {
        text += '.' + QString::number(us % static_cast<std::uint64_t>(kSecond))
                          .rightJustified(6, '0')
                          .left(digits);
    }
    if (us < static_cast<std::uint64_t>(kMinute)) text += 's';
    return text;
}

QString mark_label(const Mark& mark) {
    const QString text = QString::fromStdString(to_string(mark));
    const QString seconds = QString::fromStdString(to_string(mark.time));
    QString time = time_label(mark.time, 1);
    if (time.endsWith('s')) return text;  // as it is
    while (time.contains('.') && (time.endsWith('0') || time.endsWith('.'))) time.chop(1);
    return QString(text).replace(seconds, time);
}

}  // namespace teatime::inspector
