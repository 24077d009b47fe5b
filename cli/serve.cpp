#include <fmt/format.h>

#include <memory>

#include "hosting.h"
#include "output.h"
#include "teatime/island/module.h"
#include "teatime/net/loop.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

int run(const HostingOptions& options) {
    auto hosting = Hosting::start(options);
    if (!hosting) return fail(hosting.error());
    ModulePaths::remember(options.modules);
    print("teatime reflector at " + (*hosting)->url());
    if (!options.record.empty()) print("recording into " + options.record);
    flush_output();
    net::Loop loop;
    loop.on_signal([&](int) { loop.stop(); });
    loop.run();
    (*hosting)->stop();
    return kFine;
}

}  // namespace

std::function<int()> add_serve(Command& command) {
    auto options = std::make_shared<HostingOptions>();
    command.option("--host", options->host, "Address to listen at").show_default();
    command.option("--port", options->port, "0 chooses a free one")
        .between(0, 65535)
        .show_default();
    command.option("--record", options->record, "Record every session into a file in this folder")
        .value_name("FOLDER");
    command
        .option("--durability", options->durability,
                "interval: what was recorded is safe after --commit-every; message: before members "
                "hear of it, at the price of waiting for the disk")
        .one_of({"interval", "message"})
        .show_default();
    command
        .option("--commit-every", options->commit_every,
                "The most that a power cut takes, 1ms to 10s")
        .show_default();
    command
        .option("--quota", options->quota,
                "The most that one recording may take, with its -wal, such as 2GB; then it ends and "
                "the session goes on. 0 = any")
        .value_name("SIZE");
    command
        .option("--min-free", options->min_free,
                "With less free on the disk nothing is recorded; the session goes on")
        .value_name("SIZE")
        .show_default();
    command
        .option("--keep", options->keep,
                "Record into a ring: of what is older than 10min, or above 200MB, as much is "
                "dropped as replaying the rest does not need")
        .value_name("TIME|SIZE");
    command
        .option("--files", options->files,
                "Folder for snapshots (default: in the recording folder)")
        .value_name("FOLDER");
    command.option("--modules", options->modules,
                   "A module or a folder of modules, for the recorder's own replicas; may be "
                   "repeated");
    command
        .option("--time", options->time,
                "heartbeat: time runs on; lazy: only as far as a world needs it")
        .one_of({"heartbeat", "lazy"})
        .show_default();
    command.option("--rate", options->rate, "Virtual seconds a second, 1/64 to 64").show_default();
    command.option("--tick", options->tick, "Silence after which time is announced").show_default();
    command
        .option("--votes", options->votes,
                "Virtual time between two comparisons of all replicas; 0s = never")
        .show_default();
    command
        .option("--lease", options->lease,
                "Who leads and loses the connection may come back for so long; 0s = nobody "
                "leads, all control time")
        .show_default();
    command.option("--restore", options->restore,
                   "Go on from a saved Island (*.island), in the session it was saved from");
    command
        .option("--message-rate", options->message_rate,
                "Messages a second that one connection may send; more closes it. 0 = any")
        .not_negative()
        .show_default();
    command.flag("--allow-mixed", options->allow_mixed,
                 "Let members join with another build of the world's module");
    command.footer(
        "The first line tells the address. SIGINT or SIGTERM ends sessions and files "
        "properly.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
