#pragma once

#include <QMetaType>
#include <QString>
#include <QStringList>
#include <memory>
#include <vector>

#include "teatime/replayer/timeline.h"
#include "teatime/timegraph/reader.h"

namespace teatime::inspector {

/// What is known of a recording without moving in it. Immutable, shared by all views.
struct RecordingFacts {
    QString path;
    timegraph::Reader::Info info;
    Mark begin, end;
    bool is_recording = true;    ///< else a saved Island: one point
    bool being_written = false;  ///< or its recorder crashed: it was never closed
    bool can_execute = false;
    bool can_draw = false;
    bool can_input = false;
    QString why_not_executed;  ///< a sentence for a bar
    QStringList notes;         ///< another build, gaps, damaged rows, the file is gone, ...
    QString app, code_id, module_path;

    /// A large recording opens without them: they follow.
    bool has_lists = false;
    std::vector<timegraph::KeyframeInfo> keyframes;
    std::vector<timegraph::Vote> votes;
    std::vector<timegraph::ClockPoint> clock;
    std::vector<timegraph::Bookmark> bookmarks;
    std::vector<timegraph::Branch> branches;
    std::vector<timegraph::Member> members;
    std::vector<timegraph::Gap> gaps;
    std::vector<timegraph::HandlerError> errors;
};
using FactsPtr = std::shared_ptr<const RecordingFacts>;

/// All but the lists: a few rows are read, whatever the size of the file.
RecordingFacts read_facts(const replayer::Timeline& timeline);

/// The lists, O(their rows). Those of `before` whose number of rows has not changed are taken over.
/// A damaged one stays empty, and a note tells; of keyframes those are there that are whole.
void read_lists(const timegraph::Reader& reader, RecordingFacts& facts,
                const RecordingFacts* before);

}  // namespace teatime::inspector

Q_DECLARE_METATYPE(teatime::inspector::FactsPtr)
