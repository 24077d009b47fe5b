#include <fmt/format.h>

#include <memory>
#include <utility>

#include "moment.h"
#include "output.h"
#include "teatime/state/json.h"
#include "teatime/timegraph/filter.h"
#include "teatime/timegraph/reader.h"
#include "teatime/timegraph/redact.h"
#include "teatime/timegraph/ring.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct InfoOptions {
    std::string file;
    bool json = false;
};
constexpr std::size_t kErrorsShown = 10;

Value to_value(const timegraph::Reader::Info& info, const Mark& begin,
               const std::vector<timegraph::Member>& members,
               const std::vector<timegraph::Gap>& gaps,
               const std::vector<timegraph::HandlerError>& errors) {
    Value::List member_list;
    for (const auto& member : members) {
        member_list.push_back(
            Value::Entries{{"id", member.id.value},
                           {"name", member.name},
                           {"role", member.role},
                           {"joined", to_string(member.joined.time)},
                           {"left", member.left ? Value(to_string(member.left->time)) : Value()}});
    }
    Value::List gap_list;
    for (const auto& gap : gaps) {
        gap_list.push_back(Value::Entries{{"after_seq", gap.after.seq.value},
                                          {"before_seq", gap.before.seq.value},
                                          {"from", to_string(gap.after.time)},
                                          {"to", to_string(gap.before.time)},
                                          {"why", gap.why}});
    }
    Value::List error_list;
    for (const auto& error : errors) {
        error_list.push_back(Value::Entries{{"mark", to_string(error.mark)},
                                            {"seq", error.seq.value},
                                            {"type", error.type},
                                            {"sentence", error.sentence}});
    }
    const std::string* filter = timegraph::filter_of(info.meta);
    auto said = [&](const char* name) {
        auto known = info.meta.more.find(name);
        return known != info.meta.more.end() ? Value(known->second) : Value();
    };
    Value ended;
    if (info.end.wall != timegraph::WallTime{}) ended = wall_text(info.end.wall);
    return Value::Entries{{"kind", info.meta.kind},
                          {"app", info.meta.app},
                          {"code_id", info.meta.code_id},
                          {"session", info.meta.session},
                          {"name", info.meta.name},
                          {"router", info.meta.router},
                          {"recorder", info.meta.recorder},
                          {"filter", filter ? Value(*filter) : Value()},
                          {"redacted", said(timegraph::kRedactedMeta)},
                          {"durability", said(timegraph::kDurability)},
                          {"committed_within", said(timegraph::kCommittedWithin)},
                          {"ring", said(timegraph::kRing)},
                          {"format", info.format},
                          {"begin", to_string(begin.time)},
                          {"end", to_string(info.end.bound)},
                          {"ended_at", ended},
                          {"messages", info.end.messages},
                          {"last_seq", info.end.last.seq.value},
                          {"source_bytes", info.end.source_bytes},
                          {"file_bytes", info.file_bytes},
                          {"blocks", info.blocks},
                          {"keyframes", info.keyframes},
                          {"votes", info.votes},
                          {"bookmarks", info.bookmarks},
                          {"branches", info.branches},
                          {"edits", info.edits},
                          {"errors", error_list},
                          {"files", info.files},
                          {"members", member_list},
                          {"gaps", gap_list}};
}

/// A Croquet client's is JSON: a text, or what its app made of it.
std::string name_of(const timegraph::Member& member) {
    auto json = parse_json(member.name);
    return json && json->if_string() ? *json->if_string() : member.name;
}

std::string durability_words(const timegraph::Meta& meta) {
    auto known = meta.more.find(timegraph::kDurability);
    if (known == meta.more.end()) return {};
    std::string words = known->second == timegraph::kEachMessage
                            ? "message: each was in the file before a member heard of it"
                            : "interval: committed every " + known->second;
    auto within = meta.more.find(timegraph::kCommittedWithin);
    if (within == meta.more.end()) return words;
    return words + "; the longest wait was " + within->second;
}

std::string ring_words(const std::string& file, const timegraph::Reader::Info& info) {
    auto known = info.meta.more.find(timegraph::kRing);
    if (known == info.meta.more.end()) return {};
    std::string words = "keeps the last " + known->second;
    if (info.first && info.first->seq.value > 1)
        words += fmt::format("; messages before {} were dropped", info.first->seq.value);
    return words + (timegraph::ring_is_frozen(file) ? "; kept: nothing more is dropped" : "");
}

std::string length_words(const Mark& begin, const timegraph::Reader::End& end) {
    Duration length = end.bound - begin.time;
    std::string from;
    if (begin.time > kSessionStart)
        from = fmt::format(", from {} to {}", to_string(begin.time), to_string(end.bound));
    std::string until = end.wall != timegraph::WallTime{} ? ", until " + wall_text(end.wall) : "";
    return fmt::format("{} of virtual time{}{}", to_string(length), from, until);
}

