#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "output.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

/// Beside this program, where both are installed or built; else wherever PATH says.
std::string inspector_program() {
    std::error_code error;
    std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
    std::filesystem::path beside = self.parent_path() / "teatime-inspector";
    return !error && std::filesystem::exists(beside, error) ? beside.string() : "teatime-inspector";
}

int run(const std::vector<std::string>& arguments) {
    std::string program = inspector_program();
    std::vector<char*> words{program.data()};
    std::vector<std::string> copies = arguments;
    for (std::string& word : copies) words.push_back(word.data());
    words.push_back(nullptr);
    ::execvp(program.c_str(), words.data());
    return fail(
        unavailable(fmt::format("cannot start {}: {}; it is built unless TEATIME_INSPECTOR is OFF",
                                program, std::strerror(errno))));
}

}  // namespace

std::function<int()> add_inspect(Command& command) {
    command.leave_rest();
    command.footer(
        "What follows is for teatime-inspector: a recording, a saved Island or\n"
        "ws://host:port/session, and the options of `teatime-inspector --help`.\n"
        "Example: teatime inspect run.timegraph --at 4s --theme dark");
    return [command] { return run(command.rest()); };
}

}  // namespace teatime::cli
