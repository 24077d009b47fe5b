#include "teatime/timegraph/copy.h"

#include <filesystem>

#include "database.h"
#include "new_file.h"
#include "watched_statements.h"

namespace teatime::timegraph {

result<void> copy(const std::string& from, const std::string& to, const Watch& watch) {
    return guarded([&] {
        Database database(from, Database::Use::read);
        NewFile file(to);
        create_empty_file(file.part());
        auto size_of = [](const std::string& path) {
            std::error_code error;
            auto bytes = std::filesystem::file_size(path, error);
            return error ? 0.0 : static_cast<double>(bytes);
        };
        auto how_far = [&, whole = size_of(from) + size_of(from + "-wal")] {
            return size_of(file.part()) / whole;
        };
        go_on(watch, 0);
        auto copied = guarded([&] {
            WatchedStatements watched(database, watch, how_far);
            database.copy_into(file.part());
        });
        go_on(watch, 1);
        if (!copied) throw Failure{copied.error()};
        file.keep();
    });
}

}  // namespace teatime::timegraph
