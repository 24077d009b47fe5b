#include "player.h"

#include <QTimer>

#include "player_worker.h"

namespace teatime::inspector {
namespace {
using namespace std::chrono_literals;
constexpr auto kLong = 100ms;     // what takes longer is shown as busy
constexpr auto kGoodbye = 200ms;  // for a thread to end
}  // namespace

class Player::Impl : public QObject {
public:
    explicit Impl(Player& player) : player_(player) {
        busy_timer_.setInterval(kLong);
        connect(&busy_timer_, &QTimer::timeout, this, [this] { tell_busy(); });
    }
    ~Impl() override { close(kGoodbye); }

    void open(const QString& path, const replayer::TimelineOptions& options);
    void close(std::chrono::milliseconds wait);
    void seek(const Mark& mark);
    void step(replayer::StepBy by, bool forward);
    void input(const Input& input) {
        if (worker_) worker_->input(input);
    }
    void cancel();

    FactsPtr facts;
    MomentPtr moment;
    Mark playhead;
    bool opened = false;
    std::uint64_t asked = 0, served = 0;

private:
    void deliver();
    void work_began();
    void tell_busy();
    void move_playhead(const Mark& mark);

    Player& player_;
    std::shared_ptr<PlayerWorker> worker_;
    QTimer busy_timer_;
    bool busy_ = false;
    bool completing_ = false;
    bool follows_moment_ = false;  // the playhead is where the next Moment will be
    Mark at_;
};

void Player::Impl::open(const QString& path, const replayer::TimelineOptions& options) {
    close(0ms);
    asked = served = 0;
    work_began();
    follows_moment_ = true;
    worker_ = PlayerWorker::start(path.toStdString(), options, [this] {
        QMetaObject::invokeMethod(
            this, [this] { deliver(); }, Qt::QueuedConnection);
    });
}

void Player::Impl::close(std::chrono::milliseconds wait) {
    if (worker_) {
        worker_->abandon();
        if (wait > 0ms) worker_->wait_ended(wait);
        worker_.reset();
    }
    facts = {};
    moment = {};
    opened = false;
    asked = served = 0;
    completing_ = false;
    tell_busy();
    move_playhead({});
}

void Player::Impl::seek(const Mark& mark) {
    if (!worker_) return;
    Mark goal = mark;
    if (facts) goal = std::clamp(mark, facts->begin, facts->end);
    worker_->seek(++asked, goal);
    follows_moment_ = false;
    work_began();
    move_playhead(goal);
}

void Player::Impl::step(replayer::StepBy by, bool forward) {
    if (!worker_) return;
    worker_->step(++asked, by, forward);
    follows_moment_ = true;
    work_began();
}

void Player::Impl::cancel() {
    if (!worker_) return;
    follows_moment_ = true;
    worker_->cancel();
}

void Player::Impl::deliver() {
    if (!worker_) return;
    const std::shared_ptr<PlayerWorker> from = worker_;  // a slot may open something else
    PlayerWorker::Report report = from->take_report();
    at_ = report.at;
    completing_ = report.completing;
    served = std::max(served, report.served);
    if (!report.failed.empty()) {
        close(0ms);
        emit player_.failed(QString::fromStdString(report.failed));
        return;
    }
    if (report.opened) {
        facts = report.opened;
        if (asked == 0) move_playhead(facts->begin);
        opened = true;
        emit player_.opened();
    }
    if (report.facts && worker_ == from) {
        facts = report.facts;
        emit player_.facts_changed();
    }
    if (report.moment && worker_ == from) {
        moment = report.moment;
        emit player_.moment_changed(moment);
    }
    if (!report.payloads.isEmpty()) emit player_.input_made(report.payloads);
    if (!report.input_failed.empty()) {
        emit player_.input_failed(QString::fromStdString(report.input_failed));
    }
    bool arrived = worker_ == from && served == asked && moment;
    if (arrived && follows_moment_) move_playhead(moment->mark);
    if (worker_ == from && busy_) tell_busy();
}

void Player::Impl::move_playhead(const Mark& mark) {
    if (playhead == mark) return;
    playhead = mark;
    emit player_.playhead_moved(mark);
}

void Player::Impl::work_began() {
    if (!busy_timer_.isActive()) busy_timer_.start();
}

void Player::Impl::tell_busy() {
    const bool was = busy_;
    busy_ = worker_ && (!opened || served != asked || completing_);
    if (!busy_) busy_timer_.stop();
    if (busy_ || was) emit player_.busy_changed(busy_, at_);
}

Player::Player(QObject* parent) : QObject(parent), impl_(std::make_unique<Impl>(*this)) {
    qRegisterMetaType<MomentPtr>();
    qRegisterMetaType<FactsPtr>();
}
Player::~Player() {
    blockSignals(true);
}

void Player::open(const QString& path, const replayer::TimelineOptions& options) {
    impl_->open(path, options);
}
void Player::close() {
    impl_->close({});
}
void Player::seek(const Mark& mark) {
    impl_->seek(mark);
}
void Player::step(replayer::StepBy by, bool forward) {
    impl_->step(by, forward);
}
void Player::input(const Input& input) {
    impl_->input(input);
}
void Player::cancel() {
    impl_->cancel();
}
bool Player::is_open() const {
    return impl_->opened;
}
FactsPtr Player::facts() const {
    return impl_->facts;
}
MomentPtr Player::moment() const {
    return impl_->moment;
}
const Mark& Player::playhead() const {
    return impl_->playhead;
}
bool Player::working() const {
    return impl_->served != impl_->asked;
}

}  // namespace teatime::inspector
