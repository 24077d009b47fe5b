#pragma once

#include <sqlite3.h>

#include <QTemporaryDir>
#include <QTest>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "../verify_ok.h"
#include "teatime/island/island.h"
#include "teatime/island/module.h"
#include "teatime/state/json.h"
#include "teatime/timegraph/writer.h"

namespace teatime::test {

inline const Module& garden() {
    static const Module* module = [] {
        auto loaded = Module::load(TEST_MODULES "/garden/garden.so");
        if (!loaded) qFatal("%s", loaded.error().message.c_str());
        return *loaded;
    }();
    return *module;
}

inline std::string call(const std::string& target, const std::string& selector,
                        const std::string& arguments = {}) {
    return to_json(Value("[\"" + target + "\",\"" + selector + '"' +
                         (arguments.empty() ? "" : "," + arguments) + ']'));
}

struct RecordOptions {
    std::string session = "a session";
    int messages = 300;
    int spread_ms = 30;  ///< largest time between two messages
    Duration keyframe_every{400'000};
    Duration vote_every{100'000};
    std::string last_call{};            ///< selector that the garden gets at the end
    std::size_t wrong_vote = SIZE_MAX;  ///< which vote has another hash
    Seq lost_from{0}, lost_to{0};       ///< messages that the recorder does not get
    bool each_loss_told = false;        ///< a gap's row for each of them, not for all together
    Seq records_lost_after{0};          ///< a gap here without a missing message
    Seq first{1};                       ///< earlier messages are not in the file
};

/// A recording, with what a live replica saw after every message.
struct Recorded {
    std::string path;
    std::vector<Mark> marks;      ///< of every executed message, in order
    std::vector<Hash128> hashes;  ///< after each
    std::vector<bool> external;
    std::vector<timegraph::Vote> votes;
    Hash128 at_start;
    std::size_t keyframes = 0;
};

/// As damage does, or another program.
inline void change_file(const std::string& path, const char* sql) {
    sqlite3* file = nullptr;
    QCOMPARE(sqlite3_open(path.c_str(), &file), SQLITE_OK);
    QCOMPARE(sqlite3_exec(file, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(file);
}

inline std::string random_payload(std::mt19937_64& random) {
    switch (random() % 10) {
        case 0:
            return R"({"what":"users","joined":[)" + std::to_string(random() % 9) +
                   R"(],"left":[)" + std::to_string(random() % 9) + "]}";
        case 1:
            return R"({"what":"time","op":"pause"})";  // no model sees it
        case 2:
            return call("garden", "quarrel");
        case 3:
            return call("garden", "rain", "0.25");
        case 4:
            return call("tallest", "grow", "1");
        case 5:
            return call("#" + std::to_string(random() % 40), "live", "2");
        case 6:
            return call("garden", "no such message");
        default:
            return call("garden", "sow");
    }
}

/// Runs a world live, as a replica does whose messages come in bursts of any size, and records it.
inline Recorded record(const QTemporaryDir& folder, const std::string& name,
                       std::mt19937_64& random, const RecordOptions& options = {}) {
    auto must = [](auto outcome) {
        if (!outcome) qFatal("%s", outcome.error().message.c_str());
        if constexpr (!std::is_same_v<decltype(outcome), result<void>>) return std::move(*outcome);
    };
    Recorded recorded;
    recorded.path = folder.filePath(QString::fromStdString(name)).toStdString();
    timegraph::Meta meta;
    meta.kind = "native";
    meta.app = "garden";
    meta.code_id = garden().code_id();
    meta.session = options.session;
    auto writer = must(timegraph::Writer::create(recorded.path, meta));
    auto island = must(Island::create(garden(), options.session));
    recorded.at_start = island->hash();

    std::vector<ExternalMessage> messages;
    VirtualTime time{};
    for (int i = 1; i <= options.messages; ++i) {
        if (random() % 3 != 0) {
            time += std::chrono::milliseconds(random() % (options.spread_ms + 1));
        }
        std::string payload = i == options.messages && !options.last_call.empty()
                                  ? call("garden", options.last_call)
                                  : random_payload(random);
        messages.push_back(
            {{time, Seq{static_cast<std::uint64_t>(i)}}, {1 + random() % 3}, payload});
    }
    const VirtualTime end = time + std::chrono::milliseconds(500);
    if (!options.last_call.empty()) messages.back().stamp.time = end;

    std::set<ObjectId> touched;
    VirtualTime keyframe_due = kSessionStart + options.keyframe_every;
    VirtualTime vote_due = kSessionStart + options.vote_every;
    std::size_t given = 0;
    bool recording = options.first.value == 1;
    auto note = [&](VirtualTime until) {
        // Everything up to a grid point was executed: states there are stored and voted on.
        while (vote_due < until) {
            timegraph::Vote vote{{BranchId{}, vote_due, Mark::kWholeInstant},
                                 {1 + random() % 3},
                                 to_string(island->hash())};
            if (recorded.votes.size() == options.wrong_vote) vote.hash = to_string(Hash128{1, 2});
            if (recording) must(writer.vote(vote));
            if (recording) recorded.votes.push_back(vote);
            vote_due += options.vote_every;
        }
        for (ObjectId id : island->take_touched()) touched.insert(id);
        bool before_first = !recording && given >= options.first.value - 1;
        if ((recording && keyframe_due < until) || before_first) {
            must(writer.keyframe(island->image(), {touched.begin(), touched.end()}));
            ++recorded.keyframes;
            touched.clear();
            recording = true;
        }
        while (keyframe_due < until) keyframe_due += options.keyframe_every;
    };
    auto announce = [&](std::size_t burst) {
        for (; given < messages.size() && burst > 0; --burst, ++given) {
            Seq seq = messages[given].stamp.seq;
            bool lost = seq >= options.lost_from && seq <= options.lost_to;
            if (recording && !lost) {
                const ExternalMessage& next = messages[given];
                must(writer.append({next.stamp, next.sender, next.payload}));
            } else if (lost && options.each_loss_told) {
                const Stamp& stamp = messages[given].stamp;
                std::string why = "message " + std::to_string(seq.value) + " was lost";
                must(writer.gap({stamp.time, next(stamp.seq)}, why));
            }
            if (seq == options.records_lost_after)
                must(writer.gap({messages[given].stamp.time, next(seq)}, "the queue was full"));
            must(island->enqueue(messages[given]));
        }
    };
    // The replay must not execute what the test's last call would do to this process.
    VirtualTime last = options.last_call.empty() ? end : end - Duration(1);
    while (island->bound() < last) {
        announce(random() % 6);
        VirtualTime to = given < messages.size() ? messages[given].stamp.time - Duration(1) : last;
        to = std::min(to, last);
        if (to < island->bound()) continue;
        island->set_bound(to);
        while (island->next_time() && *island->next_time() <= to) {
            note(*island->next_time());
            auto executed = island->execute_next();
            if (!recording) continue;
            recorded.marks.push_back(executed->mark());
            recorded.external.push_back(executed->external);
            recorded.hashes.push_back(island->hash());
        }
    }
    announce(messages.size());  // the last call, which is only recorded
    // A jump in numbers tells of a loss; where nothing comes after it, the recorder says so.
    const Stamp& stamp = messages.back().stamp;
    if (recording && stamp.seq >= options.lost_from && stamp.seq <= options.lost_to)
        must(writer.gap({stamp.time, next(stamp.seq)}, "the queue was full"));
    writer.bound(end, timegraph::WallTime(std::chrono::seconds(1'000'000)));
    must(writer.close());
    return recorded;
}

}  // namespace teatime::test
