#pragma once

#include <string>
#include <string_view>

#include "teatime/state/result.h"
#include "teatime/state/value.h"

namespace teatime::cli {

/// `teatime: <sentence>` on standard error; returns the exit code that goes with the error.
int fail(const Error& error);

/// A remark on standard error. Where nobody reads it any more it is dropped: what reports from
/// within a session must not be thrown out of its middle.
void note(std::string_view sentence);

/// A line on standard output.
void print(std::string_view line);

/// All that was printed goes out now.
void flush_output();

/// At the end of the program: the exit code, which tells where standard output could not be
/// written. That nobody reads it any more is no error.
int end_output(int code);

/// Text that came out of a recording or off the network, safe for a terminal: control characters
/// are shown as \x1b and the like. Keeps valid UTF-8.
std::string printable(std::string_view text);

/// A value for people: short text without quotes, the rest as JSON, cut at `width` columns.
std::string shown(const Value& value, std::size_t width = 100);

/// A value on standard output, a line for each part, indented by depth.
void print_tree(const Value& value);

/// `1 message`, `2 messages`.
std::string counted(std::uint64_t count, std::string_view what);

/// `1.2 MB`, `87 kB`.
std::string byte_size(std::uint64_t bytes);

/// `counter.add(2)` for the payload of a call; what the router says of members, time and so on.
std::string describe_payload(std::string_view payload);

/// Shows how far a long job is, on a terminal only, at most ten times a second; wiped at the end.
class ProgressLine {
public:
    explicit ProgressLine(std::string what);
    ~ProgressLine();
    void update(double fraction);

private:
    std::string what_;
    bool terminal_;
    std::int64_t last_ms_ = 0;
    bool drawn_ = false;
};

}  // namespace teatime::cli
