#include "output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "teatime/state/inspect.h"
#include "teatime/state/json.h"
#include "teatime/timegraph/recover.h"
#include "verb.h"

namespace teatime::cli {

int fail(const Error& error) {
    note(timegraph::with_advice(error));
    switch (error.kind) {
        case ErrorKind::wrong_usage:
            return kWrongUsage;
        case ErrorKind::unreadable:
        case ErrorKind::damaged:
        case ErrorKind::unavailable:
            return kUnreadable;
        case ErrorKind::failed:
            return kDiffers;
    }
    return kDiffers;
}

void note(std::string_view sentence) {
    // fmt::print would throw where nobody reads any more.
    std::string line = "teatime: " + printable(sentence) + '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
}

namespace {

int output_error = 0;  // the first errno of standard output

void remember(bool written) {
    if (!written && output_error == 0) output_error = errno;
}

}  // namespace

void print(std::string_view line) {
    remember(std::fwrite(line.data(), 1, line.size(), stdout) == line.size());
    remember(std::fputc('\n', stdout) != EOF);
}

void flush_output() {
    remember(std::fflush(stdout) == 0);
}

int end_output(int code) {
    bool told = code != kFine && output_error == 0 && std::ferror(stdout) != 0;  // by OutputFile
    flush_output();
    bool unread = output_error == EPIPE;  // as by `head`, which has all that it wants
    if (told || unread || output_error == 0) return code;
    return std::max(code, fail(failed(fmt::format("cannot write to standard output: {}",
                                                  std::strerror(output_error)))));
}

std::string printable(std::string_view text) {
    std::string safe;
    safe.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto byte = static_cast<unsigned char>(text[i]);
        bool c1_control =
            byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
        if (byte < 0x20 || byte == 0x7f) {
            safe += fmt::format("\\x{:02x}", byte);
        } else if (c1_control) {
            safe += fmt::format("\\u{:04x}", static_cast<unsigned char>(text[++i]));
        } else {
            safe += text[i];
        }
    }
    return safe;
}

std::string shown(const Value& value, std::size_t width) {
    std::string text = value.if_string() ? printable(*value.if_string()) : to_json(value);
    if (text.size() <= width) return text;
    std::size_t end = width;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return text.substr(0, end) + "...";
}

std::string counted(std::uint64_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string byte_size(std::uint64_t bytes) {
    if (bytes < 1000) return fmt::format("{} bytes", bytes);
    double size = static_cast<double>(bytes) / 1000;
    const char* unit = "kB";
    for (const char* larger : {"MB", "GB", "TB"}) {
        if (size < 1000) break;
        size /= 1000;
        unit = larger;
    }
    return fmt::format("{:.{}f} {}", size, size < 10 ? 1 : 0, unit);
}

std::string describe_payload(std::string_view payload) {
    std::string text = teatime::describe_payload(payload);
    if (!text.empty()) return printable(text);
    result<Value> value = parse_json(payload);
    if (!value) return "unreadable: " + shown(Value(payload), 60);
    return shown(*value, 60);  // encrypted: a Croquet session
}

namespace {

bool is_short(const Value& value) {
    if (!value.if_list() && !value.if_entries()) return true;
    return to_json(value).size() <= 60;
}

/// One line a value, indented by depth; what fits on a line stays there.
void print_branch(const std::string& name, const Value& value, std::size_t depth) {
    std::string indent(2 * depth, ' ');
    std::string label = name.empty() ? "" : printable(name) + ": ";
    if (is_short(value)) return print(indent + label + shown(value, 1000));
    if (!name.empty()) print(indent + printable(name) + ":");
    std::size_t inner = name.empty() ? depth : depth + 1;
    if (const Value::Entries* entries = value.if_entries()) {
        for (const auto& [key, each] : *entries) print_branch(key, each, inner);
        return;
    }
    const Value::List& list = *value.if_list();
    for (std::size_t i = 0; i < list.size(); ++i) {
        print_branch(fmt::format("[{}]", i), list[i], inner);
    }
}

}  // namespace

void print_tree(const Value& value) {
    print_branch("", value, 0);
}

ProgressLine::ProgressLine(std::string what)
    : what_(std::move(what)), terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
    if (drawn_) std::fputs("\r\x1b[K", stderr);
}

void ProgressLine::update(double fraction) {
    if (!terminal_) return;
    auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                   std::chrono::steady_clock::now().time_since_epoch())
                   .count();
    if (now - last_ms_ < 100) return;
    last_ms_ = now;
    drawn_ = true;
    std::fprintf(stderr, "\r%s %3.0f %%\x1b[K", what_.c_str(), 100 * fraction);
}

}  // namespace teatime::cli
