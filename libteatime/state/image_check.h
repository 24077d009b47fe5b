#pragma once

#include <vector>

#include "layout.h"
#include "teatime/state/image.h"

namespace teatime {

/// The parts of check_image(), for those who need not check all again.
class ImageCheck {
public:
    /// Keeps a reference to `image`, and pointers into its schemas.
    static result<ImageCheck> of(const Image& image);

    /// Order, ids and indices of everything; no encodings.
    result<void> frame() const;
    result<void> object(const Image::Object& object) const;
    result<void> message(const Image::Message& message) const;
    result<void> everything() const;

private:
    explicit ImageCheck(const Image& image) : image_(&image) {}
    const Image* image_;
    std::vector<Layout> layouts_;
};

}  // namespace teatime
