#include "block_draft.h"

#include <algorithm>
#include <utility>

#include "summary.h"

namespace teatime::timegraph {
namespace {

constexpr std::size_t kLeastSummary = 128;

std::string bytes_of(const Sha256& hash) {
    return {hash.begin(), hash.end()};
}

}  // namespace

BlockDraft::ChainHash known_hash(const Sha256& hash) {
    std::promise<Sha256> known;
    known.set_value(hash);
    return known.get_future().share();
}

BlockDraft::~BlockDraft() {
    if (hash_.valid()) hash_.wait();  // a thread may be at work on it
}

void BlockDraft::make(std::launch policy, std::int64_t id, Stamp last, VirtualTime bound,
                      ChainHash previous) {
    row_ = {};
    row_.id = id;
    row_.first = first;
    row_.last = last;
    row_.bound = bound;
    // Holds on to the one before only until it has run, else each would to all before it.
    auto run = [this, before = std::move(previous)]() mutable {
        return make_row(std::exchange(before, {}));
    };
    hash_ = std::async(policy, std::move(run)).share();
}

Sha256 BlockDraft::make_row(ChainHash previous) {
    auto end = encoder.end();
    std::string_view body = encoder.body(encoder.begin(), end);
    row_.n = end.messages;
    row_.raw_len = body.size();
    row_.data = packer_.pack(body);
    summary_ = summarise();
    previous_ = bytes_of(previous.get());
    row_.previous = previous_;
    Sha256 hash = row_.compute_hash();
    bytes_of_hash_ = bytes_of(hash);
    row_.hash = bytes_of_hash_;
    return hash;
}

/// A hundredth of what it saves to read.
std::string BlockDraft::summarise() const {
    SummaryMaker summary;
    encoder.each_voice(
        [&](MemberId sender) { summary.add_sender(sender); },
        [&](std::string_view payload, std::size_t holes) { summary.add_shape(payload, holes); });
    return summary.encode({row_.id, row_.branch, row_.first, row_.last, row_.n},
                          std::max(kLeastSummary, row_.data.size() / 100));
}

BlockDraft::Made BlockDraft::made() {
    hash_.get();
    return {row_, summary_};
}

}  // namespace teatime::timegraph
