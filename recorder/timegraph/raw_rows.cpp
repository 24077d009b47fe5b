#include "raw_rows.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "new_file.h"

namespace teatime::timegraph {
namespace {

// https://www.sqlite.org/fileformat2.html, parts 1.5 and 2
constexpr std::uint8_t kLeafOfTable = 13;
constexpr std::size_t kLeafHeader = 8;
constexpr std::size_t kMaxLocal = kPageSize - 35;
constexpr std::size_t kMinLocal = (kPageSize - 12) * 32 / 255 - 23;
constexpr std::size_t kLargestRow = 256u << 20;

enum class RawKind { integer, real, text, blob };
struct RawColumn {
    RawKind kind;
    bool may_be_null;
};

/// From the CREATE statement: `name KIND [NOT NULL]`, separated by commas.
std::vector<RawColumn> columns_of(std::string_view create) {
    std::vector<RawColumn> columns;
    std::string_view list = create.substr(create.find('(') + 1);
    list = list.substr(0, list.rfind(')'));
    while (!list.empty()) {
        std::string_view column = list.substr(0, list.find(", "));
        list.remove_prefix(std::min(list.size(), column.size() + 2));
        std::string_view kind = column.substr(column.find(' ') + 1);
        columns.push_back({kind.starts_with("INTEGER") ? RawKind::integer
                           : kind.starts_with("REAL")  ? RawKind::real
                           : kind.starts_with("TEXT")  ? RawKind::text
                                                       : RawKind::blob,
                           kind.find("NOT NULL") == kind.npos});
    }
    return columns;
}

const std::array<std::vector<RawColumn>, kTables.size()>& all_columns() {
    static const auto all = [] {
        std::array<std::vector<RawColumn>, kTables.size()> columns;
        for (std::size_t i = 0; i < kTables.size(); ++i) columns[i] = columns_of(kTables[i].create);
        return columns;
    }();
    return all;
}

/// SQLite's varint: big endian, 7 bits a byte, the ninth has 8.
std::optional<std::uint64_t> varint(std::string_view bytes, std::size_t& at) {
    std::uint64_t value = 0;
    for (int i = 0; i < 9 && at < bytes.size(); ++i) {
        auto byte = static_cast<std::uint8_t>(bytes[at++]);
        if (i == 8) return (value << 8) | byte;
        value = (value << 7) | (byte & 0x7f);
        if (byte < 0x80) return value;
    }
    return std::nullopt;
}

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (char byte : bytes) value = (value << 8) | static_cast<std::uint8_t>(byte);
    return value;
}

/// Bytes that a value of a serial type takes; none where there is no such type.
std::optional<std::size_t> size_of(std::uint64_t type) {
    constexpr std::size_t kSizes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
    if (type < 10) return kSizes[type];
    if (type < 12 || (type - 12) / 2 > kLargestRow) return std::nullopt;
    return static_cast<std::size_t>((type - 12) / 2);
}

bool fits(std::uint64_t type, const RawColumn& column) {
    if (type == 0) return column.may_be_null;
    bool integer = type <= 6 || type == 8 || type == 9;
    switch (column.kind) {
        case RawKind::integer:
            return integer;
        case RawKind::real:
            return integer || type == 7;  // a real without a fraction is stored as an integer
        case RawKind::text:
            return type >= 13 && type % 2 == 1;
        case RawKind::blob:
            return type >= 12 && type % 2 == 0;
    }
    return false;
}

Cell decode_cell(std::uint64_t type, const RawColumn& column, std::string_view bytes) {
    if (type == 0) return nullptr;
    if (type >= 12) return column.kind == RawKind::text ? Cell(Text{bytes}) : Cell(Blob{bytes});
    if (type == 7) return std::bit_cast<double>(big_endian(bytes));
    std::int64_t value = type >= 8 ? static_cast<std::int64_t>(type - 8) : 0;
    if (!bytes.empty()) {
        unsigned shift = 64 - 8 * static_cast<unsigned>(bytes.size());
        value = static_cast<std::int64_t>(big_endian(bytes) << shift) >> shift;
    }
    return column.kind == RawKind::real ? Cell(static_cast<double>(value)) : Cell(value);
}

}  // namespace

std::int64_t RawRow::integer(int column) const {
    auto* integer = std::get_if<std::int64_t>(&cells_[static_cast<std::size_t>(column)]);
    return integer ? *integer : 0;
}

double RawRow::real(int column) const {
    auto* real = std::get_if<double>(&cells_[static_cast<std::size_t>(column)]);
    return real ? *real : 0;
}

bool RawRow::is_null(int column) const {
    return std::holds_alternative<std::nullptr_t>(cells_[static_cast<std::size_t>(column)]);
}

std::string_view RawRow::bytes(int column) const {
    const Cell& cell = cells_[static_cast<std::size_t>(column)];
    if (auto* text = std::get_if<Text>(&cell)) return text->bytes;
    if (auto* blob = std::get_if<Blob>(&cell)) return blob->bytes;
    return {};
}

