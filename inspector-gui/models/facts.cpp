#include "facts.h"

#include "teatime/timegraph/ring.h"

namespace teatime::inspector {
namespace {

constexpr std::size_t kDamageTold = 3;  // keyframes: a recording may have very many

/// Takes over what was read before, else reads.
void tell(RecordingFacts& facts, const Error& error) {
    const QString note = QString::fromStdString(error.message);
    if (!facts.notes.contains(note)) facts.notes.append(note);
}

template <class T, class Read>
void fill(std::vector<T>& list, bool same, const std::vector<T>* before, const Read& read,
          const timegraph::Reader& reader, RecordingFacts& facts) {
    if (same) {
        list = *before;
        return;
    }
    auto rows = read(reader);
    if (rows) {
        list = std::move(*rows);
    } else {
        tell(facts, rows.error());
    }
}

}  // namespace

RecordingFacts read_facts(const replayer::Timeline& timeline) {
    RecordingFacts facts;
    facts.path = QString::fromStdString(timeline.path());
    facts.begin = timeline.begin();
    facts.end = timeline.end();
    facts.can_execute = timeline.can_execute();
    facts.why_not_executed = QString::fromStdString(timeline.why_not_executed());
    for (const std::string& note : timeline.other_notes()) {
        facts.notes.append(QString::fromStdString(note));
    }
    if (const replayer::Code* code = timeline.code()) {
        facts.can_draw = code->can_draw;
        facts.can_input = code->can_input;
        facts.module_path = QString::fromStdString(code->path);
        facts.app = QString::fromStdString(code->app);
        facts.code_id = QString::fromStdString(code->code_id);
    }
    const timegraph::Reader* reader = timeline.reader();
    facts.is_recording = reader != nullptr;
    if (!reader) {
        facts.has_lists = true;  // there are none
        return facts;
    }
    facts.being_written = timegraph::is_being_written(timeline.path());
    auto info = reader->info();
    if (info) {
        facts.info = std::move(*info);
        facts.app = QString::fromStdString(facts.info.meta.app);
        if (facts.code_id.isEmpty()) {
            facts.code_id = QString::fromStdString(facts.info.meta.code_id);
        }
    } else {
        facts.notes.append(QString::fromStdString(info.error().message));
    }
    return facts;
}

void read_lists(const timegraph::Reader& reader, RecordingFacts& facts,
                const RecordingFacts* before) {
    using timegraph::Reader;
    if (before && !before->has_lists) before = nullptr;
    const Reader::Info* old = before ? &before->info : nullptr;
    const Reader::Info& now = facts.info;
    std::vector<Error> damaged;
    fill<timegraph::KeyframeInfo>(
        facts.keyframes, old && old->keyframes == now.keyframes,
        before ? &before->keyframes : nullptr,
        [&](const Reader& from) { return from.keyframes(&damaged); }, reader, facts);
    if (damaged.size() > kDamageTold) damaged.resize(kDamageTold);
    for (const Error& each : damaged) tell(facts, each);
    fill<timegraph::Vote>(
        facts.votes, old && old->votes == now.votes, before ? &before->votes : nullptr,
        [](const Reader& from) { return from.votes(); }, reader, facts);
    fill<timegraph::Bookmark>(
        facts.bookmarks, old && old->bookmarks == now.bookmarks,
        before ? &before->bookmarks : nullptr, [](const Reader& from) { return from.bookmarks(); },
        reader, facts);
    fill<timegraph::Branch>(
        facts.branches, old && old->branches == now.branches && old->edits == now.edits,
        before ? &before->branches : nullptr, [](const Reader& from) { return from.branches(); },
        reader, facts);
    fill<timegraph::Gap>(
        facts.gaps, old && old->gaps == now.gaps, before ? &before->gaps : nullptr,
        [](const Reader& from) { return from.gaps(); }, reader, facts);
    fill<timegraph::HandlerError>(
        facts.errors, old && old->errors == now.errors, before ? &before->errors : nullptr,
        [](const Reader& from) { return from.errors(); }, reader, facts);
    fill<timegraph::Member>(
        facts.members, false, nullptr, [](const Reader& from) { return from.members(); }, reader,
        facts);
    fill<timegraph::ClockPoint>(
        facts.clock, false, nullptr, [](const Reader& from) { return from.clock(); }, reader,
        facts);
    facts.has_lists = true;
}

}  // namespace teatime::inspector
