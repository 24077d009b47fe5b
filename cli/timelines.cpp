#include "timelines.h"

#include <fmt/format.h>

#include "member.h"
#include "teatime/island/module.h"

namespace teatime::cli {

void TimelineArguments::add_to(Command& command) {
    add_executing_to(command);
    command.flag("--no-execute", no_execute, "Load no module: show stored states (keyframes) only");
}

void TimelineArguments::add_executing_to(Command& command) {
    add_modules(command, modules);
    command.flag("--in-process", in_process,
                 "Run the module in this process: faster, but a crash of it ends the tool");
}

namespace {

result<replayer::Timeline> open(const std::string& path, const TimelineArguments& arguments) {
    replayer::TimelineOptions options;
    options.modules = arguments.modules;
    options.in_process = arguments.in_process;
    options.execute = !arguments.no_execute;
    return replayer::Timeline::open(path, options);
}

void tell(const replayer::Timeline& timeline, const TimelineArguments& arguments,
          bool tells_why_not = false) {
    for (const std::string& line : tells_why_not ? timeline.other_notes() : timeline.notes()) {
        note(line);
    }
    if (timeline.can_execute()) ModulePaths::remember(arguments.modules);
}

}  // namespace

result<replayer::Timeline> open_timeline(const std::string& path,
                                         const TimelineArguments& arguments, bool tells_why_not) {
    auto timeline = open(path, arguments);
    if (timeline) tell(*timeline, arguments, tells_why_not);
    return timeline;
}

result<replayer::Timeline> open_executable(const std::string& path,
                                           const TimelineArguments& arguments) {
    auto timeline = open(path, arguments);
    if (!timeline) return timeline;
    if (!timeline->can_execute()) {
        return unreadable(path + " cannot be executed: " + timeline->why_not_executed());
    }
    tell(*timeline, arguments);
    return timeline;
}

result<replayer::Timeline> only_recording(result<replayer::Timeline> opened) {
    if (!opened || opened->reader() != nullptr) return opened;
    return wrong_usage(opened->path() + " is a saved Island, not a recording");
}

result<Mark> parse_moment(std::string_view text, const replayer::Timeline& timeline) {
    if (timeline.reader() != nullptr) return parse_moment(text, *timeline.reader());
    if (text == "start" || text == "end") return timeline.begin();
    auto mark = parse_mark(text);
    if (mark) return mark;
    return wrong_usage(fmt::format("\"{}\" is no moment; a saved Island has only one, {}", text,
                                   to_string(timeline.begin())));
}

replayer::Watch shown_on(ProgressLine& line, const Mark& from, const Mark& to) {
    replayer::Watch watch;
    watch.progress = [&line, from = from.time, to = to.time](const Mark& at) {
        auto whole = static_cast<double>((to - from).count());
        if (whole != 0) line.update(static_cast<double>((at.time - from).count()) / whole);
    };
    return watch;
}

Value executed_value(const replayer::ExecutedInfo& message) {
    Value::Entries entries{{"mark", to_string(message.mark)}, {"external", message.external},
                           {"order", message.order},          {"sender", message.sender.value},
                           {"target", message.target_name},   {"selector", message.selector},
                           {"arguments", message.arguments}};
    if (message.error) entries.emplace_back("error", message.error->type);
    return entries;
}

result<void> seek(replayer::Timeline& timeline, const Mark& mark) {
    ProgressLine line("rebuilding " + to_string(mark));
    const std::size_t told = timeline.other_notes().size();
    auto moved = timeline.seek(mark, shown_on(line, timeline.mark(), mark));
    const std::vector<std::string>& notes = timeline.other_notes();
    for (std::size_t i = told; i < notes.size(); ++i) note(notes[i]);  // damage on the way
    bool stored = moved && timeline.reader() && !timeline.can_execute();
    if (stored && timeline.mark() != mark && timeline.hash()) {
        note(fmt::format("shown: {}, the last stored state up to {}", to_string(timeline.mark()),
                         to_string(mark)));
    }
    return moved;
}

result<replayer::Timeline> open_at(const std::string& path, const std::string& moment,
                                   const TimelineArguments& arguments) {
    auto timeline = open_timeline(path, arguments);
    if (!timeline) return timeline;
    auto mark = parse_moment(moment, *timeline);
    if (!mark) return mark.error();
    if (auto moved = seek(*timeline, *mark); !moved) return moved.error();
    return timeline;
}

Place parse_place(const std::string& text) {
    std::size_t at = text.rfind('@');
    if (at == std::string::npos) return {text, "end"};
    return {text.substr(0, at), text.substr(at + 1)};
}

}  // namespace teatime::cli
