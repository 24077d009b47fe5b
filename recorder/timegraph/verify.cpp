#include "teatime/timegraph/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <sstream>
#include <tuple>

#include "block.h"
#include "body_decoder.h"
#include "database.h"
#include "gaps.h"
#include "head.h"
#include "keyframe_row.h"
#include "meta_names.h"
#include "teatime/timegraph/reader.h"
#include "watched_statements.h"
#include "zstd_frame.h"

namespace teatime::timegraph {
namespace {

// Of the time that a check takes, roughly: after SQLite's own, and after each row's.
constexpr double kStructureChecked = 0.3, kRowsChecked = 0.6;

/// One walk over a file. Every step puts what it finds on the list and goes on.
class Verifier {
public:
    Verifier(Database& database, const Watch& watch) : database_(database), watch_(watch) {}
    Verification run();

private:
    void check_structure();
    void check_indexes();
    void check_rows(Table table, RowSum expected);
    void check_blocks();
    void check_tail();
    void check_body(Problem where, std::string_view data, std::uint64_t raw_len, std::uint64_t n,
                    Stamp first, Stamp last);
    void check_keyframes();
    bool check_image(Problem where, const Query& query);
    void check_files();
    void check_branches();
    void check_end();
    void lost(Stamp first, Stamp last);
    void find_resumes();
    void join_problems();

    void add(Problem where, std::string what) {
        where.what = std::move(what);
        found_.problems.push_back(std::move(where));
    }
    /// Runs a step; that SQLite cannot read on is a problem of `where`.
    template <class Step>
    void attempt(const Problem& where, Step&& step) {
        auto done = guarded(step);
        if (watch_.stop.stop_requested()) throw Failure{failed("interrupted")};
        if (done) return;
        std::string why = done.error().message;
        std::string path = database_.path() + ": ";
        add(where, why.starts_with(path) ? why.substr(path.size()) : why);
    }

    /// So much of what lies between two parts of the whole.
    void reached(double from, double to, std::uint64_t done, std::uint64_t all) {
        if (done > all) return;  // damaged
        how_far_ = from + (to - from) * static_cast<double>(done) / static_cast<double>(all);
    }

