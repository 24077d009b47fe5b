#include <QSet>
#include <algorithm>
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
    ReflectorRow* find(const QString& url) {
        auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const ReflectorRow& row) { return row.url == url; });
        return found == rows.end() ? nullptr : &*found;
    }
    void add(const QString& url) {
        if (find(url)) return;
        const auto known = std::find_if(before.begin(), before.end(),
                                        [&](const ReflectorRow& row) { return row.url == url; });
        rows.push_back(known == before.end() ? ReflectorRow{url, false, {}, {}} : *known);
    }

    std::vector<ReflectorRow> rows;
    std::vector<ReflectorRow> before;
    QSet<QString> asked;  // and not answered
    net::LoopThread thread;
};

SessionList::SessionList(QObject* parent) : QObject(parent), impl_(std::make_unique<Impl>()) {}
SessionList::~SessionList() = default;

const std::vector<ReflectorRow>& SessionList::reflectors() const {
    return impl_->rows;
}

void SessionList::ask(const QString& elsewhere) {
    impl_->before = std::exchange(impl_->rows, {});
    for (const net::Url& url : net::running_reflectors()) impl_->add(address(url));
    if (!elsewhere.isEmpty()) {
        auto url = net::parse_url(elsewhere.toStdString());
        impl_->add(url ? address(*url) : elsewhere);
    }
    auto tell = [this](const QString& reflector, const result<QVector<SessionRow>>& sessions) {
        impl_->asked.remove(reflector);
        ReflectorRow* row = impl_->find(reflector);
        if (!row) return;
        *row = {reflector, true, {}, {}};
        if (sessions) {
            row->sessions = *sessions;
        } else {
            row->error = to_text(sessions.error().message);
        }
        emit changed();
    };
    for (const ReflectorRow& row : impl_->rows) {
        if (impl_->asked.contains(row.url)) continue;
        impl_->asked.insert(row.url);
        auto later = [this, tell, url = row.url](const result<QVector<SessionRow>>& sessions) {
            QMetaObject::invokeMethod(
                this, [tell, url, sessions] { tell(url, sessions); }, Qt::QueuedConnection);
        };
        auto url = net::parse_url(row.url.toStdString());
        if (!url) {
            later(url.error());
            continue;
        }
        const net::Url list = url->with_scheme("http").with_target("/sessions");
        impl_->thread.loop.post([loop = &impl_->thread.loop, list, later] {
            net::fetch(*loop, list, {}, [list, later](const result<net::HttpResponse>& response) {
                later(read_sessions(list, response));
            });
        });
    }
    emit changed();
}

}  // namespace teatime::inspector
