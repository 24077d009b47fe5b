#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "layout.h"
#include "teatime/state/image.h"
#include "teatime/state/value.h"

namespace teatime {

/// Reads a value that Layout::check() accepted. What takes no bytes is left out, so that the
/// result is never much larger than the bytes.
Value read_value(const Layout& layout, std::uint32_t type, ByteReader& reader);

/// Goes to what `part` names inside a value that Layout::check() accepted, and is no optional: its
/// type, with the reader before it. Empty where there is no such part.
std::optional<std::uint32_t> enter(const Layout& layout, std::uint32_t type, std::string_view part,
                                   ByteReader& reader);

/// Takes `.key`, `[3]` or `["key"]` from the front of `path`; the first may come without its dot.
std::optional<std::string> take_part(std::string_view& path);
/// Where take_part() found none.
Error no_path(std::string_view path);

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
