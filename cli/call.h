#pragma once

#include <string>
#include <string_view>

#include "teatime/state/result.h"
#include "teatime/state/time.h"
#include "teatime/state/value.h"

namespace teatime::cli {

/// A message as people type it: `counter.add(2)`, `painter.colour("#ff8800")`, `counter.loop`.
struct Call {
    std::string target;
    std::string selector;
    Value::List arguments;
};

/// The arguments are JSON. An error shows the form and what is wrong with this text.
result<Call> parse_call(std::string_view text);

/// A line of a script: a call, `wait 200ms`, empty, or a remark after #.
struct ScriptLine {
    enum class What { nothing, call, wait };
    What what = What::nothing;
    Call call;
    Duration wait{};
};
result<ScriptLine> parse_script_line(std::string_view line);

}  // namespace teatime::cli
