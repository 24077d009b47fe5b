#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "database.h"
#include "head.h"
#include "keyframe_row.h"
#include "teatime/state/bytes.h"
#include "teatime/timegraph/reader.h"
#include "zstd_frame.h"

namespace teatime::timegraph {

namespace {

/// Nearly as many objects: more than a state that can be kept has.
constexpr std::size_t kMostTouchedBytes = 8u << 20;

}  // namespace

result<std::vector<ObjectId>> unpack_touched(std::string_view frame) {
    std::string bytes;
    if (auto unpacked = unpack(frame, kMostTouchedBytes, bytes); !unpacked) return unpacked.error();
    std::vector<ObjectId> touched;
    ByteReader reader(bytes);
    std::uint64_t id = 0;
    while (!reader.done()) {
        std::uint64_t more = reader.varint();
        bool ascends = touched.empty() || (more > 0 && id + more > id);
        if (!reader.ok() || !ascends) return unreadable("ids of touched objects that do not fit");
        touched.push_back({id += more});
    }
    return touched;
}

namespace {

KeyframeInfo info_of(Database& database, const Query& query) {
    KeyframeInfo info;
    info.id = query.integer(0);
    info.mark = mark_in(query, 1);
    info.seq = {query.number(4)};
    info.kind = static_cast<KeyframeInfo::Kind>(query.integer(5));
    info.hash = query.string(7);
    info.stored_bytes = query.bytes(9).size() + query.bytes(10).size();
    if (query.integer(5) < 0 || query.integer(5) > 2) {
        database.damaged(fmt::format("keyframe {} is damaged", info.id));
    }
    return info;
}

/// The blobs that make the state: the keyframe's own first, then each one's base.
std::vector<std::string> load_chain(Database& database, std::int64_t id) {
    std::vector<std::string> chain;
    for (;;) {
        Query query(database, "SELECT * FROM keyframes WHERE id = ?1", {id});
        if (!query.next_checked(Table::keyframes)) {
            database.damaged(fmt::format("keyframe {} is missing", id));
        }
        chain.emplace_back();
        auto unpacked = unpack(query.bytes(10), database.largest(Table::keyframes), chain.back());
        if (!unpacked) {
            database.damaged(fmt::format("keyframe {}: {}", id, unpacked.error().message));
        }
        if (query.is_null(6)) return chain;
        // Bases are older rows; a file that says otherwise would lead in circles.
        std::int64_t base = query.integer(6);
        if (base >= id || chain.size() > kDeltasPerFull) {
            database.damaged(fmt::format("keyframe {} has no proper base", id));
        }
        id = base;
    }
}

}  // namespace

result<std::vector<KeyframeInfo>> Reader::keyframes(std::vector<Error>* damaged) const {
    return guarded([&] {
        std::vector<KeyframeInfo> keyframes;
        Query query(*database_, "SELECT * FROM keyframes WHERE branch = 0 ORDER BY time, n, id");
        while (query.next_checked(Table::keyframes, damaged))
            keyframes.push_back(info_of(*database_, query));
        return keyframes;
    });
}

result<std::optional<KeyframeInfo>> Reader::keyframe_before(const Mark& mark,
                                                            std::vector<Error>* damaged) const {
    return guarded([&] {
        Query query(*database_,
                    "SELECT * FROM keyframes WHERE branch = ?1 AND (time, n) <= (?2, ?3) "
                    "ORDER BY time DESC, n DESC, id DESC",
                    {cell(mark.branch), cell(mark.time), cell_of_n(mark.n)});
        std::optional<KeyframeInfo> keyframe;
        if (query.next_checked(Table::keyframes, damaged)) keyframe = info_of(*database_, query);
        return keyframe;
    });
}

result<std::vector<ObjectId>> Reader::touched(const KeyframeInfo& keyframe) const {
    return guarded([&] {
        std::vector<ObjectId> all;
        // Each of several at one Mark tells what was touched since the one before: it is the first
        // that tells of the way to that Mark.
        Query query(*database_,
                    "SELECT * FROM keyframes WHERE branch = ?1 AND time = ?2 AND n = ?3 AND "
                    "id <= ?4 ORDER BY id",
                    {cell(keyframe.mark.branch), cell(keyframe.mark.time),
                     cell_of_n(keyframe.mark.n), keyframe.id});
        while (query.next_checked(Table::keyframes)) {
            auto one = unpack_touched(query.bytes(9));
            if (!one)
                database_->damaged(
                    fmt::format("keyframe {}: {}", query.integer(0), one.error().message));
            std::vector<ObjectId> before = std::exchange(all, {});
            std::set_union(before.begin(), before.end(), one->begin(), one->end(),
                           std::back_inserter(all));
        }
        return all;
    });
}

result<Image> Reader::image(const KeyframeInfo& keyframe) const {
    if (keyframe.kind == KeyframeInfo::Kind::foreign) {
        return wrong_usage(
            fmt::format("{}: the state at {} is a foreign one, only its own client "
                        "can read it",
                        path(), to_string(keyframe.mark)));
    }
    auto chain = guarded([&] { return load_chain(*database_, keyframe.id); });
    if (!chain) return chain.error();
    result<Image> image = decode_image(chain->back());
    for (auto delta = chain->rbegin() + 1; image && delta != chain->rend(); ++delta) {
        image = apply_delta(*image, *delta);
    }
    if (!image) {
        return unreadable(
            fmt::format("{}: keyframe {}: {}", path(), keyframe.id, image.error().message));
    }
    return image;
}

result<std::vector<Schema>> Reader::schemas() const {
    return guarded([&] {
        std::vector<Schema> schemas;
        std::string bytes;
        Query query(*database_, "SELECT * FROM schemas ORDER BY id");
        while (query.next_checked(Table::schemas)) {
            auto unpacked = unpack(query.bytes(3), database_->largest(Table::schemas), bytes);
            ByteReader reader(bytes);
            auto schema = unpacked ? decode_schema(reader) : unpacked.error();
            if (!schema) {
                database_->damaged(
                    fmt::format("schema {}: {}", query.integer(0), schema.error().message));
            }
            schemas.push_back(std::move(*schema));
        }
        return schemas;
    });
}

result<std::string> Reader::foreign_state(const KeyframeInfo& keyframe) const {
    auto chain = guarded([&] { return load_chain(*database_, keyframe.id); });
    if (!chain) return chain.error();
    return std::move(chain->front());
}

}  // namespace teatime::timegraph
