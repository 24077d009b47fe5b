#include "teatime/timegraph/filter.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "database.h"
#include "new_file.h"
#include "teatime/timegraph/reader.h"
#include "teatime/timegraph/writer.h"

namespace teatime::timegraph {
namespace {

template <class T>
T required(result<T> outcome) {
    if (!outcome) throw Failure{outcome.error()};
    if constexpr (!std::is_void_v<T>) return std::move(*outcome);
}

Meta meta_of(const Reader::Info& info, const Expression& where) {
    Meta meta = info.meta;
    std::string& filter = meta.more[kFilterMeta];
    filter = filter.empty() ? where.text() : fmt::format("({}) && ({})", filter, where.text());
    return meta;
}

std::uint64_t copy_messages(const Reader& reader, Writer& writer, const Expression& where,
                            const Reader::End& end, const Watch& watch) {
    std::uint64_t kept = 0;
    auto told = [&](Seq position) {
        go_on(watch, static_cast<double>(position.value) / static_cast<double>(end.last.seq.value));
        return position < end.last.seq;
    };
    auto cursor = reader.search({.where = where, .go_on = told});
    for (; cursor.next() && cursor.message().stamp.seq <= end.last.seq; ++kept) {
        required(writer.append(cursor.message()));
    }
    required(cursor.status());
    return kept;
}

void copy_rows(const Reader& reader, Writer& writer) {
    for (const Member& member : required(reader.members())) {
        required(writer.member_joined(member.id, member.name, member.role, member.joined));
        if (member.left) required(writer.member_left(member.id, *member.left));
    }
    for (const ClockPoint& point : required(reader.clock())) required(writer.clock(point));
    for (const Bookmark& bookmark : required(reader.bookmarks())) {
        required(writer.bookmark(bookmark));
    }
    for (const HandlerError& error : required(reader.errors())) required(writer.error(error));
}

}  // namespace

result<Filtered> filter(const std::string& from, const std::string& to, const Expression& where,
                        const Watch& watch) {
    return guarded([&] {
        Reader reader = required(Reader::open(from));
        NewFile file(to);
        Reader::Info info = required(reader.info());
        Meta meta = meta_of(info, where);
        Writer writer = required(Writer::create(file.part(), meta, {.durable = false}));
        // Explains all of them, before any: else each that is left out would be a gap of its own.
        required(writer.gap(
            {info.end.bound, next(info.end.last.seq)},
            fmt::format("only those for which {} holds were kept", meta.more[kFilterMeta])));
        Filtered filtered{.messages = info.end.messages};
        filtered.kept = copy_messages(reader, writer, where, info.end, watch);
        copy_rows(reader, writer);
        writer.reach(info.end.bound, info.end.wall);
        required(writer.close());
        go_on(watch, 1);
        file.keep();
        return filtered;
    });
}

}  // namespace teatime::timegraph
