#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace teatime::cli {

/// A folder of this program's own, which goes with it.
class TemporaryFolder {
public:
    TemporaryFolder()
        : path_((std::filesystem::temp_directory_path() / "teatime.XXXXXX").string()),
          made_(::mkdtemp(path_.data()) != nullptr) {}
    ~TemporaryFolder() {
        std::error_code ignored;
        if (made_) std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    bool made() const { return made_; }
    std::filesystem::path path() const { return path_; }

private:
    std::string path_;
    bool made_;
};

}  // namespace teatime::cli
