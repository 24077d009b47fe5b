#include "output_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "teatime/state/whole_file.h"

namespace teatime::cli {

result<OutputFile> OutputFile::create(const std::string& path) {
    if (path == "-") return OutputFile("", stdout);
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) {
        return wrong_usage(path + " exists already; choose another name");
    }
    std::string part = path + std::string(kHalfWritten);
    std::FILE* file = std::fopen(part.c_str(), "wb");
    if (file == nullptr) return failed("cannot create " + part + ": " + std::strerror(errno));
    return OutputFile(path, file);
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)), file_(std::exchange(other.file_, nullptr)) {}

OutputFile::~OutputFile() {
    if (file_ == nullptr || file_ == stdout) return;
    std::fclose(file_);
    ::unlink((path_ + std::string(kHalfWritten)).c_str());
}

Error OutputFile::cannot_write() const {
    return failed("cannot write " + (path_.empty() ? "to standard output" : path_) + ": " +
                  std::strerror(errno));
}

result<void> OutputFile::write(std::string_view bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size()) return {};
    return cannot_write();
}

result<void> OutputFile::keep() {
    if (std::fflush(file_) != 0) return cannot_write();
    if (file_ == stdout) return {};
    std::fclose(std::exchange(file_, nullptr));  // nothing is left to write
    return keep_whole_file(path_);
}

}  // namespace teatime::cli
