#include <utility>

#include "live.h"
#include "rows_model.h"
#include "teatime/net/client.h"
#include "teatime/net/loop.h"
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

}  // namespace

class SessionList::Impl {
public:
    std::uint64_t asked = 0;
    net::LoopThread thread;
};

SessionList::SessionList(QObject* parent) : QObject(parent), impl_(std::make_unique<Impl>()) {}
SessionList::~SessionList() = default;

void SessionList::ask(const QString& text) {
    const std::uint64_t number = ++impl_->asked;
    auto tell = [this, number, text](const result<QVector<SessionRow>>& rows) {
        QMetaObject::invokeMethod(
            this,
            [this, number, text, rows] {
                if (number != impl_->asked) return;
                if (rows) {
                    emit listed(text, *rows);
                } else {
                    emit failed(text, to_text(rows.error().message));
                }
            },
            Qt::QueuedConnection);
    };
    auto url = net::parse_url(text.toStdString());
    if (!url) return tell(url.error());
    const net::Url list = url->with_scheme("http").with_target("/sessions");
    impl_->thread.loop.post([loop = &impl_->thread.loop, list, tell] {
        net::fetch(*loop, list, {}, [list, tell](result<net::HttpResponse> response) {
            tell(read_sessions(list, response));
        });
    });
}

}  // namespace teatime::inspector
