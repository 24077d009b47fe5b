#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "teatime/state/result.h"
#include "teatime/timegraph/reader.h"
#include "teatime/timegraph/watch.h"

namespace teatime::timegraph {

/// How many messages came, and when most of them.
struct Rates {
    /// Messages of one name in the busiest second of virtual time, which begins at a whole one.
    struct Peak {
        std::uint64_t messages = 0, bytes = 0;
        VirtualTime at;  ///< where that second begins; of two equal ones the first
    };
    struct Entry {
        std::string name;
        std::uint64_t messages = 0;
        std::uint64_t bytes = 0;  ///< of payloads and extras, unpacked
        Peak peak;                ///< by messages
    };
    Duration length{};  ///< of virtual time
    Entry all;
    std::vector<Entry> entries;                          ///< in the order of their first messages
    static constexpr std::size_t kMostEntries = 10'000;  ///< more are `(others)`

    double per_second(std::uint64_t count) const;  ///< on average; 0 where there is no length
};

/// What messages have in common that are counted together; what has it not is named in brackets.
enum class RateBy {
    kind,      ///< `call`, `router`, `other`
    target,    ///< `counter`
    selector,  ///< `add`
    call,      ///< `counter.add`
    sender     ///< `#3`; `router`
};

/// Of the messages with from <= time <= to. O(what is inside), about 50 ns a call; memory: an entry
/// for each name.
result<Rates> rates(const Reader& reader, VirtualTime from, VirtualTime to, RateBy by,
                    const Watch& watch = {});

}  // namespace teatime::timegraph
