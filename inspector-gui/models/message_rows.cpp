#include "message_rows.h"

#include "call_text.h"
#include "rows_model.h"

namespace teatime::inspector {
namespace {

class ExternalRows final : public MessageRows {
public:
    ExternalRows(std::string path, std::shared_ptr<const replayer::ExternalSurvey> survey)
        : path_(std::move(path)), survey_(std::move(survey)) {}

    result<std::vector<MessageRow>> rows(std::uint64_t first, std::size_t count,
                                         const std::stop_token&) override {
        if (auto opened = open(); !opened) return opened.error();
        auto messages = survey_->rows(*reader_, first, count);
        if (!messages) return messages.error();
        std::vector<MessageRow> rows;
        rows.reserve(messages->size());
        for (const timegraph::Message& message : *messages) rows.push_back(row_of(message));
        return rows;
    }

    result<std::optional<std::uint64_t>> row_at(const Mark& mark, std::optional<Seq> seq,
                                                const std::stop_token& stop) override {
        if (auto opened = open(); !opened) return opened.error();
        // The first row behind it, by halving: numbers have gaps where messages are missing.
        auto behind = [&](const timegraph::Message& message) {
            if (seq) return message.stamp.seq > *seq;
            return mark.n == 0 ? message.stamp.time >= mark.time : message.stamp.time > mark.time;
        };
        std::uint64_t low = 0, high = survey_->messages();
        while (low < high && !stop.stop_requested()) {
            std::uint64_t middle = low + (high - low) / 2;
            auto found = survey_->rows(*reader_, middle, 1);
            if (!found) return found.error();
            if (found->empty() || behind(found->front())) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low > 0 ? std::optional(low - 1) : std::nullopt;
    }

private:
    result<void> open() {
        if (reader_) return {};
        auto opened = timegraph::Reader::open(path_);
        if (!opened) return opened.error();
        reader_.emplace(std::move(*opened));
        return {};
    }
    static MessageRow row_of(const timegraph::Message& message) {
        MessageRow row;
        row.mark = {BranchId{}, message.stamp.time, Mark::kWholeInstant};
        row.external = true;
        row.order = message.stamp.seq.value;
        row.sender = message.sender;
        CallText call = call_text(message.payload);
        row.target = std::move(call.target);
        row.selector = std::move(call.selector);
        row.arguments = std::move(call.arguments);
        return row;
    }

    const std::string path_;
    const std::shared_ptr<const replayer::ExternalSurvey> survey_;
    std::optional<timegraph::Reader> reader_;
};

class ExecutedRows final : public MessageRows {
public:
    ExecutedRows(std::string path, replayer::TimelineOptions options,
                 std::shared_ptr<const replayer::Survey> survey)
        : path_(std::move(path)), options_(std::move(options)), survey_(std::move(survey)) {}

    result<std::vector<MessageRow>> rows(std::uint64_t first, std::size_t count,
                                         const std::stop_token& stop) override {
        if (auto opened = open(); !opened) return opened.error();
        auto executed = survey_->rows(*timeline_, first, count, {{}, stop});
        if (!executed) return executed.error();
        std::vector<MessageRow> rows;
        rows.reserve(executed->size());
        for (const replayer::ExecutedInfo& info : *executed) rows.push_back(row_of(info));
        return rows;
    }

    result<std::optional<std::uint64_t>> row_at(const Mark& mark, std::optional<Seq>,
                                                const std::stop_token& stop) override {
        if (auto opened = open(); !opened) return opened.error();
        return survey_->row_at(*timeline_, mark, {{}, stop});
    }

private:
    result<void> open() {
        if (timeline_) return {};
        auto opened = replayer::Timeline::open(path_, options_);
        if (!opened) return opened.error();
        timeline_.emplace(std::move(*opened));
        return {};
    }
    static MessageRow row_of(const replayer::ExecutedInfo& info) {
        MessageRow row;
        row.mark = info.mark;
        row.external = info.external;
        row.order = info.order;
        row.sender = info.sender;
        row.target = to_text(info.target_name);
        row.selector = to_text(info.selector);
        row.arguments = to_text(info.arguments);
        if (info.external && info.selector.empty()) {  // no call: the router's own
            CallText said = split_call(info.text);
            row.selector = std::move(said.selector);
            row.arguments = std::move(said.arguments);
        }
        if (info.cause) row.cause = cause_text(info.cause->external, info.cause->order);
        if (info.error) row.error = to_text(info.error->type + ": " + info.error->sentence);
        return row;
    }

    const std::string path_;
    const replayer::TimelineOptions options_;
    const std::shared_ptr<const replayer::Survey> survey_;
    std::optional<replayer::Timeline> timeline_;
};

}  // namespace

std::unique_ptr<MessageRows> external_rows(std::string path,
                                           std::shared_ptr<const replayer::ExternalSurvey> survey) {
    return std::make_unique<ExternalRows>(std::move(path), std::move(survey));
}

std::unique_ptr<MessageRows> executed_rows(std::string path, replayer::TimelineOptions options,
                                           std::shared_ptr<const replayer::Survey> survey) {
    return std::make_unique<ExecutedRows>(std::move(path), std::move(options), std::move(survey));
}

}  // namespace teatime::inspector
