#include "object_table.h"

#include <algorithm>

namespace teatime {

ObjectTable::~ObjectTable() {
    for_each([](ObjectId, const Slot& slot) { slot.info->destroy(slot.object); });
}

void ObjectTable::insert(ObjectId id, Object* object, const ClassInfo* info,
                         std::uint32_t class_index) {
    std::uint64_t index = id.value / kPage;
    if (index >= pages_.size()) pages_.resize(index + 1);
    if (!pages_[index]) pages_[index] = std::make_unique<Page>();
    Page& page = *pages_[index];
    page.slots[id.value % kPage] = {object, info, class_index};
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

std::vector<ObjectId> ObjectTable::take_touched() {
    std::vector<ObjectId> touched;
    std::sort(touched_pages_.begin(), touched_pages_.end());
    for (std::uint64_t index : touched_pages_) {
        Page& page = *pages_[index];
        for (std::uint64_t bits = page.touched; bits != 0; bits &= bits - 1) {
            touched.push_back({index * kPage + static_cast<std::uint64_t>(std::countr_zero(bits))});
        }
        page.touched = 0;
        free_if_empty(index);
    }
    touched_pages_.clear();
    return touched;
}

}  // namespace teatime
