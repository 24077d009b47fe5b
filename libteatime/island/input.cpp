#include "teatime/island/input.h"

namespace teatime {

Sender::~Sender() = default;  // here, so that its type information exists once

}  // namespace teatime
