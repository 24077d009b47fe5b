#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "teatime/replayer/survey.h"
#include "teatime/timegraph/reader.h"

namespace teatime::replayer {

struct ExternalSurveyOptions {
    bool follow = true;
    std::function<void()> changed;  ///< as in SurveyOptions
};

/// The external messages of a recording, counted in a thread of its own without executing anything:
/// works for any session, also a foreign one, and without the module. A first answer, from the
/// headers of the blocks alone, comes at once; who sent what follows at some million messages a
/// second.
///
/// All calls from any thread. Memory: 64 KiB for each of at most 256 senders, the others are
/// counted together as member 0, as the router's own messages are; 2 MiB of places.
class ExternalSurvey {
public:
    ExternalSurvey(std::string path, ExternalSurveyOptions options);
    ~ExternalSurvey();
    ExternalSurvey(const ExternalSurvey&) = delete;
    ExternalSurvey& operator=(const ExternalSurvey&) = delete;

    /// `executed`: messages read; `at`: up to where.
    SurveyProgress progress() const;
    std::uint64_t messages() const;  ///< in the file, read or not

    struct Sender {
        MemberId member;
        std::uint64_t count = 0;
    };
    /// In the order in which they first sent something, which stays.
    std::vector<Sender> senders() const;

    struct Columns {
        std::vector<std::vector<double>> by_sender;  ///< index in senders()
        std::vector<double> unknown;                 ///< not read yet
    };
    Columns density(VirtualTime from, VirtualTime to, std::size_t columns) const;

    /// The messages number first, first + 1, ... of the file, from 0; fewer at its end. Reads at
    /// most two blocks on the way. The reader must be of the same recording, and is used by one
    /// thread at a time.
    result<std::vector<timegraph::Message>> rows(const timegraph::Reader& reader,
                                                 std::uint64_t first, std::size_t count) const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace teatime::replayer
