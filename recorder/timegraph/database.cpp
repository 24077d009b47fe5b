#include "database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <thread>

#include "head.h"
#include "new_file.h"
#include "teatime/state/assert.h"
#include "teatime/state/bytes.h"
#include "teatime/state/hash.h"

namespace teatime::timegraph {
namespace {

constexpr int kBusyMs = 5000;
constexpr std::chrono::milliseconds kUntrustedTime{500};
constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr std::size_t kLargestBlob = 256 * kMiB;  // of all tables
// A time-graph's schema takes a few hundred of SQLite's operations to read; where it takes more
// than so many, somebody wants to waste our time.
constexpr int kSchemaStep = 1'000, kSchemaSteps = 20;
constexpr std::uintmax_t kUntrustedBytesPerMs = 100'000;  // of a large file, all of it is looked at

/// SQLite takes `file:` and `:memory:` for something special; an absolute path never is.
std::string absolute(const std::string& path) {
    std::error_code error;
    auto full = std::filesystem::absolute(path, error);
    return error ? "./" + path : full.string();
}

/// As an URI that tells SQLite that nobody writes the file, so that a planted journal is not
/// replayed into it.
std::string immutable_uri(const std::string& path) {
    std::string uri = "file:";
    for (unsigned char c : absolute(path)) {
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '/' || c == '.' || c == '-' || c == '_';
        if (plain) {
            uri += static_cast<char>(c);
        } else {
            uri += fmt::format("%{:02X}", c);
        }
    }
    return uri + "?immutable=1";
}

void check_there(const std::string& path) {
    std::error_code error;
    auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) {
        throw Failure{unreadable(fmt::format("{}: there is no such file", path))};
    }
    if (!std::filesystem::is_regular_file(status)) {
        throw Failure{unreadable(fmt::format("{} is not a file", path))};
    }
}

std::string not_a_timegraph(const std::string& path) {
    return fmt::format("{} is not a time-graph (these are made by `teatime serve --record`)", path);
}

/// Of this thread: a slow disk and a busy machine are not the file's fault.
std::chrono::nanoseconds worked() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

int worked_longer(void* until) {
    return worked() > *static_cast<std::chrono::nanoseconds*>(until) ? 1 : 0;
}

int past_last_step(void* left) {
    return --*static_cast<int*>(left) < 0 ? 1 : 0;
}

}  // namespace

void refuse_newer(const std::string& path, std::int64_t version) {
    if (version <= kFormatVersion) return;
    throw Failure{unreadable(
        fmt::format("{} has format version {}, this program reads up to {}: use a newer teatime",
                    path, version, kFormatVersion))};
}

RowCheck::RowCheck(Table table) : bytes_(kTables[static_cast<std::size_t>(table)].name) {}

void RowCheck::add(const Cell& cell) {
    ByteWriter writer(bytes_);
    writer.fixed(static_cast<std::uint8_t>(cell.index()));
    if (auto* integer = std::get_if<std::int64_t>(&cell)) {
        writer.fixed(*integer);
    } else if (auto* real = std::get_if<double>(&cell)) {
        std::uint64_t bits;
        std::memcpy(&bits, real, sizeof bits);
        writer.fixed(bits);
    } else if (!std::holds_alternative<std::nullptr_t>(cell)) {
        auto* text = std::get_if<Text>(&cell);
        std::string_view bytes = text ? text->bytes : std::get<Blob>(cell).bytes;
        Hash128 hash = hash_bytes(bytes);
        writer.fixed(static_cast<std::uint64_t>(bytes.size()));
        writer.fixed(hash.low);
        writer.fixed(hash.high);
    }
}

std::int64_t RowCheck::value() const {
    return static_cast<std::int64_t>(hash_bytes(bytes_).low);
}

Query::Query(Database& database, const char* sql, std::initializer_list<Cell> cells)
    : database_(database), statement_(database.prepared(sql)) {
    int index = 0;
    for (const Cell& cell : cells) bind(++index, cell);
}

void Query::bind(int index, const Cell& cell) {
    int status = SQLITE_OK;
    // A view's data may be null, which SQLite would take for NULL.
    auto data = [](std::string_view bytes) { return bytes.empty() ? "" : bytes.data(); };
    if (auto* integer = std::get_if<std::int64_t>(&cell)) {
        status = sqlite3_bind_int64(statement_, index, *integer);
    } else if (auto* real = std::get_if<double>(&cell)) {
        status = sqlite3_bind_double(statement_, index, *real);
    } else if (auto* text = std::get_if<Text>(&cell)) {
        status = sqlite3_bind_text64(statement_, index, data(text->bytes), text->bytes.size(),
                                     SQLITE_STATIC, SQLITE_UTF8);
    } else if (auto* blob = std::get_if<Blob>(&cell)) {
        status = sqlite3_bind_blob64(statement_, index, data(blob->bytes), blob->bytes.size(),
                                     SQLITE_STATIC);
    }
    if (status != SQLITE_OK) database_.fail();
}

