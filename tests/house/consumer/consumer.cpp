#include <teatime/island/module.h>

#include <cstdio>

int main(int, char** argv) {
    auto module = teatime::Module::load(argv[1]);
    if (!module) {
        std::puts(module.error().message.c_str());
        return 1;
    }
    std::printf("%s %s\n", (*module)->app().c_str(), (*module)->code_id().c_str());
}
