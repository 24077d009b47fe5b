#include <fmt/format.h>

#include <algorithm>

#include "codec.h"
#include "image_check.h"

namespace teatime {
namespace {

/// delta := envelope base_identity head
///          varint kept_schemas, added schemas
///          edit of names, edit of subscriptions
///          removed object ids, as steps from the one before
///          changed and new objects
///          indices of queue entries gone, as steps from the one before
///          new queue entries, in execution order
/// edit  := varint kept at the front, varint kept at the end, elements between them
constexpr std::string_view kDeltaMagic = "TTde";

void encode_identity(ByteWriter& writer, const Image& base) {
    writer.varint(base.objects.size());
    writer.varint(base.queue.size());
    writer.signed_varint(base.time.time_since_epoch().count());
    writer.varint(base.executed_at_time);
    writer.varint(base.seq.value);
    writer.fixed(base.hash.low);
    writer.fixed(base.hash.high);
}

template <class Entries>
void encode_edit(ByteWriter& writer, const Entries& before, const Entries& after) {
    std::size_t most = std::min(before.size(), after.size());
    std::size_t front = 0, back = 0;
    while (front < most && before[front] == after[front]) ++front;
    while (front + back < most &&
           before[before.size() - 1 - back] == after[after.size() - 1 - back]) {
        ++back;
    }
    writer.varint(front);
    writer.varint(back);
    writer.varint(after.size() - front - back);
    for (std::size_t i = front; i < after.size() - back; ++i) encode_entry(writer, after[i]);
}

template <class Entries>
void apply_edit(ByteReader& reader, Entries& entries) {
    std::uint64_t front = reader.varint(), back = reader.varint();
    Entries between;
    repeat(reader, [&] { decode_entry(reader, between.emplace_back()); });
    if (front > entries.size() || back > entries.size() - front) reader.fail();
    if (!reader.ok()) return;
    auto begin = entries.begin() + static_cast<std::ptrdiff_t>(front);
    auto end = entries.end() - static_cast<std::ptrdiff_t>(back);
    auto at = entries.erase(begin, end);
    entries.insert(at, std::move_iterator(between.begin()), std::move_iterator(between.end()));
}

/// Ascending numbers, as steps.
void encode_steps(ByteWriter& writer, const std::vector<std::uint64_t>& numbers) {
    writer.varint(numbers.size());
    std::uint64_t last = 0;
    for (std::uint64_t number : numbers) {
        writer.varint(number - last);
        last = number;
    }
}

std::vector<std::uint64_t> decode_steps(ByteReader& reader) {
    std::vector<std::uint64_t> numbers;
    std::uint64_t last = 0;
    repeat(reader, [&] { numbers.push_back(last += reader.varint()); });
    return numbers;
}

/// Walks two sorted sequences: `gone(i)` for what only the first has, `came(j)` for what only the
/// second has, `both(i, j)` for what has the same key in both.
template <class A, class Before, class Gone, class Both, class Came>
void compare_sorted(const A& a, const A& b, Before before, Gone gone, Both both, Came came) {
    std::size_t i = 0, j = 0;
    while (i < a.size() || j < b.size()) {
        if (j == b.size() || (i < a.size() && before(a[i], b[j]))) {
            gone(i++);
        } else if (i == a.size() || before(b[j], a[i])) {
            came(j++);
        } else {
            both(i++, j++);
        }
    }
}

void encode_objects(ByteWriter& writer, const Image& base, const Image& next,
                    std::size_t kept_schemas) {
    std::vector<std::uint64_t> removed;
    std::vector<std::size_t> changed;
    compare_sorted(
        base.objects, next.objects,
        [](const Image::Object& a, const Image::Object& b) { return a.id < b.id; },
        [&](std::size_t i) { removed.push_back(base.objects[i].id.value); },
        [&](std::size_t i, std::size_t j) {
            const Image::Object& object = base.objects[i];
            if (object.schema >= kept_schemas || object != next.objects[j]) changed.push_back(j);
        },
        [&](std::size_t j) { changed.push_back(j); });
    encode_steps(writer, removed);
    writer.varint(changed.size());
    ObjectId last;
    for (std::size_t j : changed) encode_object(writer, next.objects[j], last);
}

void encode_queue(ByteWriter& writer, const Image& base, const Image& next) {
    std::vector<std::uint64_t> gone;
    std::vector<std::size_t> came;
    compare_sorted(
        base.queue, next.queue, executes_before, [&](std::size_t i) { gone.push_back(i); },
        [&](std::size_t i, std::size_t j) {
            if (base.queue[i] == next.queue[j]) return;
            gone.push_back(i);
            came.push_back(j);
        },
        [&](std::size_t j) { came.push_back(j); });
    encode_steps(writer, gone);
    writer.varint(came.size());
    for (std::size_t j : came) encode_entry(writer, next.queue[j]);
}

/// Replaces `entries` by what is left of them without `gone` (indices), merged with `came`, and
/// returns where those are now. False order is found by the checks afterwards.
template <class Entries, class Before>
std::vector<std::size_t> merge(ByteReader& reader, Entries& entries,
                               const std::vector<std::uint64_t>& gone, Entries came,
                               Before before) {
    Entries merged;
    merged.reserve(entries.size() + came.size());
    std::vector<std::size_t> places;
    std::size_t next_gone = 0, next_came = 0;
    auto take_new = [&] {
        places.push_back(merged.size());
        merged.push_back(std::move(came[next_came++]));
    };
    for (std::size_t i = 0; i < entries.size(); ++i) {
        while (next_came < came.size() && before(came[next_came], entries[i])) take_new();
        if (next_gone < gone.size() && gone[next_gone] == i) {
            ++next_gone;
        } else {
            merged.push_back(std::move(entries[i]));
        }
    }
    while (next_came < came.size()) take_new();
    if (next_gone < gone.size()) reader.fail();
    entries = std::move(merged);
    return places;
}

struct Applied {
    std::vector<std::size_t> objects;   ///< indices of those that changed or are new
    std::vector<std::size_t> messages;  ///< the same in the queue
    bool all = false;                   ///< what did not change may have lost its class
};

/// Removed and changed objects go, then changed and new ones come: one merge.
void apply_objects(ByteReader& reader, Image& image, Applied& applied) {
    std::vector<std::uint64_t> gone = decode_steps(reader);
    for (std::uint64_t& id : gone) {
        const Image::Object* object = image.find_object({id});
        if (!object) return reader.fail();
        id = static_cast<std::uint64_t>(object - image.objects.data());
    }
    std::vector<Image::Object> came;
    ObjectId last;
    repeat(reader, [&] { came.push_back(decode_object_entry(reader, last)); });
    for (const Image::Object& object : came) {
        const Image::Object* old = image.find_object(object.id);
        if (!old) continue;
        applied.all = applied.all || old->schema != object.schema;
        gone.push_back(static_cast<std::uint64_t>(old - image.objects.data()));
    }
    std::sort(gone.begin(), gone.end());
    applied.objects =
        merge(reader, image.objects, gone, std::move(came),
              [](const Image::Object& a, const Image::Object& b) { return a.id < b.id; });
}

result<void> check_applied(const Image& image, const Applied& applied) {
    auto check = ImageCheck::of(image);
    if (!check) return check.error();
    if (applied.all) return check->everything();
    if (auto good = check->frame(); !good) return good;
    for (std::size_t i : applied.objects) {
        if (auto good = check->object(image.objects[i]); !good) return good;
    }
    for (std::size_t i : applied.messages) {
        if (auto good = check->message(image.queue[i]); !good) return good;
    }
    return {};
}

}  // namespace

std::string make_delta(const Image& base, const Image& next) {
    std::string out;
    start_envelope(out, kDeltaMagic);
    ByteWriter writer(out);
    encode_identity(writer, base);
    encode_head(writer, next);
    auto kept = static_cast<std::size_t>(std::mismatch(base.schemas.begin(), base.schemas.end(),
                                                       next.schemas.begin(), next.schemas.end())
                                             .first -
                                         base.schemas.begin());
    writer.varint(kept);
    writer.varint(next.schemas.size() - kept);
    for (std::size_t i = kept; i < next.schemas.size(); ++i) {
        encode_schema(writer, next.schemas[i]);
    }
    encode_edit(writer, base.names, next.names);
    encode_edit(writer, base.subscriptions, next.subscriptions);
    encode_objects(writer, base, next, kept);
    encode_queue(writer, base, next);
    seal_envelope(out);
    return out;
}

result<Image> apply_delta(Image image, std::string_view delta) {
    auto content = open_envelope(delta, kDeltaMagic, "state change");
    if (!content) return content.error();
    std::string identity;
    ByteWriter writer(identity);
    encode_identity(writer, image);
    ByteReader reader(*content);
    if (reader.raw(identity.size()) != identity) {
        return unreadable(fmt::format("the saved state change does not belong to the state at {}",
                                      to_string(image.mark())));
    }
    Applied applied;
    decode_head(reader, image);
    std::uint64_t kept = reader.varint();
    if (kept > image.schemas.size()) reader.fail();
    applied.all = kept < image.schemas.size();
    if (reader.ok()) image.schemas.resize(kept);
    Error broken;
    decode_schemas(reader, image.schemas, broken);
    apply_edit(reader, image.names);
    apply_edit(reader, image.subscriptions);
    apply_objects(reader, image, applied);
    std::vector<std::uint64_t> gone = decode_steps(reader);
    std::vector<Image::Message> came;
    repeat(reader, [&] { decode_entry(reader, came.emplace_back()); });
    applied.messages = merge(reader, image.queue, gone, std::move(came), executes_before);
    if (!broken.message.empty()) return broken;
    if (!reader.done()) {
        return unreadable("the saved state change is damaged: its parts do not fit");
    }
    if (auto good = check_applied(image, applied); !good) return good.error();
    return image;
}

}  // namespace teatime
