// What-if branches: of the time-graph's tables, those that only tell of them.
#include <fmt/format.h>

#include "database.h"
#include "head.h"
#include "teatime/timegraph/reader.h"
#include "writer_impl.h"

namespace teatime::timegraph {
namespace {

Edit edit_in(const Query& query) {
    return {.what = query.string(2),
            .seq = {query.number(3)},
            .time = time_in(query, 4),
            .n = query.number(5),
            .sender = {query.number(6)},
            .path = query.string(7),
            .payload = query.string(8),
            .extra = query.string(9)};
}

}  // namespace

result<std::vector<Branch>> Reader::branches() const {
    return guarded([&] {
        ReadTransaction transaction(*database_);
        std::vector<Branch> branches;
        {
            Query query(*database_, "SELECT * FROM branches ORDER BY id");
            while (query.next_checked(Table::branches)) {
                Branch branch{{query.number(0)}, mark_in(query, 1), wall_in(query, 4), {}, {}};
                branch.name = query.string(5);
                // Parents are older rows; a file that says otherwise would lead in circles.
                if (query.integer(1) < 0 || branch.fork.branch >= branch.id) {
                    database_->damaged(
                        fmt::format("branch {} has no proper parent", branch.id.value));
                }
                branches.push_back(std::move(branch));
            }
        }
        Query query(*database_, "SELECT * FROM edits ORDER BY id");
        while (query.next_checked(Table::edits)) {
            const BranchId of{query.number(1)};
            auto branch = std::lower_bound(branches.begin(), branches.end(), of,
                                           [](const Branch& b, BranchId id) { return b.id < id; });
            if (branch == branches.end() || branch->id != of) {
                database_->damaged(fmt::format("edit {} is of branch {}, which is missing",
                                               query.integer(0), of.value));
            }
            branch->edits.push_back(edit_in(query));
        }
        return branches;
    });
}

result<BranchId> Writer::branch(const Branch& branch) {
    Impl& impl = *impl_;
    const Cell row = impl.id(Table::branches);
    const BranchId id{static_cast<std::uint64_t>(std::get<std::int64_t>(row))};
    if (branch.fork.branch >= id) {
        return wrong_usage(fmt::format("{}: there is no branch {} to branch off from", impl.path,
                                       branch.fork.branch.value));
    }
    auto written = impl.change([&] {
        impl.insert(Table::branches,
                    {row, cell(branch.fork.branch), cell(branch.fork.time),
                     cell_of_n(branch.fork.n), cell(branch.made), Text{branch.name}});
        for (const Edit& edit : branch.edits) {
            impl.insert(Table::edits,
                        {impl.id(Table::edits), cell(id), Text{edit.what}, cell(edit.seq),
                         cell(edit.time), cell_of_n(edit.n), cell(edit.sender), Text{edit.path},
                         Blob{edit.payload}, Blob{edit.extra}});
        }
    });
    if (!written) return written.error();
    return id;
}

}  // namespace teatime::timegraph
