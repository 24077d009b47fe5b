#include <fmt/format.h>

#include <memory>

#include "output.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

/// Verbs, then a verb's options after a dash, else files.
void print_bash(const std::vector<Command>& commands) {
    std::string verbs;
    std::string cases;
    for (const Command& verb : commands) {
        verbs += verb.name() + " ";
        cases += fmt::format("        {}) words='{} ' ;;\n", verb.name(),
                             fmt::join(verb.option_names(), " "));
    }
    print(fmt::format(R"(_teatime() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} words= found
    case ${{COMP_WORDS[1]}} in
{}    esac
    case $COMP_CWORD,$current in
        1,*) found=$(compgen -W '{}--help --version' -- "$current") ;;
        *,-*) found=$(compgen -W "$words" -- "$current") ;;
        *) found=$(compgen -f -- "$current") ;;
    esac
    COMPREPLY=()
    [ -z "$found" ] || mapfile -t COMPREPLY <<< "$found"
}}
complete -o filenames -F _teatime teatime)",
                      cases, verbs));
}

}  // namespace

std::function<int()> add_completion(Command& command) {
    auto shell = std::make_shared<std::string>();
    command.positional("SHELL", *shell, "bash or zsh").required().one_of({"bash", "zsh"});
    command.footer(
        "For this shell: `eval \"$(teatime completion bash)\"`; for all: the same line in "
        "~/.bashrc.");
    return [shell, command] {
        if (*shell == "zsh") print("autoload -U +X bashcompinit && bashcompinit");
        print_bash(command.siblings());
        return kFine;
    };
}

}  // namespace teatime::cli
