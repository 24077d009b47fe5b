#include "live.h"

#include <QDir>
#include <QFileInfo>
#include <QTemporaryDir>
#include <utility>

#include "rows_model.h"
#include "session_link.h"
#include "session_recorder.h"
#include "teatime/net/url.h"

namespace teatime::inspector {
namespace {

constexpr qint64 kCopiedUnasked = qint64{256} << 20;  // about a second

}  // namespace

class LiveSession::Impl : public QObject {
public:
    explicit Impl(LiveSession& owner) : owner_(owner) {}

    void join(const Options& wanted);
    void leave();
    void end(const QString& sentence);
    void set_time(const session::TimeState& state) {
        time = state;
        if (!time.paused) stopped.reset();
    }
    void request(const session::TimeRequest& request) {
        if (link) link->request(request);
    }

    std::uint64_t ask_state(MemberId of);
    QString state_file(std::uint64_t request) const {
        return states->filePath(QStringLiteral("%1.island").arg(request));
    }

    QString copied_file() const {
        return copy ? copy->filePath(options.session + QStringLiteral(".timegraph")) : QString();
    }

    Options options;
    std::unique_ptr<SessionLink> link;
    std::string shared;  ///< path at the reflector of a shared recording
    QString recorded_in;
    bool too_large = false;  ///< to be copied unasked
    std::unique_ptr<QTemporaryDir> copy;
    std::unique_ptr<QTemporaryDir> states;  ///< of others, since the first was asked for
    std::uint64_t last_state = 0;
    SessionRecorder* recorder = nullptr;  ///< child of the owner, which waits for it at its end
    bool connected = false;
    MemberId member;
    QString points_at;
    session::TimeState time;
    std::shared_ptr<const session::StepOutcome> stopped;  ///< while it is paused
    session::Company company;
    Value figures;
    bool watching = false;

private:
    SessionLink::Heard hearing();
    void hear(const session::Frame& frame);
    template <class Function>
    auto on_our_thread(Function function);

