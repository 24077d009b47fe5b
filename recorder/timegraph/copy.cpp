#include "teatime/timegraph/copy.h"

#include "database.h"
#include "new_file.h"

namespace teatime::timegraph {

result<void> copy(const std::string& from, const std::string& to) {
    return guarded([&] {
        Database database(from, Database::Use::read);
        NewFile file(to);
        database.run("VACUUM INTO ?1", {Text{file.part()}});
        file.keep();
    });
}

}  // namespace teatime::timegraph
