// A reflector for tests and measurements: prints its address, serves until its standard input ends
// or a signal comes. Arguments: a folder for files, then `unlimited` where load is to be measured.
#include "teatime/net/reflector.h"

#include <unistd.h>

#include <cstdio>
#include <string_view>
#include <thread>

using namespace teatime::net;

int main(int argc, char** argv) {
    ReflectorOptions options;
    options.server.port = 0;
    options.server.threads = 1;
    if (argc > 1) {
        auto files = FileStore::open(argv[1]);
        if (!files) return std::fprintf(stderr, "%s\n", files.error().message.c_str()), 1;
        options.files = std::move(*files);
    }
    if (argc > 2 && std::string_view(argv[2]) == "unlimited") {
        Limits& limits = options.server.limits;
        limits.messages_per_second = limits.bytes_per_second = 0;
    }
    auto reflector = Reflector::start(std::move(options));
    if (!reflector) return std::fprintf(stderr, "%s\n", reflector.error().message.c_str()), 1;
    std::printf("%s\n", (*reflector)->address().c_str());
    std::fflush(stdout);

    Loop loop;
    loop.on_signal([&](int) { loop.stop(); });
    std::thread input([&] {
        char byte;
        while (::read(STDIN_FILENO, &byte, 1) > 0) {
        }
        loop.stop();
    });
    input.detach();
    loop.run();
    (*reflector)->stop();
    std::_Exit(0);  // the input's thread may still read
}
