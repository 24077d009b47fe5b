#pragma once

#include <optional>
#include <string>

#include "command.h"
#include "teatime/state/expression.h"

namespace teatime::cli {

/// --where of verbs that look for messages, with help that teaches the language.
class Where {
public:
    Option add_to(Command& command, const std::string& help);
    /// Without --where what holds for every message. An error is told here, with a line that points
    /// to its place; empty then.
    std::optional<Expression> read() const;

private:
    std::string text_ = "true";
};

/// For the footer of a verb's --help.
extern const char* const kExpressionHelp;

}  // namespace teatime::cli
