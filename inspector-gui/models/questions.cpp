#include "questions.h"

#include <QPointer>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace teatime::inspector {

/// Answers one question after the other. Lives as long as its thread, which may outlive whoever
/// asked by one message of the world.
class Questions::Worker : public std::enable_shared_from_this<Questions::Worker> {
public:
    using Answer = std::function<void(Questions&)>;
    struct Question {
        enum class Kind { wrote, caused };
        Kind kind;
        QString what;
        std::function<result<Answer>(replayer::Timeline&, const replayer::Watch&)> ask;
    };

    Worker(Questions& owner, std::string path, replayer::TimelineOptions options)
        : owner_(&owner), path_(std::move(path)), options_(std::move(options)) {}

    void start() {
        std::thread([self = shared_from_this()] { self->run(); }).detach();
    }

    void ask(Question question) {
        std::lock_guard lock(mutex_);
        if (running_ == question.kind) stop_.request_stop();
        std::erase_if(waiting_, [&](const Question& old) { return old.kind == question.kind; });
        waiting_.push_back(std::move(question));
        changed_.notify_one();
    }

    void cancel() {
        std::lock_guard lock(mutex_);
        stop_.request_stop();
        waiting_.clear();
    }

    /// Waits for it, but not for a module that hangs: that keeps only itself waiting.
    void end() {
        constexpr std::chrono::milliseconds kPatience{500};
        std::unique_lock lock(mutex_);
        quit_ = true;
        owner_.clear();
        stop_.request_stop();
        waiting_.clear();
        changed_.notify_one();
        over_.wait_for(lock, kPatience, [&] { return ended_; });
    }

private:
    void run() {
        while (std::optional<Question> question = next()) {
            tell(
                [what = question->what](Questions& owner) { emit owner.busy_changed(true, what); });
            answer(*question);
            tell([](Questions& owner) { emit owner.busy_changed(false, {}); });
        }
        timeline_.reset();
        std::lock_guard lock(mutex_);
        ended_ = true;
        over_.notify_one();
    }

    std::optional<Question> next() {
        std::unique_lock lock(mutex_);
        running_.reset();
        changed_.wait(lock, [&] { return quit_ || !waiting_.empty(); });
        if (quit_) return std::nullopt;
        Question question = std::move(waiting_.front());
        waiting_.erase(waiting_.begin());
        running_ = question.kind;
        stop_ = {};
        return question;
    }

    void answer(const Question& question) {
        if (!timeline_) {
            auto opened = replayer::Timeline::open(path_, options_);
            if (!opened) return fail(question.kind, opened.error());
            timeline_.emplace(std::move(*opened));
        }
        std::stop_token stop;
        {
            std::lock_guard lock(mutex_);
            stop = stop_.get_token();
        }
        replayer::Watch watch;
        watch.stop = stop;
        auto answer = question.ask(*timeline_, watch);
        if (stop.stop_requested()) return;
        if (!answer) return fail(question.kind, answer.error());
        tell(*answer);
    }

    void fail(Question::Kind kind, const Error& error) {
        tell([kind, sentence = QString::fromStdString(error.message)](Questions& owner) {
            kind == Question::Kind::wrote ? emit owner.failed(sentence)
                                          : emit owner.causes_unknown(sentence);
        });
    }

    /// Runs on the owner's thread, if it still is there then.
    void tell(Answer what) {
        std::lock_guard lock(mutex_);
        if (!owner_) return;
        QMetaObject::invokeMethod(
            owner_.data(),
            [self = shared_from_this(), what = std::move(what)] {
                if (self->owner_) what(*self->owner_);
            },
            Qt::QueuedConnection);
    }

    std::mutex mutex_;
    std::condition_variable changed_, over_;
    QPointer<Questions> owner_;
    const std::string path_;
    const replayer::TimelineOptions options_;
    std::vector<Question> waiting_;
    std::optional<Question::Kind> running_;
    std::stop_source stop_;
    bool quit_ = false, ended_ = false;
    std::optional<replayer::Timeline> timeline_;  // the thread's own
};

Questions::Questions(QObject* parent) : QObject(parent) {}

Questions::~Questions() {
    close();
}

void Questions::open(const QString& path, const replayer::TimelineOptions& options) {
    close();
    worker_ = std::make_shared<Worker>(*this, path.toStdString(), options);
    worker_->start();
}

void Questions::close() {
    if (worker_) worker_->end();
    worker_.reset();
}

void Questions::cancel() {
    if (worker_) worker_->cancel();
}

void Questions::who_wrote(const QString& path, const Mark& at) {
    if (!worker_) return;
    worker_->ask({Worker::Question::Kind::wrote, tr("Looking for who wrote %1").arg(path),
                  [path, at](replayer::Timeline& timeline,
                             const replayer::Watch& watch) -> result<Worker::Answer> {
                      auto write = replayer::who_wrote(timeline, path.toStdString(), at, watch);
                      if (!write) return write.error();
                      auto shared = std::make_shared<const replayer::Write>(std::move(*write));
                      return Worker::Answer(
                          [=](Questions& owner) { emit owner.wrote(path, shared); });
                  }});
}

void Questions::causes(const Mark& mark) {
    if (!worker_) return;
    constexpr std::size_t kLinks = 50;
    worker_->ask({Worker::Question::Kind::caused, tr("Looking for causes"),
                  [mark](replayer::Timeline& timeline,
                         const replayer::Watch& watch) -> result<Worker::Answer> {
                      auto chain = replayer::cause_chain(timeline, mark, kLinks, watch);
                      if (!chain) return chain.error();
                      auto shared = std::make_shared<const replayer::CauseChain>(std::move(*chain));
                      return Worker::Answer(
                          [=](Questions& owner) { emit owner.caused(mark, shared); });
                  }});
}

}  // namespace teatime::inspector
