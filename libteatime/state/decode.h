#pragma once

#include <string>
#include <unordered_map>

#include "layout.h"
#include "teatime/state/image.h"
#include "teatime/state/value.h"

namespace teatime {

/// Reads a value that Layout::check() accepted. What takes no bytes is left out, so that the
/// result is never much larger than the bytes.
Value read_value(const Layout& layout, std::uint32_t type, ByteReader& reader);

/// What people call the objects of an image. Keeps a reference to the image. O(names) to make.
class Labels {
public:
    explicit Labels(const Image& image);
    std::string name(ObjectId id) const;   ///< `counter` or `#17`
    std::string label(ObjectId id) const;  ///< `counter` or `#17 (Disc)`

private:
    const Image& image_;
    std::unordered_map<ObjectId, const std::string*> names_;
};

/// `counter.step() at 12.5s`
std::string describe(const Labels& labels, const Image& image, const Image::Message& message);
/// `counter.step on all/tick`
std::string describe(const Labels& labels, const Image::Subscription& subscription);
/// The four words of the random state.
Value describe_random(const Image& image);

/// `.x` or `[3]` or `["two words"]`, as paths are written behind what `parent` names.
std::string child_path(const std::string& parent, std::string_view key);
std::string child_path(const std::string& parent, std::size_t index);

}  // namespace teatime
