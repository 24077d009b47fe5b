#include <fmt/format.h>

#include <memory>

#include "output.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

std::string option_names(const CLI::App& verb) {
    std::string names;
    for (const CLI::Option* option : verb.get_options()) {
        for (const std::string& name : option->get_lnames()) names += "--" + name + " ";
    }
    return names;
}

/// Verbs, then a verb's options after a dash, else files.
void print_bash(const CLI::App& program) {
    std::string verbs;
    std::string cases;
    for (const CLI::App* verb : program.get_subcommands([](const CLI::App*) { return true; })) {
        verbs += verb->get_name() + " ";
        cases += fmt::format("        {}) words='{}' ;;\n", verb->get_name(), option_names(*verb));
    }
    print(fmt::format(R"(_teatime() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} words=
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W '{}--help --version' -- "$current")
        return
    fi
    case ${{COMP_WORDS[1]}} in
{}    esac
    case $current in
        -*) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current") ;;
        *) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    esac
}}
complete -o filenames -F _teatime teatime)",
                      verbs, cases));
}

}  // namespace

std::function<int()> add_completion(CLI::App& command) {
    auto shell = std::make_shared<std::string>();
    command.add_option("SHELL", *shell, "bash or zsh")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh"}));
    command.footer(
        "For this shell: `eval \"$(teatime completion bash)\"`; for all: the same line in "
        "~/.bashrc.");
    return [shell, program = command.get_parent()] {
        if (*shell == "zsh") print("autoload -U +X bashcompinit && bashcompinit");
        print_bash(*program);
        return kFine;
    };
}

}  // namespace teatime::cli
