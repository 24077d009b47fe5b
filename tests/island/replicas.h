#pragma once

#include <teatime/island/island.h>
#include <teatime/state/json.h>

#include <random>
#include <string>
#include <vector>

namespace teatime {

inline std::unique_ptr<Island> make_island(const Module& module,
                                           const std::string& session = "session") {
    auto island = Island::create(module, session);
    if (!island) qFatal("%s", island.error().message.c_str());
    return std::move(*island);
}

inline std::unique_ptr<Island> restored(const Module& module, const Image& image) {
    auto island = Island::restore(module, image);
    if (!island) qFatal("%s", island.error().message.c_str());
    return std::move(*island);
}

/// The payload of a call as it travels.
inline std::string call(const std::string& target, const std::string& selector,
                        const std::string& arguments = "") {
    std::string text = "[\"" + target + "\",\"" + selector + "\"";
    if (!arguments.empty()) text += "," + arguments;
    return to_json(Value(text + "]"));
}

inline ExternalMessage external(std::uint64_t seq, std::int64_t ms, std::string payload,
                                std::uint64_t sender = 1) {
    return {{VirtualTime(std::chrono::milliseconds(ms)), Seq{seq}},
            MemberId{sender},
            std::move(payload)};
}

/// What chaos may be told from outside, wrong things included.
inline std::vector<ExternalMessage> random_messages(std::mt19937_64& random, int count) {
    std::vector<ExternalMessage> messages;
    std::int64_t ms = 0;
    for (int i = 1; i <= count; ++i) {
        ms += static_cast<std::int64_t>(random() % 4);  // often the same one
        std::string payload;
        switch (random() % 8) {
            case 0:
                payload = call("chaos", "spawn");
                break;
            case 1:
                payload = call("star", "poke");
                break;
            case 2:
                payload = call("#" + std::to_string(random() % 20), "act", "2");
                break;
            case 3:
                payload = "{\"what\":\"users\",\"joined\":[" + std::to_string(random() % 9) +
                          "],\"left\":[" + std::to_string(random() % 9) + "]}";
                break;
            case 4:
                payload = call("chaos", "stir", "\"much\"");
                break;  // wrong argument
            case 5:
                payload = "{\"what\":\"time\",\"op\":\"pause\"}";
                break;  // no model sees it
            default:
                payload = call("chaos", "stir", std::to_string(random() % 5));
        }
        messages.push_back(external(static_cast<std::uint64_t>(i), ms, payload, 1 + random() % 3));
    }
    return messages;
}

/// Runs to the bound; returns the hash.
inline Hash128 run(Island& island) {
    while (island.execute_next()) {
    }
    return island.hash();
}

}  // namespace teatime
