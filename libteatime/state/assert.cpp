#include "teatime/state/assert.h"

#include <cstdio>
#include <cstdlib>

namespace teatime {
namespace {
thread_local AssertScope* innermost = nullptr;
}

AssertScope::AssertScope(Describe describe, const void* context)
    : describe_(describe), context_(context), outer_(innermost) {
    innermost = this;
}

AssertScope::~AssertScope() {
    innermost = outer_;
}

void assertion_failed(const char* condition, const char* sentence, const char* file, int line) {
    std::fprintf(stderr, "teatime: internal error: %s (%s at %s:%d)\n", sentence, condition, file,
                 line);
    AssertScope* scope = innermost;
    innermost = nullptr;  // a description that itself fails must not come back here
    for (; scope != nullptr; scope = scope->outer_) scope->describe_(scope->context_);
    std::abort();
}

}  // namespace teatime
