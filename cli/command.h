#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "teatime/state/result.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace teatime::cli {

/// An option as declared, to say more about it. Belongs to the Program, as all here.
class Option {
public:
    explicit Option(CLI::Option& option) : option_(&option) {}

    Option& required();
    Option& show_default();  ///< in --help
    Option& value_name(const std::string& name);
    Option& one_of(const std::vector<std::string>& words);
    Option& between(int least, int most);
    Option& positive();
    Option& not_negative();
    Option& separated_by(char separator);  ///< for several values in one word
    Option& excludes(const Option& other);

private:
    CLI::Option* option_;
};

/// The options of a verb, or a program's own. Program::parse() stores what is given into the
/// variables, which must live until then; where nothing is given they keep what they hold.
///
/// The .cpp alone includes CLI11, which takes longer to compile than any verb.
class Command {
public:
    explicit Command(CLI::App& app, std::shared_ptr<std::vector<std::string>> rest = {})
        : app_(&app), rest_(std::move(rest)) {}

    /// `names`: "-o,--output". Value: std::string, std::uint16_t, std::uint64_t, double, or for an
    /// option with several values a vector of std::string or std::filesystem::path.
    template <class Value>
    Option option(const std::string& names, Value& value, const std::string& help);
    /// In the order in which they are declared.
    template <class Value>
    Option positional(const std::string& name, Value& value, const std::string& help) {
        return option(name, value, help);
    }
    Option flag(const std::string& names, bool& value, const std::string& help);
    void footer(const std::string& text);  ///< of its --help

    /// All words behind this verb are another program's, and kept as they are; only --help, where
    /// it comes first, is answered here.
    void leave_rest();
    const std::vector<std::string>& rest() const { return *rest_; }

    bool named() const;  ///< this verb, by the words that were parsed
    std::string name() const;
    std::vector<std::string> option_names() const;  ///< the long ones: --help, --json
    std::vector<Command> siblings() const;          ///< all verbs, this one among them

private:
    CLI::App* app_;
    std::shared_ptr<std::vector<std::string>> rest_;
};

/// The words after a program's name: its own options, and verbs where it has some.
class Program : public Command {
public:
    Program(const std::string& name, const std::string& summary, const std::string& version);

    /// Breaks descriptions in --help so that a line fits a terminal. Requires: no verb yet.
    void break_help();
    /// Where there are verbs, one of them must be named.
    Command verb(const std::string& name, const std::string& summary);
    /// False where --help or --version was asked for, and has been answered.
    result<bool> parse(int argc, const char* const* argv);

private:
    explicit Program(std::shared_ptr<CLI::App> app);

    std::shared_ptr<CLI::App> app_;
    std::shared_ptr<std::vector<std::string>> rest_ = std::make_shared<std::vector<std::string>>();
};

}  // namespace teatime::cli