    Database& database_;
    const Watch& watch_;
    std::atomic<double> how_far_ = 0;
    Head head_;
    std::uint64_t rows_ = 0;  ///< that head_ counts
    Gaps gaps_;
    bool dropped_ = false;  ///< the oldest blocks were
    Stamp last_;            ///< of the message before
    std::uint64_t source_bytes_ = 0;
    std::vector<KeyframeInfo> states_;  ///< that can be read
    bool losing_ = false;               ///< no message was read since the last loss
    std::string body_;
    Image image_;  ///< of keyframe image_id_; 0 = none
    std::int64_t image_id_ = 0;
    Verification found_;
};

std::string_view name_of(Table table) {
    return kTables[static_cast<std::size_t>(table)].name;
}

std::string hex(std::string_view bytes) {
    return to_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

Problem problem_in(Table table, std::int64_t row = 0) {
    return {std::string(name_of(table)), row, {}, {}, {}};
}

void describe(Problem& problem, Stamp first, Stamp last) {
    problem.from = first.time;
    problem.to = last.time;
    problem.first = first.seq;
    problem.last = last.seq;
}

Verification Verifier::run() {
    WatchedStatements watched(database_, watch_, [this] { return how_far_.load(); });
    ReadTransaction transaction(database_);  // everything from one commit
    attempt({}, [&] { check_structure(); });
    attempt({}, [&] { check_indexes(); });
    attempt(problem_in(Table::head), [&] { head_ = read_head(database_); });
    for (const RowSum& sum : head_.checks) rows_ += sum.rows;
    for (std::size_t i = 0; i < kTables.size(); ++i) {
        auto table = static_cast<Table>(i);
        RowSum expected = head_.sum(table);
        attempt(problem_in(table), [&] { check_rows(table, expected); });
    }
    attempt(problem_in(Table::gaps), [&] {
        Query query(database_, "SELECT * FROM gaps");
        while (query.next()) gaps_.add(gap_in(query));
    });
    attempt(problem_in(Table::blocks), [&] { check_blocks(); });
    attempt(problem_in(Table::tail), [&] { check_tail(); });
    attempt(problem_in(Table::keyframes), [&] { check_keyframes(); });
    attempt(problem_in(Table::files), [&] { check_files(); });
    attempt(problem_in(Table::branches), [&] { check_branches(); });
    check_end();
    found_.keyframes = states_.size();
    find_resumes();
    join_problems();
    return std::move(found_);
}

void Verifier::lost(Stamp first, Stamp last) {
    if (first.seq > last.seq) return;
    bool adjacent = losing_ && !found_.losses.empty();
    if (!adjacent) found_.losses.push_back({first.seq, last.seq, first.time, last.time, {}, {}});
    Loss& loss = found_.losses.back();
    loss.last = std::max(loss.last, last.seq);
    loss.to = std::max(loss.to, last.time);
    losing_ = true;
}

void Verifier::find_resumes() {
    for (Loss& loss : found_.losses) {
        for (const KeyframeInfo& state : states_) {
            bool behind = state.seq >= loss.last && (!loss.resumes || state.mark < *loss.resumes);
            if (behind) loss.resumes = state.mark;
        }
    }
}

/// All that is wrong with a row in one, and nothing twice.
void Verifier::join_problems() {
    std::vector<Problem> joined;
    std::map<std::pair<std::string, std::int64_t>, std::size_t> places;
    std::set<std::pair<std::string, std::string>> told;
    for (Problem& problem : found_.problems) {
        if (problem.row == 0 && !told.emplace(problem.table, problem.what).second) continue;
        auto [place, added] = places.emplace(std::pair(problem.table, problem.row), joined.size());
        if (added || problem.row == 0) {
            joined.push_back(std::move(problem));
            continue;
        }
        Problem& same = joined[place->second];
        same.what += "; " + problem.what;
        if (!same.from) same.from = problem.from;
        if (!same.to) same.to = problem.to;
        if (!same.first) std::tie(same.first, same.last) = std::pair(problem.first, problem.last);
    }
    found_.problems = std::move(joined);
}

/// The full check: quick_check would not compare indexes with their tables, and readers go by them.
void Verifier::check_structure() {
    Query query(database_, "PRAGMA integrity_check(20)");
    while (query.next()) {
        if (query.bytes(0) == "ok") continue;
        std::istringstream lines(query.string(0));  // one for each page, under a title
        for (std::string line; std::getline(lines, line);) {
            if (!line.starts_with("***")) add({}, line);
        }
    }
}

/// Readers take what stands in an index from there. SQLite's own check lets one pass whose largest
/// integer was turned into a NaN, so each is compared with its table here.
void Verifier::check_indexes() {
    for (const TableLayout& index : kIndexes) {
        std::string_view on = index.create.substr(index.create.find(" ON ") + 4);
        std::string_view table = on.substr(0, on.find('('));
        std::string_view columns = on.substr(table.size() + 1, on.find(')') - table.size() - 1);
        std::string differs;
        for (std::string_view rest = columns; !rest.empty();) {
            std::string_view column = rest.substr(0, rest.find(','));
            rest.remove_prefix(std::min(rest.size(), column.size() + 1));
            column.remove_prefix(column.find_first_not_of(' '));
            differs +=
                fmt::format("{}t.{} IS NOT i.{}", differs.empty() ? "" : " OR ", column, column);
        }
        Query query(database_,
                    fmt::format("SELECT i.id FROM (SELECT id, {0} FROM {1} INDEXED BY {2}) i "
                                "JOIN {1} t NOT INDEXED ON t.id = i.id WHERE {3} LIMIT 20",
                                columns, table, index.name, differs)
                        .c_str());
        while (query.next()) {
            Problem problem;
            problem.table = table;
            problem.row = query.integer(0);
            add(std::move(problem), fmt::format("the index {} has another key", index.name));
        }
    }
}

void Verifier::check_rows(Table table, RowSum expected) {
    RowSum sum;
    Query query(database_, fmt::format("SELECT * FROM {}", name_of(table)).c_str());
    while (query.next()) {
        ++found_.rows;
        ++sum.rows;
        reached(kStructureChecked, kRowsChecked, found_.rows, rows_);
        sum.sum += query.number(query.columns() - 1);
        if (!query.check_fits(table))
            add(problem_in(table, query.integer(0)), "the row is damaged");
    }
    if (table == Table::head) return;  // it does not count itself
    if (sum.rows != expected.rows) {
        add(problem_in(table), fmt::format("{} rows, {} were written", sum.rows, expected.rows));
    } else if (sum != expected) {
        add(problem_in(table), "the rows are not those that were written");
    }
}

void Verifier::check_blocks() {
    std::string start(64, '0');  // a recording whose first blocks were dropped begins elsewhere
    {
        Query query(database_, "SELECT value FROM meta WHERE name = ?1 ORDER BY id DESC",
                    {Text{kChainStart}});
        dropped_ = query.next();
        if (dropped_) start = query.string(0);
    }
    std::string chain = start;  // the hash that the next block must name, in hex
    Query query(database_, "SELECT * FROM blocks WHERE branch = 0 ORDER BY last_seq");
    while (query.next()) {
        BlockRow row(query);
        ++found_.blocks;
        Problem where = problem_in(Table::blocks, row.id);
        describe(where, row.first, row.last);
        if (hex(row.hash) != to_hex(row.compute_hash())) {
            add(where, "the block's hash does not fit its content");
        }
        if (hex(row.previous) != chain) add(where, "the chain is broken before this block");
        chain = hex(row.hash);
        check_body(std::move(where), row.data, row.raw_len, row.n, row.first, row.last);
    }
}

void Verifier::check_tail() {
    Query query(database_, "SELECT * FROM tail WHERE branch = 0 ORDER BY id");
    while (query.next()) {
        TailRow row(query);
        Problem where = problem_in(Table::tail, row.id);
        describe(where, row.first, row.last);
        if (static_cast<std::uint64_t>(row.id) != row.last.seq.value) {
            add(where, "its id is not its last seq");
        }
        check_body(std::move(where), row.data, row.raw_len, row.n, row.first, row.last);
    }
}

void Verifier::check_body(Problem where, std::string_view data, std::uint64_t raw_len,
                          std::uint64_t n, Stamp first, Stamp last) {
    BodyDecoder decoder;
    auto opened = unpack(data, database_.largest(Table::blocks), body_);
    if (opened && body_.size() != raw_len) opened = unreadable("it has another length than noted");
    if (opened) opened = decoder.open(body_, n);
    if (!opened) {
        add(std::move(where), opened.error().message);
        lost(first, last);
        last_ = last;  // do not blame the next one
        return;
    }
    MessageView message;
    std::uint64_t count = 0;
    while (decoder.next(message)) {
        const Stamp& stamp = message.stamp;
        if (count++ == 0 && stamp != first) add(where, "its first stamp is not the one noted");
        if (stamp.time < last_.time || stamp.seq <= last_.seq) {
            add(where,
                fmt::format("message {} at {} does not follow message {} at {}", stamp.seq.value,
                            to_string(stamp.time), last_.seq.value, to_string(last_.time)));
        } else if (last_.seq && stamp.seq != next(last_.seq) &&
                   !gaps_.explains(last_.seq, stamp.seq)) {
            add(where,
                fmt::format("messages {} to {} are missing before it, and no gap is on record",
                            last_.seq.value + 1, stamp.seq.value - 1));
            lost({last_.time, next(last_.seq)}, {stamp.time, {stamp.seq.value - 1}});
        }
        if (std::exchange(losing_, false)) found_.losses.back().goes_on = stamp;
        last_ = stamp;
        source_bytes_ += message.payload.size() + message.extra.size();
        ++found_.messages;
        reached(kRowsChecked, 1, found_.messages, head_.messages);
    }
    if (!decoder.ok() || count != n) {
        add(where, "it does not hold the messages it should");
        lost({last_.time, next(last_.seq)}, last);
    }
    if (last_ != last) add(where, "its last stamp is not the one noted");
    last_ = last;
}

void Verifier::check_keyframes() {
    Query query(database_, "SELECT * FROM keyframes ORDER BY id");
    while (query.next()) {
        ++found_.keyframes;
        Problem where = problem_in(Table::keyframes, query.integer(0));
        where.from = where.to = time_in(query, 2);
        auto touched = unpack_touched(query.bytes(9));
        bool good = query.check_fits(Table::keyframes) && touched;
        if (!touched) add(where, touched.error().message);
        auto unpacked = unpack(query.bytes(10), database_.largest(Table::keyframes), body_);
        if (unpacked && body_.size() != query.number(8)) {
            unpacked = unreadable("it has another length than noted");
        }
        auto kind = static_cast<KeyframeInfo::Kind>(query.integer(5));
        if (!unpacked) {
            add(where, unpacked.error().message);
            good = false;
        } else if (kind != KeyframeInfo::Kind::foreign) {
            good = check_image(std::move(where), query) && good;
        }
        if (!good) continue;
        KeyframeInfo& state = states_.emplace_back();
        state.mark = mark_in(query, 1);
        state.seq = {query.number(4)};
    }
}

/// Deltas follow their base directly, so one Image at hand is enough.
bool Verifier::check_image(Problem where, const Query& query) {
    std::int64_t base = std::exchange(image_id_, 0);
    bool delta = static_cast<KeyframeInfo::Kind>(query.integer(5)) == KeyframeInfo::Kind::delta;
    if (delta && (base == 0 || query.integer(6) != base)) {
        add(std::move(where), "the keyframe that it is a delta to cannot be read");
        return false;
    }
    auto image = delta ? apply_delta(image_, body_) : decode_image(body_);
    if (!image) {
        add(std::move(where), image.error().message);
        return false;
    }
    image_ = std::move(*image);
    image_id_ = query.integer(0);
    if (image_.mark() != mark_in(query, 1) || image_.seq.value != query.number(4) ||
        to_string(image_.hash) != query.bytes(7)) {
        add(std::move(where), "it holds the state of another Mark than noted");
        return false;
    }
    return true;
}

void Verifier::check_files() {
    Query query(database_, "SELECT * FROM files ORDER BY id");
    while (query.next()) {
        Problem where = problem_in(Table::files, query.integer(0));
        auto unpacked = unpack(query.bytes(6), database_.largest(Table::files), body_);
        if (!unpacked) {
            add(where, unpacked.error().message);
        } else if (to_hex(sha256(body_)) != query.bytes(4)) {
            add(where, "its content has another SHA-256 than noted");
        }
    }
}

/// What Reader::branches() would not read.
void Verifier::check_branches() {
    std::set<std::int64_t> there;
    {
        Query query(database_, "SELECT id, parent FROM branches ORDER BY id");
        for (; query.next(); there.insert(query.integer(0))) {
            if (query.integer(1) >= 0 && query.integer(1) < query.integer(0)) continue;
            add(problem_in(Table::branches, query.integer(0)), "it has no proper parent");
        }
    }
    Query query(database_, "SELECT id, branch FROM edits ORDER BY id");
    while (query.next()) {
        if (there.contains(query.integer(1))) continue;
        add(problem_in(Table::edits, query.integer(0)),
            fmt::format("it is of branch {}, which is missing", query.integer(1)));
    }
}

void Verifier::check_end() {
    bool all_dropped = dropped_ && head_.messages == 0 && found_.messages == 0;
    if ((last_ != head_.last && !all_dropped) || found_.messages != head_.messages ||
        source_bytes_ != head_.source_bytes) {
        add(problem_in(Table::head),
            fmt::format("{} messages up to {} were found, {} up to {} were written",
                        found_.messages, last_.seq.value, head_.messages, head_.last.seq.value));
    }
    if (!all_dropped) lost({last_.time, next(last_.seq)}, head_.last);
    found_.written = head_.messages;
    if (head_.bound < head_.last.time) add(problem_in(Table::head), "it ends before its messages");
}

}  // namespace

std::string to_string(const Problem& problem) {
    std::string text = problem.table.empty() ? "file" : problem.table;
    if (problem.row != 0) text += fmt::format(" {}", problem.row);
    if (problem.from && problem.to) {
        std::string messages;
        if (problem.first) {
            messages = fmt::format(", messages {} to {}", problem.first.value, problem.last.value);
        }
        text += fmt::format(" ({} to {}{})", to_string(*problem.from), to_string(*problem.to),
                            messages);
    }
    return text + ": " + problem.what;
}

result<Verification> verify(const std::string& path, const Watch& watch) {
    return guarded([&] {
        Database database(path, Database::Use::read);
        return Verifier(database, watch).run();
    });
}

}  // namespace teatime::timegraph
