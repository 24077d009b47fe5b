#include "teatime/timegraph/redact.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>

#include "left_behind.h"
#include "job.h"
#include "output.h"
#include "teatime/state/json.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

constexpr std::size_t kKeyBytes = 32;

struct RedactOptions {
    std::string from;
    std::string to;
    timegraph::Redaction redaction;
    std::string key_file;
    bool json = false;
};

std::string random_key() {
    std::random_device device;
    std::string key;
    while (key.size() < kKeyBytes) key.push_back(static_cast<char>(device()));
    return key;
}

result<std::string> read_key(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string key{std::istreambuf_iterator<char>(file), {}};
    if (file.bad() || !file.is_open()) return unreadable(path + ": cannot read the key");
    if (key.size() >= kKeyBytes / 2) return key;
    return wrong_usage(fmt::format("{}: a key has at least {} bytes, else it can be guessed", path,
                                   kKeyBytes / 2));
}

void print_json(const RedactOptions& options, const timegraph::Redacted& done) {
    Value::List stay;
    for (const std::string& name : done.stay) stay.push_back(name);
    print(to_json(Value::Entries{{"file", options.to},
                                 {"values", done.values},
                                 {"places", done.places},
                                 {"messages", done.messages},
                                 {"messages_left_out", done.messages_left_out},
                                 {"states_left_out", done.states_left_out},
                                 {"files_left_out", done.files_left_out},
                                 {"stay", stay}}));
}

void print_text(const RedactOptions& options, const timegraph::Redacted& done) {
    auto left_out = [](std::uint64_t count, std::string_view what, std::string_view why) {
        if (count > 0) note(fmt::format("{} left out: {}", counted(count, what), why));
    };
    left_out(done.messages_left_out, "message", "no JSON, as in an encrypted session");
    left_out(done.states_left_out, "state", "only its own client knows what is in it");
    left_out(done.files_left_out, "file", "only its own client knows what is in it");
    for (const std::string& name : done.stay) {
        note(fmt::format("\"{}\" is also a name in the program, and stays there", printable(name)));
    }
    print(fmt::format("{}: {} replaced in {}, {}; it cannot be replayed", options.to,
                      counted(done.values, "value"), counted(done.places, "place"),
                      byte_size(std::filesystem::file_size(options.to))));
}

int run(RedactOptions& options) {
    if (options.redaction.fields.empty() && options.redaction.selectors.empty()) {
        return fail(wrong_usage("what to redact? name it by --field or --selector"));
    }
    auto key =
        options.key_file.empty() ? result<std::string>(random_key()) : read_key(options.key_file);
    if (!key) return fail(key.error());
    options.redaction.key = std::move(*key);
    tell_of_left_behind(options.from);
    auto redacted = [&] {
        Job job("redacting");
        return timegraph::redact(options.from, options.to, options.redaction, job.watch());
    }();
    if (!redacted) return fail(redacted.error());
    if (options.json) {
        print_json(options, *redacted);
    } else {
        print_text(options, *redacted);
    }
    return redacted->stay.empty() ? kFine : kDiffers;
}

}  // namespace

std::function<int()> add_redact(Command& command) {
    auto options = std::make_shared<RedactOptions>();
    command.positional("IN", options->from, "A recording (*.timegraph)").required();
    command.positional("OUT", options->to, "The recording to write").required();
    command.option("--field", options->redaction.fields, "What has this name; see below")
        .value_name("NAME");
    command.option("--selector", options->redaction.selectors,
                   "All arguments of messages with this selector");
    command
        .option("--key-file", options->key_file,
                "Bytes that make the same pseudonyms again, to be kept secret; without it random "
                "ones that are not kept")
        .value_name("FILE");
    command.flag("--json", options->json, "One JSON object");
    command.footer(
        "Puts pseudonyms in the place of texts and numbers, the same for the same value, wherever\n"
        "else that stands too: in other messages, states, names, remarks and sentences. What has\n"
        "fewer than 4 characters is replaced there as a word of its own, such a number not at "
        "all.\n"
        "NAME is the name of a field in states, or of an entry in arguments; Disc.name, or\n"
        "garden.name by an object's published name, only that one. Also members.name,\n"
        "bookmarks.author, bookmarks.comment and meta.name (the session's). Both options may be\n"
        "given several times.\n"
        "Numbers keep their kind, sign and size (0 to 127, 128 to 255, ...; a fraction its\n"
        "exponent); booleans become false. Times, ids and how many there are stay; so does what "
        "was\n"
        "computed from a value or is hidden in a text, as encrypted: name such fields, too. What\n"
        "cannot be read is left out and told. Hashes of states are replaced: the result cannot be\n"
        "replayed, its states can be looked at. IN stays as it is.\n"
        "Exit code 1: a value is also a name in the program, a class or selector, where it stays.");
    return [options] { return run(*options); };
}

}  // namespace teatime::cli
