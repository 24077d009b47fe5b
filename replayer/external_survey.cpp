#include "teatime/replayer/external_survey.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>

#include "background.h"
#include "places.h"
#include "teatime/replayer/density.h"

namespace teatime::replayer {
namespace {

constexpr std::size_t kSenders = 256;
constexpr std::uint64_t kEvery = 4096;
constexpr std::size_t kPart = 16'384;  ///< messages between two looks at the stop token
constexpr std::size_t kLook = 64;      ///< and between two at the clock
constexpr auto kPartTime = std::chrono::milliseconds(30);  ///< large messages take longer

using State = SurveyProgress::State;

Mark after(VirtualTime time) {
    return {BranchId{}, time, Mark::kWholeInstant};
}

}  // namespace

class ExternalSurvey::Impl {
public:
    Impl(std::string path, ExternalSurveyOptions options)
        : path_(std::move(path)),
          options_(std::move(options)),
          notifier_(options_.changed),
          thread_([this](const std::stop_token& stop) { work(stop); }) {}

    struct Lane {
        Sender sender;
        Density density;
    };
    /// From where to read to get to message `number`: the seq before, and what to skip.
    struct Way {
        Seq after;
        std::uint64_t skip = 0;
    };
    std::optional<Way> way_to(std::uint64_t number) const;
    Density not_read() const;

    mutable std::mutex mutex_;  ///< guards all to the next remark
    SurveyProgress progress_;
    std::uint64_t messages_ = 0;
    std::vector<Lane> lanes_;
    std::map<MemberId, std::size_t> lane_by_sender_;
    Places<Seq> places_{kEvery};
    std::vector<timegraph::Reader::Batch> batches_;  ///< as the file was when it was opened
    std::vector<std::uint64_t> batch_ends_;          ///< messages up to the end of each

private:
    // Of the thread
    void work(const std::stop_token& stop);
    result<void> survey(const std::stop_token& stop);
    result<void> look_at_batches(const timegraph::Reader& reader);
    result<void> read(timegraph::Reader::Cursor& cursor, const std::stop_token& stop);
    void take(const std::vector<std::pair<Stamp, MemberId>>& part);
    std::size_t lane_of(MemberId sender);
    void set_state(State state, std::string why = {});

