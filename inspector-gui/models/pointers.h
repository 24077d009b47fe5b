#pragma once

#include <QString>
#include <vector>

#include "moment.h"
#include "teatime/session/together.h"

namespace teatime::inspector {

/// What somebody in a session points at, for everyone.
struct Pointer {
    MemberId member;
    QString name;  ///< `Ann`, or `you`
    QString path;  ///< as its member's tree has it
    bool operator==(const Pointer&) const = default;
};

/// In one state.
struct Pointed {
    Pointer by;
    QString path;              ///< as this state's tree has it; empty: there is no such thing in it
    std::vector<Rect> places;  ///< in its picture
    bool operator==(const Pointed&) const = default;
};

/// By whom at what, as far as they are not too many; `own`: what we point at, empty for nothing.
std::vector<Pointer> pointers(const session::Company& company, MemberId self, const QString& own);

/// What is inside of `path` or that itself.
bool is_within(const QString& inner, const QString& path);

}  // namespace teatime::inspector
