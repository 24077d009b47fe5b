#include <QSet>
#include <algorithm>
#include <chrono>
#include <utility>

#include "live.h"
#include "rows_model.h"
#include "teatime/net/client.h"
#include "teatime/net/loop.h"
#include "teatime/net/running.h"
#include "teatime/net/url.h"
#include "teatime/state/json.h"

namespace teatime::inspector {
namespace {

QString field(const Value& session, std::string_view name) {
    const Value* value = session.find(name);
    const std::string* text = value ? value->if_string() : nullptr;
    return text ? to_text(*text) : QString();
}

int number(const Value& session, std::string_view name) {
    const Value* value = session.find(name);
    const std::int64_t* count = value ? value->if_int() : nullptr;
    return count ? static_cast<int>(*count) : 0;
}

result<QVector<SessionRow>> read_sessions(const net::Url& url,
                                          const result<net::HttpResponse>& response) {
    if (!response) {
        const std::string& why = response.error().message;  // the cause stands last
        const std::size_t cause = why.rfind(": ");
        return unavailable("No reflector at " + url.authority() +
                           (cause == why.npos ? ": " + why : why.substr(cause)));
    }
    auto parsed = parse_json(response->body);
    const Value::List* list = parsed ? parsed->if_list() : nullptr;
    if (response->status / 100 != 2 || !list) {
        return unavailable(url.authority() +
                           " is no Teatime reflector: its list of sessions cannot be read");
    }
    QVector<SessionRow> rows;
    for (const Value& session : *list) {
        SessionRow row;
        row.id = field(session, "id");
        row.app = field(session, "app");
        row.kind = field(session, "kind");
        row.recording = field(session, "recording");
        row.members = number(session, "members");
        row.viewers = number(session, "viewers");
        row.time = field(session, "time");
        row.rate = field(session, "rate");
        const Value* paused = session.find("paused");
        row.paused = paused && *paused == Value(true);
        rows.append(row);
    }
    return rows;
}

QString address(const net::Url& url) {
    return to_text("ws://" + url.authority());
}

}  // namespace

class SessionList::Impl {
public:
    explicit Impl(SessionList& owner) : owner_(owner) {}

    ReflectorRow* find(const QString& url) {
        auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const ReflectorRow& row) { return row.url == url; });
        return found == rows.end() ? nullptr : &*found;
    }
    void add(const QString& url) {
        if (find(url)) return;
        const auto known = known_before(url);
        rows.push_back(known == before.end() ? ReflectorRow{url, false, {}, {}} : *known);
    }
    void add_unnoted(const std::vector<net::Url>& noted, const result<net::Url>& elsewhere);
    void ask(const QString& url, const net::FetchOptions& options = {});

    std::vector<ReflectorRow> rows;
    std::vector<ReflectorRow> before;
    quint16 usual_port = 0;

private:
    std::vector<ReflectorRow>::const_iterator known_before(const QString& url) const {
        return std::find_if(before.begin(), before.end(),
                            [&](const ReflectorRow& row) { return row.url == url; });
    }
    void tell(const QString& url, const result<QVector<SessionRow>>& sessions);

    SessionList& owner_;
    QString unnoted_;         // listed while it answers
    std::size_t noted_ = 0;   // rows before it
    QSet<QString> asked_;     // and not answered
    net::LoopThread thread_;  // the first to go
};

/// What left no note may be anything, or nothing: it is listed once it has answered as a reflector.
void SessionList::Impl::add_unnoted(const std::vector<net::Url>& noted,
                                    const result<net::Url>& elsewhere) {
    constexpr net::FetchOptions kAtOnce{std::chrono::seconds(1), std::size_t{16} << 20};
    noted_ = rows.size();
    unnoted_.clear();
    const bool named = elsewhere && elsewhere->port == usual_port &&
                       (elsewhere->host == "localhost" || elsewhere->host == "127.0.0.1");
    const auto url = net::unnoted_reflector(noted, usual_port);
    if (named || !url) return;
    unnoted_ = address(*url);
    const auto known = known_before(unnoted_);
    if (known != before.end() && known->answered && known->error.isEmpty()) add(unnoted_);
    ask(unnoted_, kAtOnce);
}

/// One that was asked and has not answered is waited for.
void SessionList::Impl::ask(const QString& url, const net::FetchOptions& options) {
    if (asked_.contains(url)) return;
    asked_.insert(url);
    auto later = [this, url](const result<QVector<SessionRow>>& sessions) {
        QMetaObject::invokeMethod(
            &owner_, [this, url, sessions] { tell(url, sessions); }, Qt::QueuedConnection);
    };
    auto reflector = net::parse_url(url.toStdString());
    if (!reflector) return later(reflector.error());
    const net::Url list = reflector->with_scheme("http").with_target("/sessions");
    thread_.loop.post([loop = &thread_.loop, list, options, later] {
        net::fetch(
            *loop, list, {},
            [list, later](const result<net::HttpResponse>& response) {
                later(read_sessions(list, response));
            },
            options);
    });
}

void SessionList::Impl::tell(const QString& url, const result<QVector<SessionRow>>& sessions) {
    asked_.remove(url);
    ReflectorRow* row = find(url);
    if (url == unnoted_ && (!sessions || !row)) {
        if (row) rows.erase(rows.begin() + (row - rows.data()));
        row = nullptr;
        const auto place = rows.begin() + static_cast<std::ptrdiff_t>(noted_);
        if (sessions) row = &*rows.insert(place, ReflectorRow{});
    }
    if (row) {
        *row = {url, true, {}, {}};
        if (sessions)
            row->sessions = *sessions;
        else
            row->error = to_text(sessions.error().message);
    }
    emit owner_.changed();
}

SessionList::SessionList(quint16 usual_port, QObject* parent)
    : QObject(parent), impl_(std::make_unique<Impl>(*this)) {
    impl_->usual_port = usual_port;
}
SessionList::~SessionList() = default;

const std::vector<ReflectorRow>& SessionList::reflectors() const {
    return impl_->rows;
}

void SessionList::ask(const QString& elsewhere) {
    impl_->before = std::exchange(impl_->rows, {});
    const std::vector<net::Url> noted = net::running_reflectors();
    for (const net::Url& url : noted) impl_->add(address(url));
    const result<net::Url> named = net::parse_url(elsewhere.toStdString());
    impl_->add_unnoted(noted, named);
    if (!elsewhere.isEmpty()) impl_->add(named ? address(*named) : elsewhere);
    for (const ReflectorRow& row : impl_->rows) impl_->ask(row.url);
    emit changed();
}

}  // namespace teatime::inspector