Query::~Query() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

bool Query::next() {
    int status = sqlite3_step(statement_);
    if (status == SQLITE_ROW) return true;
    if (status != SQLITE_DONE) database_.fail();
    return false;
}

bool Query::next_checked(Table table, std::vector<Error>* damaged) {
    auto most = static_cast<int>(database_.largest(table));
    for (;;) {
        int before = sqlite3_limit(database_.handle_, SQLITE_LIMIT_LENGTH, most);
        int status = sqlite3_step(statement_);
        sqlite3_limit(database_.handle_, SQLITE_LIMIT_LENGTH, before);
        if (status != SQLITE_ROW && status != SQLITE_DONE) database_.fail();
        if (status == SQLITE_DONE) return false;
        auto whole = guarded([&] { check(table); });
        if (whole) return true;
        if (!damaged) throw Failure{whole.error()};
        damaged->push_back(whole.error());
    }
}

void Query::check(Table table) const {
    if (check_fits(table)) return;
    database_.damaged(fmt::format("row {} of table {} is damaged", integer(0),
                                  kTables[static_cast<std::size_t>(table)].name));
}

std::int64_t Query::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

double Query::real(int column) const {
    return sqlite3_column_double(statement_, column);
}

bool Query::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

int Query::columns() const {
    return sqlite3_column_count(statement_);
}

std::string_view Query::bytes(int column) const {
    auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return data ? std::string_view(data, size) : std::string_view();
}

Cell Query::cell(int column) const {
    switch (sqlite3_column_type(statement_, column)) {
        case SQLITE_INTEGER:
            return integer(column);
        case SQLITE_FLOAT:
            return real(column);
        case SQLITE_TEXT:
            return Text{bytes(column)};
        case SQLITE_BLOB:
            return Blob{bytes(column)};
        default:
            return nullptr;
    }
}

bool Query::check_fits(Table table) const {
    RowCheck check(table);
    int last = columns() - 1;
    for (int column = 0; column < last; ++column) check.add(cell(column));
    return check.value() == integer(last);
}

Database::Database(const std::string& path, Use use, const DatabaseOptions& options)
    : path_(path), untrusted_(use == Use::read_untrusted), max_bytes_(options.max_bytes) {
    if (use == Use::create) {
        create_empty_file(path);
    } else {
        check_there(path);
    }
    try {
        open(use, options);
    } catch (...) {
        close();
        if (use == Use::create) ::unlink(path.c_str());  // it was ours a moment ago
        throw;
    }
}

Database::~Database() {
    close();
}

std::size_t Database::largest(Table table) const {
    switch (table) {
        case Table::keyframes:
        case Table::files:
            return untrusted_ ? 64 * kMiB : kLargestBlob;
        case Table::blocks:
        case Table::tail:  // much more than the largest of messages and blocks
            return 64 * kMiB;
        default:
            return 32 * kMiB;
    }
}

void Database::forget_statements() {
    for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
    statements_.clear();
}

void Database::close() {
    forget_statements();
    sqlite3_close(handle_);
    handle_ = nullptr;
}

