#include "object_table.h"

#include <algorithm>
#include <utility>

namespace teatime {

ObjectTable::~ObjectTable() {
    for_each([](ObjectId, const Slot& slot) { slot.info->destroy(slot.object); });
}

void ObjectTable::insert(ObjectId id, Object* object, const ClassInfo* info,
                         std::uint32_t class_index) {
    std::uint64_t index = id.value / kPage;
    if (index >= pages_.size()) pages_.resize(index + 1);
    if (!pages_[index]) {
        pages_[index] = std::make_unique<Page>();
        pages_[index]->told = unwatched(index);
    }
    Page& page = *pages_[index];
    page.slots[id.value % kPage] = {object, info, class_index, false};
    ++page.used;
    ++size_;
    touch(id);
}

ObjectTable::Slot ObjectTable::remove(ObjectId id) {
    touch(id);
    Page& page = *pages_[id.value / kPage];
    Slot slot = page.slots[id.value % kPage];
    page.slots[id.value % kPage] = {};
    --page.used;
    --size_;
    return slot;
}

std::uint64_t ObjectTable::unwatched(std::uint64_t page) const {
    std::uint64_t mask = ~std::uint64_t{0};
    auto id = std::lower_bound(watched_.begin(), watched_.end(), ObjectId{page * kPage});
    for (; id != watched_.end() && id->value / kPage == page; ++id) {
        mask &= ~(std::uint64_t{1} << (id->value % kPage));
    }
    return mask;
}

void ObjectTable::watch(std::vector<ObjectId> ids) {
    std::sort(ids.begin(), ids.end());
    ids.swap(watched_);
    watched_touched_.clear();
    for (const auto& all : {ids, watched_}) {
        for (ObjectId id : all) {
            std::uint64_t page = id.value / kPage;
            if (page >= pages_.size() || !pages_[page]) continue;
            pages_[page]->told = unwatched(page);
            pages_[page]->slots[id.value % kPage].touched = false;
        }
    }
}

std::vector<ObjectId> ObjectTable::take_watched() {
    for (ObjectId id : watched_touched_) {
        std::uint64_t page = id.value / kPage;
        if (!pages_[page]) continue;
        pages_[page]->told &= ~(std::uint64_t{1} << (id.value % kPage));
        pages_[page]->slots[id.value % kPage].touched = false;
    }
    return std::exchange(watched_touched_, {});
}

std::vector<ObjectId> ObjectTable::take_touched() {
    std::vector<ObjectId> touched;
    std::sort(touched_pages_.begin(), touched_pages_.end());
    for (std::uint64_t index : touched_pages_) {
        Page& page = *pages_[index];
        for (std::uint64_t bits = page.touched; bits != 0; bits &= bits - 1) {
            auto i = static_cast<std::uint64_t>(std::countr_zero(bits));
            page.slots[i].touched = false;
            touched.push_back({index * kPage + i});
        }
        page.touched = 0;
        free_if_empty(index);
    }
    touched_pages_.clear();
    return touched;
}

}  // namespace teatime
