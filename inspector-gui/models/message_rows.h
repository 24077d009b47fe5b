#pragma once

#include <QString>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "teatime/replayer/external_survey.h"
#include "teatime/replayer/survey.h"
#include "teatime/replayer/timeline.h"
#include "teatime/timegraph/reader.h"

namespace teatime::inspector {

/// One message in texts.
struct MessageRow {
    Mark mark;  ///< after it; of an external one that was not executed its whole instant
    bool external = false;
    std::uint64_t order = 0;  ///< external: Seq
    MemberId sender;
    QString target, selector, arguments;
    QString cause;
    QString error;
    bool operator==(const MessageRow&) const = default;
};

/// Where the rows of a list come from. Opens what it needs when it is first used; used by one
/// thread at a time.
class MessageRows {
public:
    virtual ~MessageRows() = default;

    /// Fewer at the end of what is known.
    virtual result<std::vector<MessageRow>> rows(std::uint64_t first, std::size_t count,
                                                 const std::stop_token& stop) = 0;
    /// Of the message that leads to a Mark, or of the last one before; empty: none, or not yet
    /// known. `seq`: of that message, where it is external and known.
    virtual result<std::optional<std::uint64_t>> row_at(const Mark& mark, std::optional<Seq> seq,
                                                        const std::stop_token& stop) = 0;
};

/// External messages as they are recorded, without executing anything.
std::unique_ptr<MessageRows> external_rows(std::string path,
                                           std::shared_ptr<const replayer::ExternalSurvey> survey);
/// All that were executed, by executing them once more in a worker of their own.
std::unique_ptr<MessageRows> executed_rows(std::string path, replayer::TimelineOptions options,
                                           std::shared_ptr<const replayer::Survey> survey);

}  // namespace teatime::inspector