void Database::open(Use use, const DatabaseOptions& options) {
    bool writes = use == Use::create || use == Use::write;
    auto has = [&](const char* suffix) {
        std::error_code error;
        return std::filesystem::file_size(path_ + suffix, error) > 0 && !error;
    };
    // The power may have failed while the file was being closed: only a writer can undo that.
    bool undoes = use == Use::read && has("-journal");
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    flags |= writes || undoes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    if (untrusted_) {
        for (const char* suffix : {"-wal", "-journal"}) {
            if (!has(suffix)) continue;
            throw Failure{unreadable(fmt::format(
                "{} has changes in {}{} beside it: it is being recorded or its recorder crashed; "
                "make a copy by `teatime copy` and open that",
                path_, path_, suffix))};
        }
        flags |= SQLITE_OPEN_URI;
    }
    std::string name = untrusted_ ? immutable_uri(path_) : absolute(path_);
    const char* vfs = options.vfs.empty() ? nullptr : options.vfs.c_str();
    if (sqlite3_open_v2(name.c_str(), &handle_, flags, vfs) != SQLITE_OK) fail();
    sqlite3_busy_timeout(handle_, kBusyMs);
    harden(use);

    std::error_code ignored;
    if (untrusted_) {
        time_limit_ =
            kUntrustedTime + std::chrono::milliseconds(std::filesystem::file_size(path_, ignored) /
                                                       kUntrustedBytesPerMs);
    }
    auto until = worked() + time_limit_;
    int steps = kSchemaSteps;
    if (untrusted_)
        sqlite3_progress_handler(handle_, 1'000, worked_longer, &until);
    else
        sqlite3_progress_handler(handle_, kSchemaStep, past_last_step, &steps);
    if (use == Use::create) {
        create_tables();
    } else {
        check_identity();
    }
    check_tables();
    if (untrusted_) {
        Query check(*this, "PRAGMA quick_check(1)");
        if (!check.next() || check.bytes(0) != "ok") damaged("its structure is damaged");
    }
    sqlite3_progress_handler(handle_, 0, nullptr, nullptr);  // its variables end here
    if (writes) {
        if (options.durable) {
            run("PRAGMA journal_mode=WAL");
            run("PRAGMA synchronous=FULL");  // NORMAL loses acknowledged commits in a power cut
            use_wal(options.wal_bytes);
            if (use == Use::create) {
                run("SELECT commits FROM head");  // SQLite opens the -wal when it needs it
                reserve();
            }
        } else {  // nobody looks before it is whole: each page is written once
            run("PRAGMA journal_mode=MEMORY");
            run("PRAGMA synchronous=OFF");
        }
        if (max_bytes_ > 0) {
            std::uint64_t most = max_bytes_ - (options.durable ? options.wal_bytes : 0);
            run(fmt::format("PRAGMA max_page_count={}", most / kPageSize).c_str());
        }
    }
}

void Database::use_wal(std::uint64_t most_bytes) {
    constexpr std::uint64_t kUsual = 1000 * kPageSize, kReserve = 256 << 10;
    std::uint64_t most = most_bytes > 0 ? most_bytes : kUsual;
    reserve_bytes_ = static_cast<int>(std::min(kReserve, most / 4));
    checkpoint_at_ = static_cast<int>((most - reserve_bytes_) / kPageSize);
    sqlite3_wal_hook(handle_, committed, this);
    if (most_bytes > 0) run(fmt::format("PRAGMA journal_size_limit={}", most + most / 2).c_str());
}

/// As SQLite does by itself where nobody wants to know how far the -wal goes.
int Database::committed(void* database, sqlite3* handle, const char* name, int frames) {
    auto& self = *static_cast<Database*>(database);
    self.wal_frames_ = frames;
    if (frames >= self.checkpoint_at_)  // where it cannot be done now, a later commit does it
        sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    return SQLITE_OK;
}

/// What is not in the -wal yet overwrites what lies behind its last commit: that much is there.
void Database::reserve() {
    sqlite3_file* wal = nullptr;
    sqlite3_file_control(handle_, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
    if (reserve_bytes_ == 0 || !wal || !wal->pMethods) return;
    constexpr sqlite3_int64 kHeader = 32, kFrame = 24 + kPageSize;
    sqlite3_int64 size = kHeader + wal_frames_ * kFrame + reserve_bytes_;
    auto control = [wal](int what, void* value) {
        return wal->pMethods->xFileControl(wal, what, value);
    };
    control(SQLITE_FCNTL_CHUNK_SIZE, &reserve_bytes_);
    int code = control(SQLITE_FCNTL_SIZE_HINT, &size), system = 0;
    if (code == SQLITE_OK || code == SQLITE_NOTFOUND) return;
    control(SQLITE_FCNTL_LAST_ERRNO, &system);
    bool no_room = code == SQLITE_FULL || system == ENOSPC || system == EDQUOT;
    if (no_room) throw Failure{full()};  // of other failures the next write tells
}

/// No code in a file may run, and no file may cost more than it should.
void Database::harden(Use use) {
    auto configure = [&](int option, int value) {
        sqlite3_db_config(handle_, option, value, nullptr);
    };
    configure(SQLITE_DBCONFIG_DEFENSIVE, 1);
    configure(SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
    configure(SQLITE_DBCONFIG_ENABLE_TRIGGER, 0);
    configure(SQLITE_DBCONFIG_ENABLE_VIEW, 0);
    configure(SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0);
    configure(SQLITE_DBCONFIG_DQS_DML, 0);
    configure(SQLITE_DBCONFIG_DQS_DDL, 0);
    if (use == Use::create) run("PRAGMA page_size=8192");
    // What is packed may be a little larger than what it is packed from.
    sqlite3_limit(handle_, SQLITE_LIMIT_LENGTH, static_cast<int>(kLargestBlob + kMiB));
    sqlite3_limit(handle_, SQLITE_LIMIT_SQL_LENGTH, 10'000);
    if (!untrusted_) return;
    const std::pair<int, int> limits[] = {
        {SQLITE_LIMIT_LENGTH, 64 << 20},    {SQLITE_LIMIT_COLUMN, 100},
        {SQLITE_LIMIT_EXPR_DEPTH, 10},      {SQLITE_LIMIT_COMPOUND_SELECT, 3},
        {SQLITE_LIMIT_VDBE_OP, 25'000},     {SQLITE_LIMIT_FUNCTION_ARG, 8},
        {SQLITE_LIMIT_ATTACHED, 0},         {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50},
        {SQLITE_LIMIT_VARIABLE_NUMBER, 10}, {SQLITE_LIMIT_TRIGGER_DEPTH, 10}};
    for (auto [limit, value] : limits) sqlite3_limit(handle_, limit, value);
    run("PRAGMA cell_size_check=ON");
    run("PRAGMA mmap_size=0");
}

/// Before WAL is on: the main file then has a complete header at any time, also when the process
/// dies a moment later.
void Database::create_tables() {
    run("BEGIN EXCLUSIVE");
    run(fmt::format("PRAGMA application_id={}", kApplicationId).c_str());
    run(fmt::format("PRAGMA user_version={}", kFormatVersion).c_str());
    for (const TableLayout& table : kTables) run(std::string(table.create).c_str());
    for (const TableLayout& index : kIndexes) run(std::string(index.create).c_str());
    insert_head(*this);
    run("COMMIT");
    forget_statements();
}

void Database::check_identity() {
    auto pragma = [&](const char* sql) {
        Query query(*this, sql);
        return query.next() ? query.integer(0) : 0;
    };
    if (pragma("PRAGMA application_id") != kApplicationId) {
        throw Failure{unreadable(not_a_timegraph(path_))};
    }
    std::int64_t version = pragma("PRAGMA user_version");
    refuse_newer(path_, version);
    if (version != kFormatVersion) {
        damaged(fmt::format("it has format version {}, which never was", version));
    }
}

/// The statements that made the tables must be ours, letter for letter. Other tables are not
/// touched, and in an untrusted file must not be there at all; triggers and views never.
void Database::check_tables() {
    std::map<std::string, std::string, std::less<>> found;
    {
        Query query(*this, "SELECT name, sql, type FROM sqlite_schema");
        while (query.next()) {
            bool ours = query.bytes(2) == "table" || query.bytes(2) == "index";
            if (!ours)
                damaged(fmt::format("it holds a {}, which no time-graph does", query.bytes(2)));
            found.emplace(query.string(0), query.string(1));
        }
    }
    auto compare = [&](const TableLayout& layout) {
        auto entry = found.find(layout.name);
        if (entry == found.end() || entry->second != layout.create) {
            damaged(fmt::format("table {} is missing or different", layout.name));
        }
        found.erase(entry);
    };
    for (const TableLayout& table : kTables) compare(table);
    for (const TableLayout& index : kIndexes) compare(index);
    for (const auto& [name, statement] : found) {
        bool table = statement.starts_with("CREATE ") && !statement.starts_with("CREATE INDEX") &&
                     !statement.starts_with("CREATE UNIQUE");
        if (table && !name.starts_with("sqlite_")) other_tables_.push_back(name);
    }
    if (untrusted_ && !found.empty()) {
        damaged(fmt::format("it holds \"{}\", which no time-graph of version {} does",
                            found.begin()->first, kFormatVersion));
    }
}

sqlite3_stmt* Database::prepared(const char* sql) {
    auto found = statements_.find(std::string_view(sql));
    if (found == statements_.end()) {
        sqlite3_stmt* statement = nullptr;
        if (sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) !=
            SQLITE_OK) {
            fail();
        }
        found = statements_.emplace(sql, statement).first;
    }
    TEATIME_ASSERT(!sqlite3_stmt_busy(found->second), "a statement is used by two at a time");
    return found->second;
}

void Database::run(const char* sql, std::initializer_list<Cell> cells) {
    Query query(*this, sql, cells);
    while (query.next()) {
    }
}

std::int64_t Database::insert(Table table, std::initializer_list<Cell> cells) {
    std::string& sql = insert_sql_[static_cast<std::size_t>(table)];
    if (sql.empty()) {
        sql = fmt::format("INSERT INTO {} VALUES(", kTables[static_cast<std::size_t>(table)].name);
        for (std::size_t i = 0; i <= cells.size(); ++i) sql += i == 0 ? "?" : ",?";
        sql += ")";
    }
    RowCheck check(table);
    for (const Cell& cell : cells) check.add(cell);
    Query query(*this, sql.c_str(), cells);
    query.bind(static_cast<int>(cells.size()) + 1, check.value());
    query.next();
    return check.value();
}

bool Database::leave_one_file() {
    forget_statements();  // an open one would keep the mode from changing
    // A closed recording must not need -wal and -shm, which a reader would have to create. With a
    // reader inside, it stays a WAL file: just as good, but for that. Who follows the recording has
    // it open for a moment now and then: such a one is waited for.
    constexpr std::chrono::milliseconds kPatience{200}, kPause{5};
    auto deadline = std::chrono::steady_clock::now() + kPatience;
    sqlite3_busy_timeout(handle_, static_cast<int>(kPatience.count()));
    bool one = false;
    do {
        auto tried = guarded([&] {
            run("PRAGMA wal_checkpoint(TRUNCATE)");
            Query mode(*this, "PRAGMA journal_mode=DELETE");
            one = mode.next() && mode.bytes(0) == "delete";
        });
        if (one) break;
        if (!tried && (sqlite3_errcode(handle_) & 0xff) != SQLITE_BUSY) break;
        std::this_thread::sleep_for(kPause);
    } while (std::chrono::steady_clock::now() < deadline);
    sqlite3_busy_timeout(handle_, kBusyMs);
    return one;
}

void Database::copy_into(const std::string& path) {
    auto copied = guarded([&] { run("VACUUM INTO ?1", {Text{path}}); });
    if (copied) return;
    bool full = (sqlite3_errcode(handle_) & 0xff) == SQLITE_FULL;  // not where we read
    throw Failure{full ? failed(path + ": the disk is full; free some space") : copied.error()};
}

void Database::interrupt() {
    interrupted_ = true;
    sqlite3_interrupt(handle_);
}

void Database::fail() const {
    int code = sqlite3_extended_errcode(handle_);
    std::string why = sqlite3_errmsg(handle_);
    int system = sqlite3_system_errno(handle_);
    switch (code & 0xff) {
        case SQLITE_NOTADB:
            throw Failure{unreadable(not_a_timegraph(path_))};
        case SQLITE_CORRUPT:
            damaged("it is cut off or its structure is damaged");
        case SQLITE_FULL:
            throw Failure{full()};
        case SQLITE_READONLY:
            throw Failure{failed(fmt::format(
                "{}: its recorder was cut off, and the file cannot be put right where nothing may "
                "be written; copy it with all that begins with its name to another folder",
                path_))};
        case SQLITE_INTERRUPT:
            if (interrupted_) throw Failure{failed("interrupted")};
            damaged(untrusted_ ? fmt::format("checking it took more than {} ms of work",
                                             time_limit_.count())
                               : "it holds many more tables and views than a time-graph does");
        case SQLITE_TOOBIG:
            damaged("it holds a text or blob that is larger than any of a time-graph");
        case SQLITE_BUSY:
            throw Failure{unavailable(fmt::format(
                "{} is locked by another program for more than {} s", path_, kBusyMs / 1000))};
        default:
            throw Failure{failed(fmt::format("{}: {}{}{}", path_, why, system ? ": " : "",
                                             system ? std::strerror(system) : ""))};
    }
}

Error Database::full() const {
    if (max_bytes_ == 0) return failed(path_ + ": the disk is full; free some space");
    return failed(fmt::format("{}: the disk, or the recording's quota of {} bytes, is full", path_,
                              max_bytes_));
}

void Database::damaged(std::string_view what) const {
    throw Failure{{ErrorKind::damaged, fmt::format("{}: {}", path_, what)}};
}

ReadTransaction::ReadTransaction(Database& database) : database_(database) {
    database_.run("BEGIN");
}

ReadTransaction::~ReadTransaction() {
    try {
        database_.run("ROLLBACK");
    } catch (Failure&) {  // SQLite ended it by itself, after an error that is reported already
    }
}

}  // namespace teatime::timegraph
