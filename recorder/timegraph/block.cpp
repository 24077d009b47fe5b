#include "block.h"

#include <string>

#include "head.h"
#include "teatime/state/bytes.h"

namespace teatime::timegraph {

BlockRow::BlockRow(const Query& query)
    : id(query.integer(0)),
      branch{query.number(1)},
      first(stamp_in(query, 2)),
      last(stamp_in(query, 4)),
      n(query.number(6)),
      bound(time_in(query, 7)),
      raw_len(query.number(8)),
      previous(query.bytes(9)),
      hash(query.bytes(kBlockHashColumn)),
      data(query.bytes(12)) {}

Sha256 BlockRow::compute_hash() const {
    std::string bytes;
    bytes.reserve(previous.size() + 9 * 8 + data.size());
    ByteWriter writer(bytes);
    writer.raw(previous);
    writer.fixed(id);
    writer.fixed(branch.value);
    writer.fixed(std::get<std::int64_t>(cell(first.time)));
    writer.fixed(first.seq.value);
    writer.fixed(std::get<std::int64_t>(cell(last.time)));
    writer.fixed(last.seq.value);
    writer.fixed(n);
    writer.fixed(std::get<std::int64_t>(cell(bound)));
    writer.fixed(raw_len);
    writer.raw(data);
    return sha256(bytes);
}

TailRow::TailRow(const Query& query)
    : id(query.integer(0)),
      first(stamp_in(query, 2)),
      last(stamp_in(query, 4)),
      n(query.number(6)),
      raw_len(query.number(7)),
      data(query.bytes(8)) {}

}  // namespace teatime::timegraph
