#pragma once

#include <QString>
#include <string_view>

#include "teatime/state/image.h"

namespace teatime::inspector {

/// A message in parts, for the columns of a table.
struct CallText {
    QString target;  ///< `counter` or `#17`; empty where it is no call
    QString selector;
    QString arguments;      ///< long ones are cut
    QString whole() const;  ///< `counter.add(2)`
};

/// A pending or recorded message. Of a router's own message the selector is what it is about.
CallText call_text(const Image& image, const Image::Message& message);
/// An external one, of which only the payload is known.
CallText call_text(std::string_view payload);
/// Of a description by describe_message(), without its sender and time.
CallText split_call(std::string_view text);

/// `external 17`, `future 1234`
QString cause_text(bool external, std::uint64_t order);

}  // namespace teatime::inspector
