#include "image_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "codec.h"

namespace teatime {
namespace {

Error damaged(std::string_view what) {
    return unreadable(fmt::format("the saved state is damaged: {}", what));
}

}  // namespace

result<ImageCheck> ImageCheck::of(const Image& image) {
    ImageCheck check(image);
    for (const Schema& schema : image.schemas) {
        auto layout = Layout::of(schema);
        if (!layout) return layout.error();
        check.layouts_.push_back(std::move(*layout));
    }
    return check;
}

result<void> ImageCheck::frame() const {
    const Image& image = *image_;
    auto given = [&](ObjectId id) { return id && id.value < image.next_object; };
    if (image.next_object == 0) return damaged("the next object id is 0");
    ObjectId last_object;
    for (const Image::Object& object : image.objects) {
        if (object.id <= last_object || !given(object.id)) {
            return damaged(fmt::format("object #{} is out of order", object.id.value));
        }
        if (object.schema >= image.schemas.size()) {
            return damaged(fmt::format("object #{} is of no class", object.id.value));
        }
        last_object = object.id;
    }
    if (image.root && !given(image.root)) return damaged("its root was never created");
    for (std::size_t i = 0; i < image.names.size(); ++i) {
        const auto& [name, id] = image.names[i];
        bool ordered = i == 0 || image.names[i - 1].first < name;
        if (!ordered || !given(id)) return damaged(fmt::format("the name `{}`", name));
    }
    for (const Image::Subscription& subscription : image.subscriptions) {
        if (!given(subscription.subscriber)) {
            return damaged(fmt::format("a subscription to `{}`", subscription.event));
        }
    }
    for (std::size_t i = 0; i < image.queue.size(); ++i) {
        const Image::Message& message = image.queue[i];
        bool ordered = i == 0 || executes_before(image.queue[i - 1], message);
        bool possible = message.external
                            ? message.order >= 1 && message.order <= image.seq.value
                            : message.order < image.next_internal && given(message.target);
        if (!ordered || !possible || message.time < image.time) {
            return damaged(fmt::format("{} message {} at {} is out of order",
                                       message.external ? "external" : "internal", message.order,
                                       to_string(message.time)));
        }
    }
    return {};
}

result<void> ImageCheck::object(const Image::Object& object) const {
    if (layouts_[object.schema].check_all(0, object.fields)) return {};
    return damaged(fmt::format("the fields of #{} are no {}", object.id.value,
                               image_->schemas[object.schema].class_name));
}

result<void> ImageCheck::message(const Image::Message& message) const {
    // The class of a target that is gone, and with it the arguments' types, are not known any more.
    const Image::Object* target = message.external ? nullptr : image_->find_object(message.target);
    if (!target) return {};
    const Layout& layout = layouts_[target->schema];
    const Schema::Function* function = layout.schema().find_function(message.selector);
    if (!function) return {};  // running it is a named error, which is history
    ByteReader reader(message.arguments);
    bool good = std::all_of(function->arguments.begin(), function->arguments.end(),
                            [&](std::uint32_t type) { return layout.check(type, reader); });
    if (good && reader.done()) return {};
    return damaged(fmt::format("the arguments of `#{}.{}` at {}", message.target.value,
                               message.selector, to_string(message.time)));
}

result<void> ImageCheck::everything() const {
    if (auto good = frame(); !good) return good;
    for (const Image::Object& one : image_->objects) {
        if (auto good = object(one); !good) return good;
    }
    for (const Image::Message& one : image_->queue) {
        if (auto good = message(one); !good) return good;
    }
    return {};
}

result<void> check_image(const Image& image) {
    auto check = ImageCheck::of(image);
    if (!check) return check.error();
    return check->everything();
}

}  // namespace teatime
