#include <fmt/format.h>

#include <memory>

#include "output.h"
#include "teatime/timegraph/reader.h"
#include "teatime/timegraph/ring.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

struct KeepOptions {
    std::string file;
    bool release = false;
};

/// Where the recording begins, as far as it can be replayed.
std::string begin_of(const std::string& file) {
    auto reader = timegraph::Reader::open(file);
    if (!reader) return {};
    auto info = reader->info();
    std::vector<Error> damaged;  // no state to begin with
    auto keyframes = reader->keyframes(&damaged);
    bool whole = !info || !info->first || info->first->seq.value <= 1;
    if (whole || !keyframes || keyframes->empty()) return "it begins as its session did";
    return "it begins at " + to_string(keyframes->front().mark);
}

int run(const KeepOptions& options) {
    if (options.release) {
        auto released = timegraph::release_ring(options.file);
        if (!released) return fail(released.error());
        print(options.file + (*released ? ": what is too old is dropped again" : " was not kept"));
        return kFine;
    }
    auto frozen = timegraph::freeze_ring(options.file);
    if (!frozen) return fail(frozen.error());
    print(fmt::format("{}: {}; {}", options.file,
                      *frozen ? "nothing more is dropped" : "it is not being recorded any more",
                      begin_of(options.file)));
    return kFine;
}

}  // namespace

std::function<int()> add_keep(Command& command) {
    auto options = std::make_shared<KeepOptions>();
    command.positional("FILE", options->file, "A recording that `serve --keep` is making")
        .required();
    command.flag("--release", options->release, "Let old parts be dropped again");
    command.footer(
        "Makes an empty file FILE.keep; as long as it is there, the recorder drops nothing. The\n"
        "recorder removes it with the recording's end.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
