#include <fmt/format.h>

#include <memory>

#include "output.h"
#include "teatime/replayer/query.h"
#include "teatime/state/json.h"
#include "timelines.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct WhyOptions {
    std::string file;
    std::string path;
    std::string at = "end";
    std::size_t limit = 20;
    bool json = false;
    TimelineArguments timeline;
};

std::string value_text(const std::optional<Value>& value) {
    return value ? shown(*value) : "(nothing)";
}

void print_json(const WhyOptions& options, const replayer::Write& write,
                const replayer::CauseChain& chain) {
    Value::List links;
    for (const replayer::ExecutedInfo& link : chain.links) links.push_back(executed_value(link));
    print(to_json(Value::Entries{{"path", options.path},
                                 {"value", write.new_value.value_or(Value())},
                                 {"exists", write.new_value.has_value()},
                                 {"old_value", write.old_value.value_or(Value())},
                                 {"since", to_string(write.since)},
                                 {"written", write.message.has_value()},
                                 {"chain", std::move(links)},
                                 {"complete", chain.complete},
                                 {"chain_ends", chain.end}}));
}

void print_text(const WhyOptions& options, const replayer::Timeline& timeline,
                const replayer::Write& write, const replayer::CauseChain& chain) {
    std::string path = printable(options.path);
    if (!write.message) {
        bool begin = write.since == timeline.begin();
        print(fmt::format("{}: {}; no message changed it since {}, where {}", path,
                          value_text(write.new_value), to_string(write.since),
                          begin ? "the recording begins" : "messages before are missing"));
        return;
    }
    print(fmt::format("{}: {} -> {} at {}", path, value_text(write.old_value),
                      value_text(write.new_value), to_string(write.since)));
    const char* how = "written by";
    for (const replayer::ExecutedInfo& link : chain.links) {
        print(fmt::format("  {:<10}  {:>14}  {}{}", how, to_string(link.mark), printable(link.text),
                          link.error ? "  ! " + printable(link.error->type) : ""));
        how = "sent by";
    }
    if (!chain.complete) {
        print(fmt::format("  {:<10}  {}", "sent by", chain.end));
    } else if (!chain.links.back().external) {
        print(fmt::format("  {:<10}  init() of the root", "sent by"));
    }
}

int run(const WhyOptions& options) {
    auto timeline = open_executable(options.file, options.timeline);
    if (!timeline) return fail(timeline.error());
    auto at = parse_moment(options.at, *timeline);
    if (!at) return fail(at.error());
    ProgressLine line("looking back");
    replayer::Watch watch = shown_on(line, *at, timeline->begin());
    auto write = replayer::who_wrote(*timeline, options.path, *at, watch);
    if (!write) return fail(write.error());
    replayer::CauseChain chain;
    if (write->message) {
        auto found = replayer::cause_chain(*timeline, write->message->mark, options.limit, watch);
        if (!found) return fail(found.error());
        chain = std::move(*found);
    }
    if (options.json) {
        print_json(options, *write, chain);
    } else {
        print_text(options, *timeline, *write, chain);
    }
    return kFine;
}

}  // namespace

std::function<int()> add_why(Command& command) {
    auto options = std::make_shared<WhyOptions>();
    command.positional("FILE", options->file, "A recording (*.timegraph)").required();
    command
        .positional("PATH", options->path, "A field of an object: counter.count '#17.position.x'")
        .required();
    command.option("--at", options->at,
                   fmt::format("Moment at which one wonders: {}", kMomentForms));
    command.option("--limit", options->limit, "Follow the causes over so many messages").positive();
    command.flag("--json", options->json, "One JSON object");
    options->timeline.add_executing_to(command);
    command.footer(
        "Finds the last message at or before the moment that changed the field, the value before\n"
        "and after, and what sent that message, back to the external one that began it all.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
