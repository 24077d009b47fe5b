#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include "message_model.h"

namespace teatime::inspector {

/// Loads what a list shows, in a thread: the blocks asked for last come first, those that nobody
/// has waited for for long are dropped. The destructor cancels and joins.
class MessageModel::Loader {
public:
    /// All are called by the thread.
    struct Told {
        std::function<void(std::uint64_t block, Block rows)> loaded;
        std::function<void(std::optional<std::uint64_t> number)> located;
        std::function<void(const std::string& sentence)> failed;
    };

    Loader(Source source, Told told);
    ~Loader();

    void want(std::uint64_t block);
    /// Only the newest counts.
    void locate(const Mark& mark, std::optional<Seq> seq);

private:
    static constexpr std::size_t kWaitMost = 16;
    struct Place {
        Mark mark;
        std::optional<Seq> seq;
    };
    void run();
    void load(MessageRows& rows, std::uint64_t block);
    void find(MessageRows& rows, const Place& place);

    const Source source_;
    const Told told_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::uint64_t> wanted_;  // last one first
    std::optional<std::uint64_t> under_way_;
    std::optional<Place> place_;
    std::stop_source stop_;
    std::thread thread_;
};

}  // namespace teatime::inspector
