#pragma once

#include <QTemporaryDir>
#include <QTest>
#include <random>
#include <string>
#include <vector>

#include "../state/random_input.h"
#include "../verify_ok.h"
#include "teatime/timegraph/reader.h"
#include "teatime/timegraph/writer.h"

namespace teatime::timegraph {

inline std::uint64_t test_seed() {
    return test::seeded_random()();
}

inline Writer create(const std::string& path, const WriterOptions& options = {},
                     const Meta& meta = {}) {
    auto writer = Writer::create(path, meta, options);
    if (!writer) qFatal("%s", writer.error().message.c_str());
    return std::move(*writer);
}

inline Reader open(const std::string& path) {
    auto reader = Reader::open(path);
    if (!reader) qFatal("%s", reader.error().message.c_str());
    return std::move(*reader);
}

/// A folder of its own for each test.
class Folder {
public:
    std::string file(const std::string& name = "session.timegraph") const {
        return folder_.path().toStdString() + "/" + name;
    }

private:
    QTemporaryDir folder_;
};

class MessageMaker {
public:
    explicit MessageMaker(std::uint64_t seed) : random_(seed) {}

    /// The next message: mostly small calls, sometimes none, large or binary ones, bursts at one
    /// time, and pauses.
    Message next() {
        stamp_.seq = teatime::next(stamp_.seq);
        if (below(3) != 0) stamp_.time += std::chrono::milliseconds(below(100));
        if (below(500) == 0) stamp_.time += std::chrono::hours(below(50));
        Message message{stamp_, {below(20)}, payload(), {}};
        if (below(4) == 0) message.extra = "," + std::to_string(below(100));
        return message;
    }

    std::vector<Message> next(std::size_t n) {
        std::vector<Message> messages;
        while (messages.size() < n) messages.push_back(next());
        return messages;
    }

    std::uint64_t below(std::uint64_t limit) {
        return std::uniform_int_distribution<std::uint64_t>(0, limit - 1)(random_);
    }

private:
    std::string payload() {
        std::uint64_t kind = below(200);
        if (kind == 0) return {};
        if (kind == 1) return std::string(below(100'000), 'x');
        if (kind < 10) {
            std::string bytes(below(300), 0);
            for (char& byte : bytes) byte = static_cast<char>(below(256));
            return bytes;
        }
        return R"("[\"painter\",\"move\",)" + std::to_string(below(1920)) + "." +
               std::to_string(below(100)) + "," + std::to_string(below(1080)) + R"(]")";
    }

    std::mt19937_64 random_;
    Stamp stamp_;
};

/// All messages of a cursor; an error ends the list early and is in status().
inline std::vector<Message> drain(Reader::Cursor& cursor) {
    std::vector<Message> messages;
    while (cursor.next()) messages.push_back(cursor.message().copy());
    return messages;
}

}  // namespace teatime::timegraph