    const std::string path_;
    const ExternalSurveyOptions options_;
    Notifier notifier_;
    std::jthread thread_;  ///< last: starts when all else is there, ends before
};

void ExternalSurvey::Impl::set_state(State state, std::string why) {
    {
        std::lock_guard lock(mutex_);
        if (progress_.state == state) return;
        progress_.state = state;
        progress_.why = std::move(why);
    }
    notifier_.now();
}

void ExternalSurvey::Impl::work(const std::stop_token& stop) {
    auto done = survey(stop);
    if (!done) set_state(State::failed, done.error().message);
}

result<void> ExternalSurvey::Impl::survey(const std::stop_token& stop) {
    auto reader = timegraph::Reader::open(path_);
    if (!reader) return reader.error();
    if (auto looked = look_at_batches(*reader); !looked) return looked;
    timegraph::Reader::Cursor cursor = reader->messages();
    for (;;) {
        auto end = reader->end();
        if (!end) return end.error();
        {
            std::lock_guard lock(mutex_);
            messages_ = end->messages;
            progress_.end = std::max(progress_.end, after(std::max(end->bound, end->last.time)));
        }
        set_state(State::running);
        if (auto went = read(cursor, stop); !went) return went;
        if (stop.stop_requested()) return {};
        {
            std::lock_guard lock(mutex_);
            progress_.at = progress_.end;
        }
        set_state(State::waiting);
        if (!options_.follow) return {};
        for (auto now = end; now && *now == *end; now = reader->end()) {
            if (!wait_for_more(stop)) return {};
        }
    }
}

result<void> ExternalSurvey::Impl::look_at_batches(const timegraph::Reader& reader) {
    auto batches = reader.batches();
    if (!batches) return batches.error();
    auto end = reader.end();
    if (!end) return end.error();
    {
        std::lock_guard lock(mutex_);
        messages_ = end->messages;
        VirtualTime first = batches->empty() ? end->bound : batches->front().first.time;
        progress_.begin = progress_.at = {BranchId{}, std::min(first, kSessionStart), 0};
        progress_.end = after(std::max(end->bound, end->last.time));
        std::uint64_t sum = 0;
        for (const auto& batch : *batches) batch_ends_.push_back(sum += batch.messages);
        if (!batches->empty()) {
            std::uint64_t first_seq = batches->front().first.seq.value;
            places_.add({0, Seq{first_seq > 0 ? first_seq - 1 : 0}});
        }
        batches_ = std::move(*batches);
    }
    notifier_.now();
    return {};
}

result<void> ExternalSurvey::Impl::read(timegraph::Reader::Cursor& cursor,
                                        const std::stop_token& stop) {
    std::vector<std::pair<Stamp, MemberId>> part;
    part.reserve(kPart);
    do {
        part.clear();
        const auto until = std::chrono::steady_clock::now() + kPartTime;
        while (part.size() < kPart && cursor.next()) {
            part.emplace_back(cursor.stamp(), cursor.sender());
            if (part.size() % kLook == 0 && std::chrono::steady_clock::now() >= until) break;
        }
        if (!cursor.status()) return cursor.status().error();
        take(part);
        notifier_.soon();
    } while (!part.empty() && !stop.stop_requested());
    return {};
}

std::size_t ExternalSurvey::Impl::lane_of(MemberId sender) {
    auto found = lane_by_sender_.find(sender);
    if (found != lane_by_sender_.end()) return found->second;
    if (lanes_.size() + 1 >= kSenders && sender) return lane_of(MemberId{});
    lanes_.push_back({{sender, 0}, Density(progress_.begin.time)});
    return lane_by_sender_.emplace(sender, lanes_.size() - 1).first->second;
}

void ExternalSurvey::Impl::take(const std::vector<std::pair<Stamp, MemberId>>& part) {
    std::lock_guard lock(mutex_);
    MemberId last;
    std::size_t lane = lanes_.size();
    for (const auto& [stamp, sender] : part) {
        if (lane == lanes_.size() || sender != last) lane = lane_of(sender);
        last = sender;
        ++lanes_[lane].sender.count;
        lanes_[lane].density.add(stamp.time);
        if (places_.empty()) places_.add({0, Seq{stamp.seq.value - 1}});
        if (++progress_.executed % places_.every() == 0) {
            places_.add({progress_.executed, stamp.seq});
        }
    }
    if (!part.empty()) progress_.at = after(part.back().first.time);
    messages_ = std::max(messages_, progress_.executed);
}

std::optional<ExternalSurvey::Impl::Way> ExternalSurvey::Impl::way_to(std::uint64_t number) const {
    if (number >= messages_ || places_.empty()) return std::nullopt;
    if (number >= progress_.executed) {  // not read: by the heads of the batches
        auto batch = std::upper_bound(batch_ends_.begin(), batch_ends_.end(), number);
        auto index = static_cast<std::size_t>(batch - batch_ends_.begin());
        if (batch != batch_ends_.end() && index > 0 &&
            batch_ends_[index - 1] > progress_.executed) {
            return Way{batches_[index - 1].last.seq, number - batch_ends_[index - 1]};
        }
    }
    const auto& place = places_[places_.before(number)];
    return Way{place.at, number - place.number};
}

/// Evenly spread over each batch: its head tells no more.
Density ExternalSurvey::Impl::not_read() const {
    constexpr std::uint64_t kPieces = 64;
    Density density(progress_.begin.time);
    for (std::size_t i = 0; i < batches_.size(); ++i) {
        if (batch_ends_[i] <= progress_.executed) continue;
        std::uint64_t left = std::min(batches_[i].messages, batch_ends_[i] - progress_.executed);
        const double begin = static_cast<double>(batches_[i].first.time.time_since_epoch().count());
        const double end = static_cast<double>(batches_[i].last.time.time_since_epoch().count());
        for (std::uint64_t piece = 0; piece < kPieces; ++piece) {
            std::uint64_t here = left * (piece + 1) / kPieces - left * piece / kPieces;
            double middle = (static_cast<double>(piece) + 0.5) / static_cast<double>(kPieces);
            auto time =
                static_cast<std::int64_t>(std::clamp(begin + (end - begin) * middle, -9e18, 9e18));
            if (here > 0) density.add(VirtualTime(Duration(time)), here);
        }
    }
    return density;
}

ExternalSurvey::ExternalSurvey(std::string path, ExternalSurveyOptions options)
    : impl_(std::make_unique<Impl>(std::move(path), std::move(options))) {}
ExternalSurvey::~ExternalSurvey() = default;

SurveyProgress ExternalSurvey::progress() const {
    std::lock_guard lock(impl_->mutex_);
    return impl_->progress_;
}
std::uint64_t ExternalSurvey::messages() const {
    std::lock_guard lock(impl_->mutex_);
    return impl_->messages_;
}
std::vector<ExternalSurvey::Sender> ExternalSurvey::senders() const {
    std::lock_guard lock(impl_->mutex_);
    std::vector<Sender> all;
    for (const Impl::Lane& lane : impl_->lanes_) all.push_back(lane.sender);
    return all;
}

ExternalSurvey::Columns ExternalSurvey::density(VirtualTime from, VirtualTime to,
                                                std::size_t columns) const {
    std::lock_guard lock(impl_->mutex_);
    Columns all;
    for (const Impl::Lane& lane : impl_->lanes_) {
        all.by_sender.push_back(lane.density.columns(from, to, columns));
    }
    all.unknown = impl_->not_read().columns(from, to, columns);
    return all;
}

result<std::vector<timegraph::Message>> ExternalSurvey::rows(const timegraph::Reader& reader,
                                                             std::uint64_t first,
                                                             std::size_t count) const {
    std::vector<timegraph::Message> rows;
    std::optional<Impl::Way> way;
    {
        std::lock_guard lock(impl_->mutex_);
        way = impl_->way_to(first);
    }
    if (!way) return rows;
    timegraph::Reader::Cursor cursor = reader.messages_after(way->after);
    while (rows.size() < count && cursor.next()) {
        if (way->skip > 0) {
            --way->skip;
        } else {
            rows.push_back(cursor.message().copy());
        }
    }
    if (!cursor.status()) return cursor.status().error();
    return rows;
}

}  // namespace teatime::replayer
