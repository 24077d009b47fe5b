#pragma once

#include <functional>
#include <memory>

#include "teatime/capture/replica.h"
#include "teatime/island/module.h"
#include "teatime/session/frames.h"

namespace teatime::cli {

/// For CaptureOptions::replica: a replica in a teatime-worker for each session whose module is
/// found. The worker is started by the replica's own thread.
std::function<std::unique_ptr<capture::Replica>(const session::SessionInfo&)> worker_replicas(
    ModulePaths paths);

}  // namespace teatime::cli
