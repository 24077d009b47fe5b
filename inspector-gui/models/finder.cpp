#include "finder.h"

#include <algorithm>

#include "call_text.h"
#include "state_filter.h"
#include "teatime/state/inspect.h"
#include "teatime/timegraph/reader.h"

namespace teatime::inspector {

/// One text, looked for in one place after the other: the nearest to what is seen first.
class Finder::Search {
public:
    using Tell = std::function<void(std::vector<TextRow>, bool done)>;
    Search(std::string needle, FactsPtr facts, MomentPtr moment, MessageSource messages, Tell tell)
        : needle_(lower(needle)),
          facts_(std::move(facts)),
          moment_(std::move(moment)),
          messages_(std::move(messages)),
          tell_(std::move(tell)) {}

    void run(const std::stop_token& stop) {
        if (moment_ && moment_->state) look_at_state(stop);
        look_at_lists();
        tell_(rows_, false);
        if (messages_.open) {
            look_at_executed(stop);
        } else if (facts_->is_recording) {
            look_at_messages(stop);
        }
        if (!stop.stop_requested()) tell_(rows_, true);
    }

private:
    void add(const QString& kind, const QString& where, const QString& what,
             std::optional<Mark> mark, const QString& path = {}) {
        TextRow row{{kind, where, what}, mark};
        row.data = path;
        rows_.push_back(std::move(row));
    }

    void look_at_state(const std::stop_token& stop) {
        const Image& image = *moment_->state;
        auto names = object_names(image);
        std::size_t left = kMostOfAKind;
        for (ObjectId id : matching_objects(image, needle_, stop)) {
            const Image::Object* object = image.find_object(id);
            if (!object || left == 0) break;
            auto named = names.find(id);
            std::string name =
                named == names.end() ? "#" + std::to_string(id.value) : *named->second;
            const std::string& kind = image.schemas[object->schema].class_name;
            if (contains_text(name, needle_) || contains_text(kind, needle_)) {
                add(tr("object"), QString::fromStdString(name), QString::fromStdString(kind), {},
                    QString::fromStdString(name));
                --left;
            }
            auto fields = decode_object(image, *object);
            if (fields) look_into(name, *fields, left);
        }
    }

    void look_into(const std::string& path, const Value& value, std::size_t& left) {
        if (left == 0) return;
        auto look = [&](const std::string& below, std::string_view name, const Value& part) {
            bool leaf = !part.if_entries() && !part.if_list();
            if (left > 0 &&
                (contains_text(name, needle_) || (leaf && matches({}, part, needle_)))) {
                add(tr("field"), QString::fromStdString(below), to_text(part), {},
                    QString::fromStdString(below));
                --left;
            }
            if (!leaf) look_into(below, part, left);
        };
        if (const Value::Entries* entries = value.if_entries()) {
            for (const auto& [name, part] : *entries) look(path_inside(path, name), name, part);
        } else if (const Value::List* list = value.if_list()) {
            for (std::size_t i = 0; i < list->size(); ++i) {
                look(path_inside(path, i), {}, (*list)[i]);
            }
        }
    }

    void look_at_lists() {
        for (const timegraph::Bookmark& each : facts_->bookmarks) {
            if (!contains_text(each.comment, needle_) && !contains_text(each.author, needle_))
                continue;
            add(tr("mark"), to_text(each.mark), QString::fromStdString(each.comment), each.mark);
        }
        std::size_t left = kMostOfAKind;
        for (const timegraph::HandlerError& each : facts_->errors) {
            if (!contains_text(each.sentence, needle_) && !contains_text(each.type, needle_))
                continue;
            if (left-- == 0) break;
            add(tr("error"), to_text(each.mark), QString::fromStdString(each.sentence), each.mark);
        }
        for (const timegraph::Member& each : facts_->members) {
            if (!contains_text(each.name, needle_)) continue;
            add(tr("member"), tr("member %1").arg(each.id.value), QString::fromStdString(each.name),
                Mark{BranchId{}, each.joined.time, Mark::kWholeInstant});
        }
    }

    void look_at_executed(const std::stop_token& stop) {
        constexpr std::size_t kChunk = 1'000;
        const auto rows = messages_.open();
        std::size_t left = kMostOfAKind;
        for (std::uint64_t from = 0; from < messages_.count && left > 0; from += kChunk) {
            auto chunk = rows->rows(from, kChunk, stop);
            if (!chunk || stop.stop_requested()) return;
            for (const MessageRow& row : *chunk) {
                const QString what = CallText{row.target, row.selector, row.arguments}.whole();
                if (!contains_text(what.toStdString(), needle_)) continue;
                add(row.external ? tr("message") : tr("future"), to_text(row.mark), what, row.mark);
                if (--left == 0) break;
            }
        }
    }

    void look_at_messages(const std::stop_token& stop) {
        auto reader = timegraph::Reader::open(facts_->path.toStdString());
        if (!reader) return;
        auto cursor = reader->messages_after(Seq{0});
        std::size_t left = kMostOfAKind;
        while (left > 0 && !stop.stop_requested() && cursor.next()) {
            const timegraph::MessageView& message = cursor.message();
            if (!contains_text(message.payload, needle_)) continue;
            CallText call = call_text(message.payload);
            QString what =
                call.target.isEmpty()
                    ? call.selector
                    : QString("%1.%2(%3)").arg(call.target, call.selector, call.arguments);
            add(tr("message"), to_text(message.stamp.time), what,
                Mark{BranchId{}, message.stamp.time, Mark::kWholeInstant});
            --left;
        }
    }

    const std::string needle_;
    const FactsPtr facts_;
    const MomentPtr moment_;
    const MessageSource messages_;
    const Tell tell_;
    std::vector<TextRow> rows_;
};

Finder::Finder(QObject* parent) : QObject(parent) {}

Finder::~Finder() {
    background_.cancel();
}

void Finder::find(const QString& text, const FactsPtr& facts, const MomentPtr& moment,
                  const MessageSource& messages) {
    auto run = ++run_;
    if (text.trimmed().isEmpty() || !facts) {
        background_.cancel();
        return void(emit found({}, true));
    }
    auto tell = [this, run](std::vector<TextRow> rows, bool done) {
        QMetaObject::invokeMethod(this, [this, run, rows = std::move(rows), done] {
            if (run == run_) emit found(rows, done);
        });
    };
    background_.run([search = std::make_shared<Search>(text.trimmed().toStdString(), facts, moment,
                                                       messages, tell)](
                        const std::stop_token& stop) { search->run(stop); });
}

void Finder::cancel() {
    ++run_;
    background_.cancel();
}

}  // namespace teatime::inspector
