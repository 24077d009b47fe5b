#pragma once

#include <future>
#include <string>

#include "block.h"
#include "body.h"
#include "zstd_frame.h"

namespace teatime::timegraph {

/// The next block of a recording: collects its messages, then makes its row of them. About 2 MiB,
/// kept when it is used again.
class BlockDraft {
public:
    BlockDraft() = default;
    ~BlockDraft();
    BlockDraft(const BlockDraft&) = delete;
    BlockDraft& operator=(const BlockDraft&) = delete;

    BodyEncoder encoder;
    Stamp first;  ///< of the messages in it

    using ChainHash = std::shared_future<Sha256>;

    /// Begins to make the row: in a thread of its own, or `deferred`, when it is asked for. The
    /// encoder must rest until then. `previous`: the hash of the block before, which may be under
    /// way as well.
    void make(std::launch policy, std::int64_t id, Stamp last, VirtualTime bound,
              ChainHash previous);
    const ChainHash& hash() const { return hash_; }

    struct Made {
        BlockRow row;
        std::string_view summary;
    };
    /// Waits for it. Valid until the next make().
    Made made();

private:
    Sha256 make_row(ChainHash previous);
    std::string summarise() const;

    BlockRow row_;
    std::string previous_, bytes_of_hash_, summary_;
    Packer packer_;
    ChainHash hash_;
};

/// Of a block before the first one.
BlockDraft::ChainHash known_hash(const Sha256& hash);

}  // namespace teatime::timegraph