    LiveSession& owner_;
    std::uint64_t number_ = 0;  // of the session joined: what an older one said does not count
};

/// What a connection says is heard on the thread of this object, in order, as long as both live.
template <class Function>
auto LiveSession::Impl::on_our_thread(Function function) {
    return [this, number = number_, function](auto&&... said) {
        QMetaObject::invokeMethod(
            this,
            [this, number, function, ... said = std::decay_t<decltype(said)>(said)] {
                if (number == number_) function(said...);
            },
            Qt::QueuedConnection);
    };
}

SessionLink::Heard LiveSession::Impl::hearing() {
    SessionLink::Heard heard;
    heard.shared = on_our_thread([this](const std::string& file) { shared = file; });
    heard.recorded = on_our_thread([this](const std::string& file) {
        recorded_in = to_text(file);
        const qint64 bytes = QFileInfo(recorded_in).size() + QFileInfo(recorded_in + "-wal").size();
        too_large = !options.whole && bytes > kCopiedUnasked;
    });
    heard.joined = on_our_thread([this](MemberId id) {
        connected = true;
        member = id;
        if (!shared.empty()) {
            if (!copy) {
                copy = std::make_unique<QTemporaryDir>(QDir::tempPath() +
                                                       QStringLiteral("/teatime-shared-XXXXXX"));
                link->fetch_file(shared, copied_file().toStdString());
            }
        } else if (!recorder) {
            SessionRecorder::Options recording;
            recording.url = options.url;
            recording.session = options.session;
            recording.folder = options.folder;
            recording.program = options.program;
            recording.modules = options.modules;
            if (!too_large) recording.begin_with = recorded_in;
            recorder = new SessionRecorder(recording, &owner_);
            connect(recorder, &SessionRecorder::ended, this, [this](const QString& sentence) {
                if (link) end(sentence);  // not once more
            });
            link->await_file(recorder->file().toStdString());
        }
        emit owner_.connection_changed(true, {});
    });
    heard.lost = on_our_thread([this](const std::string& sentence) {
        connected = false;
        emit owner_.connection_changed(false, to_text(sentence));
    });
    heard.time_changed = on_our_thread([this](const session::TimeState& state) {
        set_time(state);
        emit owner_.time_changed();
    });
    heard.company = on_our_thread([this](const session::Company& now) {
        company = now;
        emit owner_.company_changed();
    });
    heard.figures = on_our_thread([this](const Value& now) {
        figures = now;
        emit owner_.figures_changed();
    });
    heard.state = on_our_thread([this](std::uint64_t request, const result<Mark>& mark) {
        if (mark)
            emit owner_.state_came(request, *mark, state_file(request));
        else
            emit owner_.state_refused(request, to_text(mark.error().message));
    });
    heard.notice = on_our_thread([this](const session::Frame& frame) { hear(frame); });
    heard.failed = on_our_thread([this](const std::string& sentence) { end(to_text(sentence)); });
    heard.file_ready = on_our_thread([this] { emit owner_.ready(); });
    return heard;
}

void LiveSession::Impl::join(const Options& wanted) {
    leave();
    options = wanted;
    auto url = net::parse_url(options.url.toStdString());
    if (!url) return end(to_text(url.error().message));
    std::string_view path = url->target;
    path = path.substr(0, path.find('?'));
    while (path.ends_with('/')) path.remove_suffix(1);
    if (options.session.isEmpty()) options.session = to_text(path.substr(path.rfind('/') + 1));
    if (options.session.isEmpty()) {
        return end(tr("%1 names no session; write ws://host:port/session").arg(options.url));
    }
    options.url = to_text(url->with_target("/").text());
    SessionLink::Options to;
    to.reflector = url->with_target("/");
    to.session = options.session.toStdString();
    to.name = options.name.isEmpty() ? "teatime-inspector" : options.name.toStdString();
    to.role = options.view ? session::Role::viewer : session::Role::participant;
    link = std::make_unique<SessionLink>(std::move(to), hearing());
    link->watch_figures(watching);
}

std::uint64_t LiveSession::Impl::ask_state(MemberId of) {
    if (!states) {
        states = std::make_unique<QTemporaryDir>(QDir::tempPath() +
                                                 QStringLiteral("/teatime-states-XXXXXX"));
    }
    ++last_state;
    if (link) link->ask_state(last_state, of, state_file(last_state).toStdString());
    return last_state;
}

void LiveSession::Impl::leave() {
    ++number_;
    link.reset();
    states.reset();
    if (recorder) std::exchange(recorder, nullptr)->stop_and_delete();
    copy.reset();
    shared.clear();
    recorded_in.clear();
    too_large = false;
    connected = false;
    member = {};
    points_at.clear();
    set_time({});
    company = {};
    figures = {};
}

/// The file stays where it is until leave(): there is still something to look at.
void LiveSession::Impl::end(const QString& sentence) {
    ++number_;
    link.reset();
    connected = false;
    points_at.clear();
    emit owner_.ended(sentence);
}

/// Answers to what was asked for, and what others did.
void LiveSession::Impl::hear(const session::Frame& frame) {
    if (const auto* info = std::get_if<session::Info>(&frame)) {
        if (info->level == "warning") emit owner_.refused(to_text(info->message));
        if (info->code == "SPLIT") emit owner_.split(to_text(info->message), info->groups);
        if (info->code == "LEAD_ASKED") emit owner_.lead_asked(to_text(info->message));
    } else if (const auto* answer = std::get_if<session::TimeAnswer>(&frame)) {
        if (!answer->refused.empty()) emit owner_.refused(to_text(answer->refused));
        if (answer->outcome) stopped = answer->outcome;
        set_time(answer->state);
        emit owner_.time_changed();
    } else if (const auto* done = std::get_if<session::Answer>(&frame)) {
        if (!done->refused.empty()) emit owner_.refused(to_text(done->refused));
    } else if (const auto* outcome =
                   std::get_if<std::shared_ptr<const session::StepOutcome>>(&frame)) {
        stopped = *outcome;
        set_time(stopped->state);
        emit owner_.stepped(*outcome);
        emit owner_.time_changed();
    }
}

LiveSession::LiveSession(QObject* parent) : QObject(parent), impl_(std::make_unique<Impl>(*this)) {}
LiveSession::~LiveSession() {
    blockSignals(true);
    impl_->leave();
}

void LiveSession::join(const Options& options) {
    impl_->join(options);
}
void LiveSession::leave() {
    impl_->leave();
}
bool LiveSession::keep(const QString& path) {
    return impl_->recorder && impl_->recorder->keep(path);
}
QString LiveSession::file() const {
    return impl_->recorder ? impl_->recorder->file() : impl_->copied_file();
}
const QString& LiveSession::recorded_in() const {
    return impl_->recorded_in;
}
QString LiveSession::why_not_whole() const {
    if (impl_->too_large) return tr("%1 is large").arg(impl_->recorded_in);
    return impl_->recorder ? impl_->recorder->why_not_begun_with() : QString();
}
bool LiveSession::can_be_whole() const {
    return impl_->too_large;
}
bool LiveSession::is_over() const {
    return !impl_->link;
}
bool LiveSession::is_recording() const {
    return !impl_->shared.empty();
}
const LiveSession::Options& LiveSession::options() const {
    return impl_->options;
}
bool LiveSession::connected() const {
    return impl_->connected;
}
MemberId LiveSession::member() const {
    return impl_->member;
}
const session::TimeState& LiveSession::time() const {
    return impl_->time;
}
const session::Company& LiveSession::company() const {
    return impl_->company;
}
std::uint64_t LiveSession::ask_state(MemberId member) {
    return impl_->ask_state(member);
}
std::optional<Mark> LiveSession::stands() const {
    const auto& stopped = impl_->stopped;
    if (!stopped || stopped->groups.empty()) return std::nullopt;
    return stopped->groups[0].mark;
}
void LiveSession::watch_figures(bool on) {
    impl_->watching = on;
    if (impl_->link) impl_->link->watch_figures(on);
}
const Value& LiveSession::figures() const {
    return impl_->figures;
}
void LiveSession::send(const QString& payload) {
    if (impl_->link) impl_->link->send(payload.toStdString());
}
void LiveSession::pause() {
    session::TimeRequest request;
    request.op = session::TimeRequest::Op::pause;
    impl_->request(request);
}
void LiveSession::resume() {
    session::TimeRequest request;
    request.op = session::TimeRequest::Op::resume;
    impl_->request(request);
}
void LiveSession::set_rate(session::Rate rate) {
    session::TimeRequest request;
    request.op = session::TimeRequest::Op::rate;
    request.rate = rate;
    impl_->request(request);
}
void LiveSession::step(session::StepBy by, Duration duration) {
    session::TimeRequest request;
    request.op = session::TimeRequest::Op::step;
    request.by = by;
    request.duration = duration;
    impl_->request(request);
}
void LiveSession::step_to(const Mark& mark) {
    session::TimeRequest request;
    request.op = session::TimeRequest::Op::step;
    request.by = session::StepBy::mark;
    request.mark = mark;
    impl_->request(request);
}
void LiveSession::run_until(const Mark& mark) {
    session::TimeRequest request;
    request.op = session::TimeRequest::Op::until;
    request.mark = mark;
    impl_->request(request);
}
void LiveSession::take_lead() {
    if (impl_->link) impl_->link->lead(session::LeaseRequest::Op::take, {});
}
void LiveSession::hand_lead(MemberId to) {
    if (impl_->link) impl_->link->lead(session::LeaseRequest::Op::hand, to);
}
void LiveSession::release_lead() {
    if (impl_->link) impl_->link->lead(session::LeaseRequest::Op::release, {});
}
void LiveSession::note(const Mark& mark, const QString& text) {
    if (impl_->link) impl_->link->note(mark, text.toStdString());
}
void LiveSession::show_playhead(const Mark& mark, bool follows) {
    if (impl_->link) impl_->link->show_playhead(mark, follows);
}
void LiveSession::point_at(const QString& path) {
    if (!impl_->link) return;
    impl_->points_at = path;
    impl_->link->point_at(path.toStdString());
    emit company_changed();
}
const QString& LiveSession::points_at() const {
    return impl_->points_at;
}

}  // namespace teatime::inspector
