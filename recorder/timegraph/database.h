#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "teatime/state/result.h"
#include "teatime/timegraph/layout.h"

struct sqlite3;
struct sqlite3_file;
struct sqlite3_stmt;

namespace teatime::timegraph {

/// Inside this library errors travel as this exception, made by the Database; every public function
/// turns it into a result (see guarded()).
struct Failure {
    Error error;
};

/// Runs `work`; a Failure becomes the result's error.
template <class Work>
auto guarded(Work&& work) -> result<decltype(work())> {
    try {
        if constexpr (std::is_void_v<decltype(work())>) {
            work();
            return {};
        } else {
            return work();
        }
    } catch (Failure& failure) {
        return std::move(failure.error);
    } catch (const std::bad_alloc&) {  // also a file that claims to hold too much
        return failed("there is not enough memory for this");
    }
}

/// Throws where the format is newer than this program's.
void refuse_newer(const std::string& path, std::int64_t version);

/// Number of rows of a table and the sum of their checks: adding and removing rows in any order
/// gives the same.
struct RowSum {
    std::uint64_t rows = 0;
    std::uint64_t sum = 0;
    bool operator==(const RowSum&) const = default;
};

struct Text {
    std::string_view bytes;
};
struct Blob {
    std::string_view bytes;
};
using Cell = std::variant<std::nullptr_t, std::int64_t, double, Text, Blob>;

/// The check of a row: low half of XXH3-128 of the table's name and the cells before `check`.
class RowCheck {
public:
    explicit RowCheck(Table table);
    void add(const Cell& cell);
    std::int64_t value() const;

private:
    std::string bytes_;
};

class Database;

/// A prepared statement in use; gives it back when it goes out of scope.
class Query {
public:
    Query(Database& database, const char* sql, std::initializer_list<Cell> cells = {});
    ~Query();
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    /// The `index`-th parameter, 1 for the first. The bytes must outlive the Query.
    void bind(int index, const Cell& cell);

    /// To the next row; false at the end.
    bool next();
    /// The same for a `SELECT *` of `table`: also compares the row's check, and takes nothing that
    /// is too large for the table into memory. With `damaged`, rows that do not fit are passed over
    /// and told of there.
    bool next_checked(Table table, std::vector<Error>* damaged = nullptr);
    /// Throws where the row's check does not fit.
    void check(Table table) const;

    std::int64_t integer(int column) const;
    std::uint64_t number(int column) const { return static_cast<std::uint64_t>(integer(column)); }
    double real(int column) const;
    bool is_null(int column) const;
    int columns() const;
    std::string_view bytes(int column) const;  ///< text or blob; valid until the next next()
    std::string string(int column) const { return std::string(bytes(column)); }
    bool check_fits(Table table) const;

private:
    Cell cell(int column) const;
    Database& database_;
    sqlite3_stmt* statement_;
};

struct DatabaseOptions {
    std::string vfs;
    std::uint64_t max_bytes = 0;  ///< with the -wal; 0 = any
    std::uint64_t wal_bytes = 0;  ///< written back when it has so many; 0 = as SQLite does
    bool durable = true;
};

/// One SQLite connection to a time-graph, hardened as FORMAT.md says. Not thread safe.
class Database {
public:
    enum class Use { create, write, read, read_untrusted };

    /// Opens and checks that this is a time-graph of this version with the tables of layout.h.
    /// Throws Failure.
    Database(const std::string& path, Use use, const DatabaseOptions& options = {});
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    void run(const char* sql, std::initializer_list<Cell> cells = {});
    /// Inserts `cells` and their check; the first cell is the id.
    std::int64_t insert(Table table, std::initializer_list<Cell> cells);
    /// After a commit: makes sure that a few rows more can be committed though the disk has no room
    /// left. Throws where there is none for that.
    void reserve();
    /// False where a reader or another process keeps the file from becoming a single one.
    bool leave_one_file();
    /// Writes all that it holds as of one commit into `path`, which is there and empty.
    void copy_into(const std::string& path);
    /// Any thread: statements that are running now fail.
    void interrupt();

    const std::string& path() const { return path_; }
    bool untrusted() const { return untrusted_; }
    /// Those of which layout.h does not know, as of when it was opened.
    const std::vector<std::string>& other_tables() const { return other_tables_; }
    /// The most that a text, a blob, or what is packed in one, may take in this table.
    std::size_t largest(Table table) const;

    [[noreturn]] void fail() const;  ///< with what SQLite says about the last call
    [[noreturn]] void damaged(std::string_view what) const;

private:
    friend class Query;
    void open(Use use, const DatabaseOptions& options);
    void use_wal(std::uint64_t most_bytes);
    static int committed(void* database, sqlite3* handle, const char* name, int frames);
    Error full() const;
    void harden(Use use);
    void create_tables();
    void check_identity();
    void check_tables();
    sqlite3_stmt* prepared(const char* sql);
    void forget_statements();
    void close();

    std::string path_;
    bool untrusted_ = false;
    std::chrono::milliseconds time_limit_{};  ///< of checking one that is untrusted
    std::uint64_t max_bytes_ = 0;
    std::atomic<bool> interrupted_ = false;
    sqlite3* handle_ = nullptr;
    int reserve_bytes_ = 0;  ///< of the -wal, behind what is committed
    int wal_frames_ = 0;     ///< up to the last commit
    int checkpoint_at_ = 0;  ///< frames
    std::vector<std::string> other_tables_;
    std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
    std::array<std::string, kTables.size()> insert_sql_;
};

/// While alive, all reads see one and the same commit.
class ReadTransaction {
public:
    explicit ReadTransaction(Database& database);
    ~ReadTransaction();
    ReadTransaction(const ReadTransaction&) = delete;
    ReadTransaction& operator=(const ReadTransaction&) = delete;

private:
    Database& database_;
};

}  // namespace teatime::timegraph
