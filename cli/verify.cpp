#include "teatime/replayer/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "interrupt.h"
#include "job.h"
#include "output.h"
#include "teatime/state/json.h"
#include "teatime/timegraph/recover.h"
#include "teatime/timegraph/verify.h"
#include "temporary_folder.h"
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

/// A word for a shell.
std::string shell_word(const std::string& word) {
    auto plain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               std::string_view("/._-+,:@").find(c) != std::string_view::npos;
    };
    if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return word;
    std::string quoted = "'";
    for (char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

/// The command that saves what can be read.
std::string recover_command(const std::string& path) {
    std::filesystem::path to = path;
    to.replace_filename(to.stem().string() + "-recovered" + to.extension().string());
    return fmt::format("teatime recover {} {}", shell_word(path), shell_word(to.string()));
}

Value losses_value(const std::vector<timegraph::Loss>& losses) {
    Value::List list;
    for (const timegraph::Loss& loss : losses) {
        Value goes_on, resumes;
        if (loss.goes_on) {
            goes_on = Value::Entries{{"seq", loss.goes_on->seq.value},
                                     {"time", to_string(loss.goes_on->time)}};
        }
        if (loss.resumes) resumes = to_string(*loss.resumes);
        list.push_back(Value::Entries{{"first_seq", loss.first.value},
                                      {"last_seq", loss.last.value},
                                      {"from", to_string(loss.from)},
                                      {"to", to_string(loss.to)},
                                      {"goes_on", goes_on},
                                      {"replay_resumes", resumes}});
    }
    return list;
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
    print(
        to_json(Value::Entries{{"file", path},
                               {"problems", problems},
                               {"lost", losses_value(file.losses)},
                               {"recover", file.problems.empty() ? Value() : recover_command(path)},
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

void print_loss(const timegraph::Loss& loss) {
    std::string behind = "none that follows can be";
    if (loss.goes_on) {
        behind = fmt::format("they can be again from message {} at {} on", loss.goes_on->seq.value,
                             to_string(loss.goes_on->time));
    }
    std::string replay = loss.resumes
                             ? "replay goes on with the state at " + to_string(*loss.resumes)
                             : "no state follows from which replay could go on";
    print(fmt::format("lost: messages {} to {} ({} to {}) cannot be read; {}; {}", loss.first.value,
                      loss.last.value, to_string(loss.from), to_string(loss.to), behind, replay));
}

void print_damage(const std::string& path, const timegraph::Verification& file) {
    for (const timegraph::Problem& problem : file.problems) {
        print("damaged: " + printable(timegraph::to_string(problem)));
    }
    for (const timegraph::Loss& loss : file.losses) print_loss(loss);
    std::string of = file.written > 0 ? fmt::format(" of {}", file.written) : "";
    print(fmt::format("file: damaged; {}{} messages and {} can be read", file.messages, of,
                      counted(file.keyframes, "state")));
    print("to save all that is whole: " + printable(recover_command(path)));
}

void print_file(const std::string& path, const timegraph::Verification& file) {
    if (!file.problems.empty()) {
        print_damage(path, file);
    } else {
        print(
            fmt::format("file: whole; {} messages in {} block{}, every checksum and the chain hold",
                        file.messages, file.blocks, file.blocks == 1 ? "" : "s"));
    }
    flush_output();  // before what is said of its replay on standard error
}

void print_replay(const replayer::ReplayReport& replay) {
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

/// SQLite cannot even open it: then what a recovery would save, tried in a folder of its own.
int tell_rest(const std::string& path, Error error, const VerifyOptions& options) {
    bool may_hold = error.kind == ErrorKind::damaged || error.kind == ErrorKind::unreadable;
    TemporaryFolder folder;
    if (!may_hold || !folder.made()) return fail(error);
    auto rest = [&] {
        Job job("searching");
        return timegraph::recover(path, (folder.path() / "rest.timegraph").string(), job.watch());
    }();
    if (!rest || rest->rows == 0) return fail(error);
    if (error.kind == ErrorKind::unreadable) {  // it was not taken for one, and is
        error.message = path + ": its first page is damaged";
    }
    error.kind = ErrorKind::unreadable;  // what to do is told below
    Value::List lost;
    for (const timegraph::Problem& problem : rest->lost) {
        lost.push_back(timegraph::to_string(problem));
        if (!options.json) print("lost: " + printable(timegraph::to_string(problem)));
    }
    if (options.json) {
        print(to_json(Value::Entries{{"file", path},
                                     {"problems", Value::List{error.message}},
                                     {"lost", lost},
                                     {"recover", recover_command(path)},
                                     {"messages", rest->messages},
                                     {"keyframes", rest->keyframes}}));
    } else {
        print(fmt::format("file: cannot be opened; {} and {} can still be found in it",
                          counted(rest->messages, "message"), counted(rest->keyframes, "state")));
        print("to save all that is whole: " + printable(recover_command(path)));
        flush_output();
    }
    return fail(error);
}

int verify(const std::string& path, const VerifyOptions& options) {
    auto file = [&] {
        Job job("checking");
        return timegraph::verify(path, job.watch());
    }();
    if (!file) return tell_rest(path, file.error(), options);
    auto tell_file = [&] {
        if (!options.json) print_file(path, *file);
    };
    replayer::ReplayReport replay;
    if (file->problems.empty()) {
        auto timeline = open_timeline(path, options.timeline, true);
        if (!timeline) return fail(timeline.error());
        tell_file();
        Job job("re-executing");
        replayer::Watch watch;
        watch.stop = job.token();
        auto whole = static_cast<double>((timeline->end().time - kSessionStart).count());
        watch.progress = [&](const Mark& at) {
            auto done = static_cast<double>(at.time.time_since_epoch().count());
            job.update(whole > 0 ? done / whole : 0);
        };
        auto report = replayer::verify_replay(*timeline, watch);
        if (!report) return fail(report.error());
        replay = std::move(*report);
    } else {
        tell_file();
        replay.why_not = "the file is damaged";
    }
    if (options.json) {
        print_json(path, *file, replay);
    } else {
        print_replay(replay);
    }
    if (!file->problems.empty() || !replay.agrees() || replay.unusable) return kDiffers;
    return options.require_replay && !replay.executed ? kDiffers : kFine;
}

int run(const VerifyOptions& options) {
    int worst = kFine;
    for (const std::string& path : options.files) {
        if (options.files.size() > 1 && !options.json) print(printable(path) + ":");
        flush_output();  // before what is said of it on standard error
        worst = std::max(worst, verify(path, options));
        if (interrupted()) break;
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
        "Checks the file: what is damaged, which messages cannot be read any more, where they can\n"
        "be again, and from which state on replay goes on. If it is whole, executes it again and\n"
        "compares with every vote and keyframe. What lies behind missing messages cannot be; that\n"
        "is told and is no failure.\n"
        "Exit code 0: all agrees, 1: damage, a difference, or a module that is there and cannot "
        "run\n"
        "the recording, 3: unreadable; of several files the worst. Without any module only the "
        "file\n"
        "is checked; that is told, and a failure with --require-replay only.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
