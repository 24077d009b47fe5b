#include <teatime/state/time.h>

#include <cstdio>

int main() {
    std::puts(teatime::to_string(teatime::kSessionStart + std::chrono::milliseconds(12500)).c_str());
}
