#pragma once

#include "teatime/island/module.h"

namespace simulation {

/// The world that is simulated, from its file: replays load the same.
inline const teatime::Module& module() {
    static const teatime::Module& loaded = **teatime::Module::load(TEATIME_STAGE_MODULE);
    return loaded;
}

}  // namespace simulation
