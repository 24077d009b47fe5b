#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "teatime/state/result.h"

namespace teatime::cli {

/// What a verb writes to a file, which appears when it is whole, or to standard output (`-`).
class OutputFile {
public:
    /// Refuses to overwrite.
    static result<OutputFile> create(const std::string& path);
    OutputFile(OutputFile&& other) noexcept;
    OutputFile& operator=(OutputFile&&) = delete;
    ~OutputFile();  ///< removes what was not kept

    result<void> write(std::string_view bytes);
    result<void> keep();

private:
    OutputFile(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}
    Error cannot_write() const;
    std::string path_;  ///< empty: standard output
    std::FILE* file_;
};

}  // namespace teatime::cli
