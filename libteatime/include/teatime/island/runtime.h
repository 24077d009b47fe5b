#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "teatime/island/export.h"
#include "teatime/state/ids.h"
#include "teatime/state/value.h"

namespace teatime {

struct ClassInfo;
struct FunctionInfo;
class Object;
class Random;

/// What a running message can ask of the Island that executes it: the calls under Object and Ref.
/// All throw Misuse; all but now() and sender() need a running message.
namespace runtime {

TEATIME_ISLAND_API VirtualTime now();
TEATIME_ISLAND_API MemberId sender();
TEATIME_ISLAND_API Random& random();

/// Makes an object with the next id; the caller runs its init().
TEATIME_ISLAND_API Object& create(const ClassInfo& info);
TEATIME_ISLAND_API void destroy(ObjectId id);

/// The object, checked to be alive and of that class or one derived from it. About 3 ns.
TEATIME_ISLAND_API const Object& resolve(ObjectId id, const ClassInfo& info);
/// The same for changing it: marks it touched.
TEATIME_ISLAND_API Object& resolve_for_write(ObjectId id, const ClassInfo& info);
TEATIME_ISLAND_API bool exists(ObjectId id);

/// Queues a message; `arguments` are encoded canonically for `function`.
TEATIME_ISLAND_API void future(Duration offset, ObjectId target, const FunctionInfo& function,
                               std::string_view arguments);

TEATIME_ISLAND_API void subscribe(std::string_view scope, std::string_view event,
                                  ObjectId subscriber, const FunctionInfo& function);
TEATIME_ISLAND_API void unsubscribe(std::string_view scope, std::string_view event,
                                    ObjectId subscriber);
TEATIME_ISLAND_API void publish(std::string_view scope, std::string_view event,
                                Value::List arguments);

TEATIME_ISLAND_API void publish_name(std::string_view name, ObjectId id);
/// 0 where nothing has that name.
TEATIME_ISLAND_API ObjectId find(std::string_view name);

/// A string to encode arguments into; the same one each time.
TEATIME_ISLAND_API std::string& scratch();
[[noreturn]] TEATIME_ISLAND_API void throw_not_described(std::string_view class_name);

}  // namespace runtime
}  // namespace teatime
