#include "command.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>

namespace teatime::cli {

Option& Option::required() {
    option_->required();
    return *this;
}

Option& Option::show_default() {
    option_->capture_default_str();
    return *this;
}

Option& Option::value_name(const std::string& name) {
    option_->type_name(name);
    return *this;
}

Option& Option::one_of(const std::vector<std::string>& words) {
    option_->check(CLI::IsMember(words));
    return *this;
}

Option& Option::between(int least, int most) {
    option_->check(CLI::Range(least, most));
    return *this;
}

Option& Option::positive() {
    option_->check(CLI::PositiveNumber);
    return *this;
}

Option& Option::not_negative() {
    option_->check(CLI::NonNegativeNumber);
    return *this;
}

Option& Option::separated_by(char separator) {
    option_->delimiter(separator);
    return *this;
}

Option& Option::excludes(const Option& other) {
    option_->excludes(other.option_);
    return *this;
}

template <class Value>
Option Command::option(const std::string& names, Value& value, const std::string& help) {
    CLI::Option* option = app_->add_option(names, value, help);
    // CLI11 takes -1 for the largest.
    if constexpr (std::is_unsigned_v<Value>) {
        option->check([](const std::string& text) {
            return text.starts_with('-') ? text + " is below 0" : std::string();
        });
    }
    return Option(*option);
}

template Option Command::option(const std::string&, std::string&, const std::string&);
template Option Command::option(const std::string&, std::uint16_t&, const std::string&);
template Option Command::option(const std::string&, std::uint64_t&, const std::string&);
template Option Command::option(const std::string&, double&, const std::string&);
template Option Command::option(const std::string&, std::vector<std::string>&, const std::string&);
template Option Command::option(const std::string&, std::vector<std::filesystem::path>&,
                                const std::string&);

Option Command::flag(const std::string& names, bool& value, const std::string& help) {
    return Option(*app_->add_flag(names, value, help));
}

void Command::footer(const std::string& text) {
    app_->footer(text);
}

void Command::leave_rest() {
    app_->prefix_command();
}

bool Command::named() const {
    return app_->parsed();
}

std::string Command::name() const {
    return app_->get_name();
}

std::vector<std::string> Command::option_names() const {
    std::vector<std::string> names;
    for (const CLI::Option* option : app_->get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    return names;
}

std::vector<Command> Command::siblings() const {
    std::vector<Command> verbs;
    for (CLI::App* verb : app_->get_parent()->get_subcommands([](CLI::App*) { return true; })) {
        verbs.emplace_back(*verb);
    }
    return verbs;
}

namespace {

/// Descriptions in a column of their own, broken so that a line fits a terminal.
class BrokenHelp : public CLI::Formatter {
public:
    static constexpr std::size_t kNames = 30, kDescription = 66;
    BrokenHelp() { column_width(kNames); }
    std::string make_option_desc(const CLI::Option* option) const override {
        std::string text = CLI::Formatter::make_option_desc(option);
        for (std::size_t start = 0; text.size() - start > kDescription;) {
            std::size_t blank = text.rfind(' ', start + kDescription);
            if (blank == text.npos || blank <= start) break;
            text[blank] = '\n';
            start = blank + 1;
        }
        return text;
    }
};

}  // namespace

Program::Program(const std::string& name, const std::string& summary, const std::string& version)
    : Program(std::make_shared<CLI::App>(summary, name)) {
    app_->set_version_flag("--version", name + " " + version);
}

Program::Program(std::shared_ptr<CLI::App> app) : Command(*app), app_(std::move(app)) {}

void Program::break_help() {
    app_->formatter(std::make_shared<BrokenHelp>());
}

Command Program::verb(const std::string& name, const std::string& summary) {
    app_->require_subcommand(1);
    return Command(*app_->add_subcommand(name, summary), rest_);
}

result<bool> Program::parse(int argc, const char* const* argv) {
    std::string word = argc > 1 ? argv[1] : "", first = argc > 2 ? argv[2] : "--help";
    auto leaves_rest = [&](CLI::App* verb) {
        return verb->get_name() == word && verb->get_prefix_command();
    };
    if (first != "--help" && first != "-h" && !app_->get_subcommands(leaves_rest).empty()) {
        rest_->assign(argv + 2, argv + argc);  // CLI11 would take out `--`
        argc = 2;
    }
    try {
        app_->parse(argc, argv);
        return true;
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() != 0) return wrong_usage(error.what());
        app_->exit(error);  // prints
        return false;
    }
}

}  // namespace teatime::cli
