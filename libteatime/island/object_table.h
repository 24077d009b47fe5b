#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "teatime/island/class_info.h"
#include "teatime/state/ids.h"

namespace teatime {

/// The objects of an Island by id, in pages of 64, with what was touched since the last hash and
/// since the last keyframe. Owns the objects. Ids only grow; a page without objects takes no
/// memory.
class ObjectTable {
public:
    static constexpr std::uint64_t kPage = 64;

    struct Slot {
        Object* object = nullptr;  ///< null: no object, or hidden
        const ClassInfo* info = nullptr;
        std::uint32_t class_index = 0;
        bool touched = false;  ///< known to all sets of its page: not to look there again
    };

    ~ObjectTable();

    Slot* find(ObjectId id) {
        std::uint64_t page = id.value / kPage;
        if (page >= pages_.size() || !pages_[page]) return nullptr;
        Slot& slot = pages_[page]->slots[id.value % kPage];
        return slot.object ? &slot : nullptr;
    }

    /// Soon to be used: gets its slot out of memory meanwhile, then the object itself. Always
    /// inlined: gcc drops calls to what only prefetches.
    [[gnu::always_inline]] void prefetch_slot(ObjectId id) const {
        std::uint64_t page = id.value / kPage;
        if (page < pages_.size() && pages_[page]) {
            __builtin_prefetch(&pages_[page]->slots[id.value % kPage]);
        }
    }
    [[gnu::always_inline]] void prefetch_object(ObjectId id) const {
        std::uint64_t page = id.value / kPage;
        if (page < pages_.size() && pages_[page]) {
            __builtin_prefetch(pages_[page]->slots[id.value % kPage].object);
        }
    }

    /// Requires: find(id) is not null or the object has just gone.
    void touch(ObjectId id) {
        Page& page = *pages_[id.value / kPage];
        Slot& slot = page.slots[id.value % kPage];
        if (slot.touched) return;
        slot.touched = true;
        std::uint64_t bit = std::uint64_t{1} << (id.value % kPage);
        if (page.unhashed == 0) unhashed_pages_.push_back(id.value / kPage);
        if (page.touched == 0) touched_pages_.push_back(id.value / kPage);
        page.unhashed |= bit;
        page.touched |= bit;
        if ((page.told & bit) == 0) {
            page.told |= bit;
            watched_touched_.push_back(id);
        }
    }

    /// From now on, which of `ids` (of objects that are there, were or will be) are touched. In
    /// place of those watched before.
    void watch(std::vector<ObjectId> ids);
    bool watched_touched() const { return !watched_touched_.empty(); }
    /// Each watched object once that was touched since the last call.
    std::vector<ObjectId> take_watched();

    void insert(ObjectId id, Object* object, const ClassInfo* info, std::uint32_t class_index);
    /// Hides it; the caller frees it. Touches it.
    Slot remove(ObjectId id);

    std::size_t size() const { return size_; }

    /// Calls visit(id, slot) in ascending order.
    template <class Visit>
    void for_each(Visit visit) const {
        for (std::uint64_t page = 0; page < pages_.size(); ++page) {
            if (!pages_[page]) continue;
            for (std::uint64_t i = 0; i < kPage; ++i) {
                const Slot& slot = pages_[page]->slots[i];
                if (slot.object) visit(ObjectId{page * kPage + i}, slot);
            }
        }
    }

    /// Calls visit(id, slot or null where it is gone) for what was touched since the last call.
    template <class Visit>
    void take_unhashed(Visit visit) {
        for (std::uint64_t index : unhashed_pages_) {
            Page& page = *pages_[index];
            for (std::uint64_t bits = page.unhashed; bits != 0; bits &= bits - 1) {
                auto i = static_cast<std::uint64_t>(std::countr_zero(bits));
                Slot& slot = page.slots[i];
                slot.touched = false;
                visit(ObjectId{index * kPage + i}, slot.object ? &slot : nullptr);
            }
            page.unhashed = 0;
            free_if_empty(index);
        }
        unhashed_pages_.clear();
    }

    std::vector<ObjectId> take_touched();

private:
    struct Page {
        std::array<Slot, kPage> slots;
        std::uint64_t used = 0;
        std::uint64_t unhashed = 0;
        std::uint64_t touched = 0;
        std::uint64_t told = ~std::uint64_t{0};  ///< touching it is no news: not watched, or told
    };
    std::uint64_t unwatched(std::uint64_t page) const;
    void free_if_empty(std::uint64_t index) {
        Page& page = *pages_[index];
        if (page.used == 0 && page.unhashed == 0 && page.touched == 0) pages_[index].reset();
    }

    std::vector<std::unique_ptr<Page>> pages_;
    std::vector<std::uint64_t> unhashed_pages_;
    std::vector<std::uint64_t> touched_pages_;
    std::vector<ObjectId> watched_;  ///< ascending
    std::vector<ObjectId> watched_touched_;
    std::size_t size_ = 0;
};

}  // namespace teatime
