#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "teatime/timegraph/layout.h"

namespace teatime::timegraph {

/// The pages of a time-graph and of the `-wal` beside it, read without SQLite, which refuses files
/// that are damaged in the wrong place. What cannot be read is zeros. Throws Failure where there is
/// no such file.
class RawPages {
public:
    /// The same page may be there several times.
    enum class View {
        committed,  ///< as SQLite would see it: up to the last commit that is whole in the -wal
        main,       ///< of the main file alone
        latest      ///< up to the last frame of the -wal, whatever is behind it
    };

    explicit RawPages(const std::string& path);
    ~RawPages();
    RawPages(const RawPages&) = delete;
    RawPages& operator=(const RawPages&) = delete;

    std::uint32_t count() const { return count_; }
    bool has_wal() const { return !latest_.empty(); }
    /// The recording was not closed, and what belongs beside it is not there.
    bool lacks_wal() const { return lacks_wal_; }
    /// The main file ends within a page.
    bool cut_off() const { return cut_off_; }
    /// The time-graph's format version; 0 where the first page is not one's.
    std::int64_t format() const;

    /// `number` is 1 for the first. Replaces `page` by its kPageSize bytes.
    void read(View view, std::uint32_t number, std::string& page) const;

private:
    using Frames = std::map<std::uint32_t, std::uint64_t>;  ///< page: where in the -wal
    void read_wal();

    int main_ = -1;
    int wal_ = -1;
    std::uint32_t count_ = 0;
    bool lacks_wal_ = false;
    bool cut_off_ = false;
    Frames committed_, latest_;
};

}  // namespace teatime::timegraph
