#pragma once

#include <QMetaType>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "teatime/island/scene.h"
#include "teatime/replayer/session.h"
#include "teatime/state/inspect.h"

namespace teatime::inspector {

/// What a recording shows at one Mark. Immutable: made by a Player's thread, shared by all views.
/// While the playhead is dragged only what costs little is there; once it rests, another Moment of
/// the same Mark follows with the rest (`complete`).
struct Moment {
    Mark mark;              ///< after the last executed message; of a stored state where `stored`
    Mark asked;             ///< where the playhead was put
    bool stored = false;    ///< nothing is executed here: the last keyframe at or before `asked`
    bool complete = false;  ///< message and changes are known as far as they ever will be
    std::optional<Hash128> hash;
    std::shared_ptr<const Image> state;    ///< null: `problem` tells why
    std::shared_ptr<const Scene> picture;  ///< null: the world draws none

    std::optional<replayer::ExecutedInfo> message;  ///< that led here; none at the begin
    std::vector<Change> changes;  ///< that it made, the first kChangesKept of them
    std::size_t changes_left_out = 0;

    std::string problem;  ///< a sentence; empty = all is well
    static constexpr std::size_t kChangesKept = 20'000;
};
using MomentPtr = std::shared_ptr<const Moment>;

}  // namespace teatime::inspector

Q_DECLARE_METATYPE(teatime::inspector::MomentPtr)
