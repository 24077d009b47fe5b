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
    std::fflush(stdout);
    net::Loop loop;
    loop.on_signal([&](int) { loop.stop(); });
    loop.run();
    (*hosting)->stop();
    return kFine;
}

}  // namespace

std::function<int()> add_serve(CLI::App& command) {
    auto options = std::make_shared<HostingOptions>();
    command.add_option("--host", options->host, "Address to listen at")->capture_default_str();
    command.add_option("--port", options->port, "0 chooses a free one")->capture_default_str();
    command
        .add_option("--record", options->record, "Record every session into a file in this folder")
        ->type_name("FOLDER");
    command
        .add_option("--files", options->files,
                    "Folder for snapshots (default: in the recording folder)")
        ->type_name("FOLDER");
    command.add_option("--modules", options->modules,
                       "A module or a folder of modules, for the recorder's own replicas; may be "
                       "repeated");
    command
        .add_option("--time", options->time,
                    "heartbeat: time runs on; lazy: only as far as a world needs it")
        ->check(CLI::IsMember({"heartbeat", "lazy"}))
        ->capture_default_str();
    command.add_option("--rate", options->rate, "Virtual seconds a second, 1/64 to 64")
        ->capture_default_str();
    command.add_option("--tick", options->tick, "Silence after which time is announced")
        ->capture_default_str();
    command
        .add_option("--votes", options->votes,
                    "Virtual time between two comparisons of all replicas; 0s = never")
        ->capture_default_str();
    command
        .add_option("--lease", options->lease,
                    "Who leads and loses the connection may come back for so long; 0s = nobody "
                    "leads, all control time")
        ->capture_default_str();
    command.add_option("--restore", options->restore,
                       "Go on from a saved Island (*.island), in the session it was saved from");
    command
        .add_option("--message-rate", options->message_rate,
                    "Messages a second that one connection may send; more closes it. 0 = any")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    command.add_flag("--allow-mixed", options->allow_mixed,
                     "Let members join with another build of the world's module");
    command.footer(
        "The first line tells the address. SIGINT or SIGTERM ends sessions and files "
        "properly.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
