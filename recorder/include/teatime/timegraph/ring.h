#pragma once

#include <string>
#include <string_view>

#include "teatime/state/result.h"
#include "teatime/timegraph/meta_names.h"

/// A ring is a recording whose recorder drops the oldest part, so that it does not grow. Another
/// process stops that by a file beside it, at which the recorder looks before it drops anything.
namespace teatime::timegraph {

/// Of the file that freezes the ring x.timegraph: x.timegraph.keep. Empty; who deletes it lets the
/// ring go on.
inline constexpr std::string_view kKeepSuffix = ".keep";

/// From its return on nothing more is dropped. Waits up to 5 s for a drop that is under way. Of a
/// recording that is over: that is so already, and no file is made. False there.
result<bool> freeze_ring(const std::string& path);
/// Lets the recorder drop what is too old again. False: it was not frozen.
result<bool> release_ring(const std::string& path);
bool ring_is_frozen(const std::string& path);

/// A recorder is at work on it, or was cut off: there is a -wal beside it.
bool is_being_written(const std::string& path);

}  // namespace teatime::timegraph
