#pragma once

/// TEATIME_ASSERT(condition, "sentence"): our own invariants, on in every build. Prints the
/// sentence, the place and what the thread is working on (see AssertScope), then aborts.
/// Never for input from outside.
#define TEATIME_ASSERT(condition, sentence)                                        \
    do {                                                                           \
        if (!(condition)) [[unlikely]] {                                           \
            ::teatime::assertion_failed(#condition, sentence, __FILE__, __LINE__); \
        }                                                                          \
    } while (false)

namespace teatime {

[[noreturn]] void assertion_failed(const char* condition, const char* sentence, const char* file,
                                   int line);

/// While alive, a failing assertion of this thread also prints what `describe(context)` writes to
/// stderr: the Mark and state at hand.
class AssertScope {
public:
    using Describe = void (*)(const void* context);
    AssertScope(Describe describe, const void* context);
    ~AssertScope();
    AssertScope(const AssertScope&) = delete;
    AssertScope& operator=(const AssertScope&) = delete;

private:
    friend void assertion_failed(const char*, const char*, const char*, int);
    Describe describe_;
    const void* context_;
    AssertScope* outer_;
};

}  // namespace teatime