void print_info(const InfoOptions& options, const timegraph::Reader::Info& info, const Mark& begin,
                const std::vector<timegraph::Member>& members,
                const std::vector<timegraph::Gap>& gaps,
                const std::vector<timegraph::HandlerError>& errors) {
    auto row = [](std::string_view name, const std::string& value) {
        if (!value.empty()) print(fmt::format("{:<12}{}", name, printable(value)));
    };
    row("recording", options.file);
    row("session", fmt::format("{} ({}{})", info.meta.session, info.meta.kind,
                               info.meta.name.empty() ? "" : ", \"" + info.meta.name + "\""));
    row("app", info.meta.app);
    row("code id", info.meta.code_id);
    row("stamped by", info.meta.router);
    row("length", length_words(begin, info.end));
    row("messages",
        fmt::format("{} external, {} of payload, in {} block{}", info.end.messages,
                    byte_size(info.end.source_bytes), info.blocks, info.blocks == 1 ? "" : "s"));
    row("durability", durability_words(info.meta));
    row("ring", ring_words(options.file, info));
    row("keyframes", std::to_string(info.keyframes));
    row("votes", std::to_string(info.votes));
    if (info.files) row("files", std::to_string(info.files));
    if (info.bookmarks) row("bookmarks", std::to_string(info.bookmarks));
    if (info.branches + info.edits > 0) {
        row("branches", fmt::format("{}, with {}; only the trunk is replayed", info.branches,
                                    counted(info.edits, "edit")));
    }
    row("size", byte_size(info.file_bytes));
    std::size_t viewers = 0;
    const char* name = "members";
    for (const auto& member : members) {
        if (member.role == "viewer") {  // tools, mostly: one for each `teatime time`
            ++viewers;
            continue;
        }
        row(std::exchange(name, ""),
            fmt::format("{}{} {}, from {}{}", member.id.value,
                        member.name.empty() ? "" : " " + name_of(member), member.role,
                        to_string(member.joined.time),
                        member.left ? " to " + to_string(member.left->time) : ""));
    }
    if (viewers) {
        bool all = viewers == members.size();
        row(name, fmt::format("{}{} who only looked", all ? "" : "and ",
                              std::to_string(viewers) + (all ? "" : " more")));
    }
    if (!errors.empty()) row("errors", std::to_string(errors.size()));
    for (std::size_t i = 0; i < errors.size() && i < kErrorsShown; ++i) {
        row("", fmt::format("{}  {}: {}", to_string(errors[i].mark), errors[i].type,
                            errors[i].sentence));
    }
    if (errors.size() > kErrorsShown) {
        row("", fmt::format("and {} more; --json has them all", errors.size() - kErrorsShown));
    }
    if (const std::string* redacted = timegraph::redacted_of(info.meta)) {
        row("redacted", *redacted + "; cannot be replayed");
    }
    if (const std::string* filter = timegraph::filter_of(info.meta)) {
        row("filtered", "only messages for which " + *filter + " holds; cannot be replayed");
        return;  // the one gap says the same
    }
    for (const auto& gap : gaps) {
        if (gap.before.seq == next(gap.after.seq)) {
            row("GAP", fmt::format("from {} on, what came after message {} is not known: {}",
                                   to_string(gap.before.time), gap.after.seq.value, gap.why));
            continue;
        }
        row("GAP", fmt::format("from {} to {}, messages {} to {} are missing: {}",
                               to_string(gap.after.time), to_string(gap.before.time),
                               gap.after.seq.value + 1, gap.before.seq.value - 1, gap.why));
    }
}

int run(const InfoOptions& options) {
    auto recording = timegraph::Reader::open(options.file);
    if (!recording) return fail(recording.error());
    auto info = recording->info();
    if (!info) return fail(info.error());
    auto begin = begin_of(*recording, *info);
    if (!begin) return fail(begin.error());
    auto members = recording->members();
    if (!members) return fail(members.error());
    auto gaps = recording->gaps();
    if (!gaps) return fail(gaps.error());
    auto errors = recording->errors();
    if (!errors) return fail(errors.error());
    if (options.json) {
        print(to_json(to_value(*info, *begin, *members, *gaps, *errors)));
    } else {
        print_info(options, *info, *begin, *members, *gaps, *errors);
    }
    return kFine;
}

}  // namespace

std::function<int()> add_info(Command& command) {
    auto options = std::make_shared<InfoOptions>();
    command.positional("FILE", options->file, "A recording (*.timegraph)").required();
    command.flag("--json", options->json, "One JSON object");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
