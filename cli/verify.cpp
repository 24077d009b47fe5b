#include "teatime/replayer/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "output.h"
#include "teatime/state/json.h"
#include "teatime/timegraph/verify.h"
#include "timelines.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct VerifyOptions {
    std::vector<std::string> files;
    bool require_replay = false;
    bool json = false;
    TimelineArguments timeline;
};

Value members_value(const std::vector<MemberId>& members) {
    Value::List list;
    for (MemberId member : members) list.push_back(member.value);
    return list;
}

std::string members_text(const std::vector<MemberId>& members) {
    std::string text;
    for (MemberId member : members) text += fmt::format(" {}", member.value);
    return text;
}

void print_json(const std::string& path, const timegraph::Verification& file,
                const replayer::ReplayReport& replay) {
    Value::List problems;
    for (const timegraph::Problem& problem : file.problems) {
        problems.push_back(timegraph::to_string(problem));
    }
    Value difference;
    if (replay.first_difference) {
        const replayer::Difference& first = *replay.first_difference;
        difference = Value::Entries{{"mark", to_string(first.mark)},
                                    {"keyframe", first.keyframe},
                                    {"members", members_value(first.members)},
                                    {"agreeing", members_value(first.agreeing)},
                                    {"recorded", first.recorded},
                                    {"computed", first.computed}};
    }
    print(to_json(Value::Entries{{"file", path},
                                 {"problems", problems},
                                 {"blocks", file.blocks},
                                 {"messages", file.messages},
                                 {"rows", file.rows},
                                 {"executed", replay.executed},
                                 {"why_not", replay.why_not},
                                 {"votes", replay.votes},
                                 {"votes_agree", replay.votes_agree},
                                 {"keyframes", replay.keyframes},
                                 {"keyframes_agree", replay.keyframes_agree},
                                 {"not_reached", replay.not_reached},
                                 {"first_difference", difference}}));
}

void print_text(const timegraph::Verification& file, const replayer::ReplayReport& replay) {
    for (const timegraph::Problem& problem : file.problems) {
        print("damaged: " + printable(timegraph::to_string(problem)));
    }
    if (!file.problems.empty()) {
        print(fmt::format(
            "file: damaged; {} of its messages can be read, `teatime recover` saves them",
            file.messages));
    } else {
        print(
            fmt::format("file: whole; {} messages in {} block{}, every checksum and the chain hold",
                        file.messages, file.blocks, file.blocks == 1 ? "" : "s"));
    }
    if (!replay.executed) {
        print("replay: not re-executed: " + printable(replay.why_not));
        return;
    }
    print(fmt::format("replay: {} of {} votes and {} of {} keyframes agree, {} to {}",
                      replay.votes_agree, replay.votes, replay.keyframes_agree, replay.keyframes,
                      to_string(replay.from), to_string(replay.to)));
    if (replay.not_reached) {
        print(fmt::format("replay: {} votes and keyframes lie where messages are missing",
                          replay.not_reached));
    }
    if (replay.first_difference) {
        const replayer::Difference& first = *replay.first_difference;
        std::string who = first.keyframe ? "the keyframe"
                                         : fmt::format("the vote of member{}{}",
                                                       first.members.size() == 1 ? "" : "s",
                                                       members_text(first.members));
        print(fmt::format(
            "DIFFERS first at {}: {} says {}, re-execution {}{}", to_string(first.mark), who,
            printable(first.recorded), first.computed,
            first.agreeing.empty() ? "" : " as members" + members_text(first.agreeing) + " do"));
    }
}

int verify(const std::string& path, const VerifyOptions& options) {
    auto file = timegraph::verify(path);
    if (!file) return fail(file.error());
    replayer::ReplayReport replay;
    if (file->problems.empty()) {
        auto timeline = open_timeline(path, options.timeline, true);
        if (!timeline) return fail(timeline.error());
        ProgressLine line("re-executing");
        replayer::Watch watch;
        auto whole = static_cast<double>((timeline->end().time - kSessionStart).count());
        watch.progress = [&](const Mark& at) {
            if (whole > 0)
                line.update(static_cast<double>(at.time.time_since_epoch().count()) / whole);
        };
        auto report = replayer::verify_replay(*timeline, watch);
        if (!report) return fail(report.error());
        replay = std::move(*report);
    } else {
        replay.why_not = "the file is damaged";
    }
    if (options.json) {
        print_json(path, *file, replay);
    } else {
        print_text(*file, replay);
    }
    if (!file->problems.empty() || !replay.agrees() || replay.unusable) return kDiffers;
    return options.require_replay && !replay.executed ? kDiffers : kFine;
}

int run(const VerifyOptions& options) {
    int worst = kFine;
    for (const std::string& path : options.files) {
        if (options.files.size() > 1 && !options.json) print(printable(path) + ":");
        std::fflush(stdout);  // before what is said of it on standard error
        worst = std::max(worst, verify(path, options));
    }
    return worst;
}

}  // namespace

std::function<int()> add_verify(Command& command) {
    auto options = std::make_shared<VerifyOptions>();
    command.positional("FILE", options->files, "Recordings (*.timegraph)").required();
    command.flag("--require-replay", options->require_replay,
                 "Fail where the module is not there to execute the recording again");
    command.flag("--json", options->json, "One JSON object a line, for each file");
    options->timeline.add_to(command);
    command.footer(
        "Checks the file, then executes it again and compares with every vote and "
        "keyframe.\nWhat lies behind missing messages cannot be; that is told and is no "
        "failure.\nExit code 0: all agrees, 1: damage, a difference, or a module that is there and "
        "cannot run\nthe recording, 3: unreadable; of several files the worst. Without any module "
        "only the file\nis checked; that is told, and a failure with --require-replay only.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
