#include "teatime/timegraph/filter.h"

#include <fmt/format.h>

#include "need.h"
#include "new_file.h"
#include "part.h"
#include "teatime/timegraph/reader.h"
#include "teatime/timegraph/writer.h"

namespace teatime::timegraph {
namespace {

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
    for (; cursor.next() && cursor.stamp().seq <= end.last.seq; ++kept) {
        need(writer.append(cursor));
    }
    need(cursor.status());
    return kept;
}

void copy_rows(const Reader& reader, Writer& writer) {
    for (const Member& member : need(reader.members())) {
        need(writer.member_joined(member.id, member.name, member.role, member.joined));
        if (member.left) need(writer.member_left(member.id, *member.left));
    }
    for (const ClockPoint& point : need(reader.clock())) need(writer.clock(point));
    for (const Bookmark& bookmark : need(reader.bookmarks())) {
        if (is_trunk(bookmark.mark)) need(writer.bookmark(bookmark));
    }
    for (const HandlerError& error : need(reader.errors())) {
        if (is_trunk(error.mark)) need(writer.error(error));
    }
}

}  // namespace

const std::string* filter_of(const Meta& meta) {
    auto filter = meta.more.find(kFilterMeta);
    return filter == meta.more.end() ? nullptr : &filter->second;
}

result<Filtered> filter(const std::string& from, const std::string& to, const Expression& where,
                        const Watch& watch) {
    return guarded([&] {
        Reader reader = need(Reader::open(from));
        NewFile file(to);
        Reader::Info info = need(reader.info());
        Meta meta = meta_of(info, where);
        Writer writer = need(Writer::create(file.part(), meta, {.durable = false}));
        // Explains all of them, before any: else each that is left out would be a gap of its own.
        need(writer.gap(
            {info.end.bound, next(info.end.last.seq)},
            fmt::format("only those for which {} holds were kept", meta.more[kFilterMeta])));
        Filtered filtered{.messages = info.end.messages};
        filtered.kept = copy_messages(reader, writer, where, info.end, watch);
        copy_rows(reader, writer);
        writer.reach(info.end.bound, info.end.wall);
        need(writer.close());
        go_on(watch, 1);
        file.keep();
        return filtered;
    });
}

}  // namespace teatime::timegraph
