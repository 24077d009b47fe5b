#pragma once

#include <map>
#include <memory>
#include <string>

#include "lanes.h"
#include "player.h"
#include "teatime/replayer/external_survey.h"
#include "teatime/replayer/survey.h"

namespace teatime::inspector {

/// What happened in a recording, found out in the background: external messages by sender from the
/// file alone, futures by selector from executing it once in a worker of its own; where the view is
/// near, single messages. Usable at once and better with time; goes on when the recording grows.
/// Used by the GUI's thread; signals come on it.
class History : public LaneSource {
    Q_OBJECT
public:
    explicit History(QObject* parent = nullptr);
    ~History() override;  ///< ends the work: at most one message, two seconds at the worst

    void open(const FactsPtr& facts, const replayer::TimelineOptions& options);
    /// The same recording, with more members or a later end.
    void set_facts(const FactsPtr& facts);
    /// Who they are, from elsewhere: a recording does not name those who came before it.
    void add_names(const std::map<MemberId, std::string>& names);
    void close();

    const std::vector<Lane>& lanes() const override;
    LaneSlice slice(std::size_t lane, const TimeScale& scale) override;
    Totals totals(const TimeScale& scale) override;
    std::optional<Place> place_of(const MessageId& id) const override;
    const Progress& progress() const override;

    /// What lists and statistics are made of; null where nothing is open, or can be executed.
    std::shared_ptr<const replayer::Survey> survey() const;
    std::shared_ptr<const replayer::ExternalSurvey> external_survey() const;

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace teatime::inspector
