#include "teatime/island/input.h"

#include <iterator>

#include "teatime/state/json.h"

namespace teatime {

Sender::~Sender() = default;  // here, so that its type information exists once

std::string call_payload(std::string_view target, std::string_view selector,
                         Value::List arguments) {
    Value::List call{Value(target), Value(selector)};
    std::move(arguments.begin(), arguments.end(), std::back_inserter(call));
    std::string payload;
    append_json_string(payload, to_json(std::move(call)));
    return payload;
}

}  // namespace teatime
