#pragma once

#include "teatime/state/schema.h"

namespace teatime {

inline Type type(Kind kind, std::string name = {}, std::vector<Type::Member> members = {}) {
    return {kind, std::move(name), 0, std::move(members), {}};
}

}  // namespace teatime
