#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "teatime/state/image.h"
#include "teatime/state/value.h"

namespace teatime::inspector {

/// `counter.count`, `#17.at[3].x`: how state_tree() and Changes write what is inside `parent`.
std::string path_inside(std::string_view parent, std::string_view key);
std::string path_inside(std::string_view parent, std::size_t index);

/// Small and capital letters of ASCII are the same; `needle` is in small ones.
bool contains_text(std::string_view text, std::string_view needle);
std::string lower(std::string_view text);

/// The name, or a name or value somewhere inside, contains the needle.
bool matches(std::string_view name, const Value& value, std::string_view needle);

/// What people call its objects: `counter`; those that are not in here `#17`. O(names).
std::unordered_map<ObjectId, const std::string*> object_names(const Image& image);

/// Objects whose name or class, or something inside of which, contains the needle; ascending ids.
/// Empty when it is stopped. O(bytes of the image).
std::vector<ObjectId> matching_objects(const Image& image, std::string_view needle,
                                       const std::stop_token& stop);

}  // namespace teatime::inspector