/// Where proper leaves say that a row is comes first: it is the row as it was last.
RawRows::RawRows(const std::string& path, const Watch& watch) : pages_(path) {
    refuse_newer(path, pages_.format());  // what that has more would be lost in silence
    using View = RawPages::View;
    std::vector<View> views{View::committed};
    if (pages_.has_wal()) views.insert(views.end(), {View::main, View::latest});
    std::vector<bool> proper(std::size_t{pages_.count()} + 1);
    double done = 0, whole = static_cast<double>(views.size() * 2) * pages_.count();
    for (bool every_byte : {false, true}) {
        for (View view : views) {
            for (std::uint32_t number = 1; number <= pages_.count(); ++number, ++done) {
                if (number % 64 == 0) go_on(watch, done / whole);
                if (every_byte && proper[number]) continue;
                pages_.read(view, number, page_);
                if (!every_byte) {
                    bool leaf = search_leaf(view, number);
                    if (view == View::committed) proper[number] = leaf;
                    continue;
                }
                for (std::size_t at = 0; at + 4 < kPageSize; ++at) take(view, number, at);
            }
        }
    }
}

/// False where the page is no leaf of which every cell is a row of ours.
bool RawRows::search_leaf(RawPages::View view, std::uint32_t number) {
    if (static_cast<std::uint8_t>(page_[0]) != kLeafOfTable) return false;
    std::string_view page = page_;
    std::size_t cells = big_endian(page.substr(3, 2));
    std::size_t content = big_endian(page.substr(5, 2)), lowest = kPageSize;
    bool proper = kLeafHeader + 2 * cells <= content && content <= kPageSize;
    for (std::size_t i = 0; i < cells && kLeafHeader + 2 * i + 2 <= kPageSize; ++i) {
        std::size_t at = big_endian(page.substr(kLeafHeader + 2 * i, 2));
        lowest = std::min(lowest, at);
        if (!take(view, number, at)) proper = false;
    }
    return proper && lowest == content;
}

/// Notes the row that begins there; false where there is none whose check fits.
bool RawRows::take(RawPages::View view, std::uint32_t number, std::size_t offset) {
    if (!load(view, page_, offset, row_)) return false;
    Place place{view, number, static_cast<std::uint32_t>(offset)};
    for (std::size_t i = 0; i < kTables.size(); ++i) {
        auto table = static_cast<Table>(i);
        if (!decode(table, row_)) continue;
        RowCheck check(table);
        int last = static_cast<int>(row_.cells_.size()) - 1;
        for (int column = 0; column < last; ++column) {
            check.add(row_.cells_[static_cast<std::size_t>(column)]);
        }
        bool whole = check.value() == row_.integer(last);
        if (whole) {
            found_[i].emplace(row_.integer(0), place);
            return true;
        }
        if (table == Table::blocks || table == Table::tail) {
            damaged_[i].emplace(row_.integer(0), place);
        }
    }
    return false;
}

bool RawRows::read(Table table, const Place& place, RawRow& row) {
    pages_.read(place.view, place.page, page_);
    return load(place.view, page_, place.offset, row) && decode(table, row);
}

/// The payload of a cell, from its page and the chain behind it. Most bytes of most pages are no
/// row: that must be seen at once.
bool RawRows::load(RawPages::View view, std::string_view page, std::size_t offset, RawRow& row) {
    std::size_t at = offset;
    auto size = varint(page, at);
    auto id = varint(page, at);
    if (!size || !id || at + 2 > page.size()) return false;
    std::size_t begin = at;
    auto header = static_cast<std::uint8_t>(page[at++]);
    if (page[at] != 0 || header < 4 || header > 64) return false;  // the first column, its id
    if (*size > kLargestRow || *size > std::uint64_t{pages_.count()} * kPageSize) return false;

    row.types_.clear();
    std::uint64_t expected = header;
    while (at < begin + header) {
        auto type = varint(page, at);
        auto bytes = type ? size_of(*type) : std::nullopt;
        if (!bytes) return false;
        expected += *bytes;
        row.types_.push_back(*type);
    }
    if (at != begin + header || expected != *size) return false;

    std::size_t local = static_cast<std::size_t>(*size);
    if (local > kMaxLocal) {
        local = kMinLocal + (local - kMinLocal) % (kPageSize - 4);
        if (local > kMaxLocal) local = kMinLocal;
    }
    bool overflows = local < *size;
    if (begin + local + (overflows ? 4 : 0) > page.size()) return false;
    row.payload_.assign(page.substr(begin, local));
    row.body_ = header;
    auto next =
        static_cast<std::uint32_t>(overflows ? big_endian(page.substr(begin + local, 4)) : 0);
    while (row.payload_.size() < *size) {
        if (next == 0 || next > pages_.count()) return false;
        pages_.read(view, next, overflow_);
        std::size_t left = static_cast<std::size_t>(*size) - row.payload_.size();
        row.payload_.append(overflow_, 4, std::min<std::size_t>(left, kPageSize - 4));
        next = static_cast<std::uint32_t>(big_endian(std::string_view(overflow_).substr(0, 4)));
    }
    row.cells_.assign(1, static_cast<std::int64_t>(*id));
    return true;
}

/// The cells of what was loaded; false where the table's columns are of other kinds.
bool RawRows::decode(Table table, RawRow& row) const {
    const std::vector<RawColumn>& columns = all_columns()[static_cast<std::size_t>(table)];
    if (row.types_.size() != columns.size()) return false;
    for (std::size_t i = 1; i < columns.size(); ++i) {
        if (!fits(row.types_[i], columns[i])) return false;
    }
    row.cells_.resize(1);
    std::string_view rest = row.payload_;
    rest.remove_prefix(row.body_);
    for (std::size_t i = 1; i < columns.size(); ++i) {
        std::size_t size = *size_of(row.types_[i]);
        row.cells_.push_back(decode_cell(row.types_[i], columns[i], rest.substr(0, size)));
        rest.remove_prefix(size);
    }
    return true;
}

}  // namespace teatime::timegraph
