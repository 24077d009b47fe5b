#pragma once

#include <optional>

#include "teatime/capture/replica.h"
#include "teatime/island/island.h"

namespace teatime::capture {

/// A replica in this process, which fails when told.
class IslandReplica : public Replica {
public:
    explicit IslandReplica(const Module& module, std::optional<std::uint64_t> fails_after = {})
        : module_(module), left_(fails_after) {}

    result<void> start(const std::string& session_id) override {
        return take(Island::create(module_, session_id));
    }
    result<void> restore(const Image& image) override {
        return take(Island::restore(module_, image));
    }
    result<Ran> run(const std::vector<timegraph::Message>& messages, VirtualTime bound,
                    std::size_t budget) override {
        for (const timegraph::Message& message : messages) {
            auto queued = island_->enqueue({message.stamp, message.sender, message.payload});
            if (!queued) return queued.error();
        }
        island_->set_bound(bound);
        Ran ran;
        while (ran.executed < budget) {
            if (left_ && (*left_)-- == 0)
                return failed("the module crashed at " + to_string(island_->mark()));
            auto one = island_->execute_next();
            if (!one) break;
            ++ran.executed;
            if (one->error)
                ran.errors.push_back(
                    {one->error->mark, island_->seq(), one->error->type, one->error->sentence});
        }
        ran.mark = island_->mark();
        ran.next = island_->next_time();
        ran.more = ran.next && *ran.next <= bound;
        return ran;
    }
    result<State> state() override { return State{island_->image(), island_->take_touched()}; }

private:
    result<void> take(result<std::unique_ptr<Island>> island) {
        if (!island) return island.error();
        island_ = std::move(*island);
        return {};
    }

    const Module& module_;
    std::optional<std::uint64_t> left_;
    std::unique_ptr<Island> island_;
};

}  // namespace teatime::capture
