#include "teatime/island/misuse.h"

namespace teatime {

Misuse::~Misuse() = default;

const char* to_string(MisuseKind kind) {
    switch (kind) {
        case MisuseKind::unknown_target:
            return "unknown target";
        case MisuseKind::unknown_selector:
            return "unknown selector";
        case MisuseKind::private_selector:
            return "private selector";
        case MisuseKind::wrong_arguments:
            return "wrong arguments";
        case MisuseKind::bad_payload:
            return "bad payload";
        case MisuseKind::dead_reference:
            return "dead reference";
        case MisuseKind::empty_reference:
            return "empty reference";
        case MisuseKind::wrong_class:
            return "wrong class";
        case MisuseKind::outside_island:
            return "outside an Island";
        case MisuseKind::view_writes:
            return "a view writes";
        case MisuseKind::not_described:
            return "not described";
        case MisuseKind::not_in_module:
            return "not in the module";
        case MisuseKind::negative_offset:
            return "negative offset";
        case MisuseKind::time_overflow:
            return "time overflow";
        case MisuseKind::zero_offset_chain:
            return "zero-offset chain";
        case MisuseKind::too_many_pending:
            return "too many pending messages";
    }
    return "misuse";
}

}  // namespace teatime
