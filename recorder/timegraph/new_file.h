#pragma once

#include <string>

#include "teatime/timegraph/watch.h"

namespace teatime::timegraph {

/// A file that appears under its name when it is whole and on disk, or not at all: it is written
/// beside it, synced and renamed. Throws Failure.
class NewFile {
public:
    /// Refuses to overwrite.
    explicit NewFile(const std::string& path);
    ~NewFile();  ///< removes what was not kept
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;

    const std::string& part() const { return part_; }  ///< where to write it
    void keep();

private:
    std::string path_;
    std::string part_;
};

/// Throws Failure where it is there already, or cannot be made.
void create_empty_file(const std::string& path);

/// Throws Failure where the job was ended.
void go_on(const Watch& watch, double fraction);

}  // namespace teatime::timegraph
