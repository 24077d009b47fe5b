#pragma once

#include <map>
#include <string>

#include "teatime/island/island.h"
#include "teatime/replayer/session.h"

namespace teatime::replayer {

/// Tells messages as people read them. Some us a message.
class Describer {
public:
    explicit Describer(const Module& module);

    /// Before it is executed: it may destroy its own target. Requires: island.next().
    ExecutedInfo next(const Island& island);
    /// Adds what only executing it shows.
    void executed(const Island& island, const Executed& executed, ExecutedInfo& info) const;

private:
    Image image_;  ///< as much of one as describe_message() looks at
    std::map<std::string, std::uint32_t, std::less<>> schemas_;
};

}  // namespace teatime::replayer
