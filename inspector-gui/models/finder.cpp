#include "finder.h"

#include <algorithm>
#include <array>

#include "call_text.h"
#include "state_filter.h"
#include "teatime/state/inspect.h"

namespace teatime::inspector {

/// One text, looked for in one place after the other: the nearest to what is seen first.
class Finder::Search {
public:
    using Tell = std::function<void(std::vector<TextRow>, Progress)>;
    Search(std::string needle, FactsPtr facts, MomentPtr moment, MessageSource messages, Tell tell)
        : needle_(lower(needle)),
          is_path_(needle_.find_first_of(".[") != needle_.npos),
          facts_(std::move(facts)),
          moment_(std::move(moment)),
          messages_(std::move(messages)),
          tell_(std::move(tell)) {}

    void run(const std::stop_token& stop) {
        if (moment_ && moment_->state) look_at_state(stop);
        look_at_lists();
        tell_(rows_, {});
        if (messages_.open) look_at_messages(stop);
        if (!stop.stop_requested()) tell_(rows_, {.done = true, .cut = cut_});
    }

private:
    enum class Kind { state, error, message };

    void add(const QString& kind, const QString& where, const QString& what,
             std::optional<Mark> mark, const QString& path = {}) {
        TextRow row{{kind, where, what}, mark};
        row.data = path;
        rows_.push_back(std::move(row));
    }

    void look_at_state(const std::stop_token& stop) {
        const Image& image = *moment_->state;
        auto names = object_names(image);
        for (ObjectId id : objects(image, stop)) {
            const Image::Object* object = image.find_object(id);
            if (!object || cut_ || stop.stop_requested()) break;
            auto named = names.find(id);
            std::string name =
                named == names.end() ? "#" + std::to_string(id.value) : *named->second;
            const std::string& kind = image.schemas[object->schema].class_name;
            if ((contains_text(name, needle_) || contains_text(kind, needle_)) &&
                left(Kind::state)) {
                add(tr("object"), QString::fromStdString(name), QString::fromStdString(kind), {},
                    QString::fromStdString(name));
            }
            auto fields = decode_object(image, *object);
            if (fields) look_into(name, *fields);
        }
    }

    /// A path may go on in any of them.
    std::vector<ObjectId> objects(const Image& image, const std::stop_token& stop) const {
        if (!is_path_) return matching_objects(image, needle_, stop);
        std::vector<ObjectId> all;
        for (const Image::Object& object : image.objects) all.push_back(object.id);
        return all;
    }

    void look_into(const std::string& path, const Value& value) {
        if (cut_) return;
        // Of what has a path in it only the whole is told, not each of its fields.
        const bool may_be_path = is_path_ && !contains_text(path, needle_);
        auto look = [&](const std::string& below, std::string_view name, const Value& part) {
            bool leaf = !part.if_entries() && !part.if_list();
            bool found = contains_text(name, needle_) || (leaf && matches({}, part, needle_)) ||
                         (may_be_path && contains_text(below, needle_));
            if (found && left(Kind::state)) {
                add(tr("field"), QString::fromStdString(below), to_text(part), {},
                    QString::fromStdString(below));
            }
            if (!leaf) look_into(below, part);
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
        for (const timegraph::HandlerError& each : facts_->errors) {
            if (!contains_text(each.sentence, needle_) && !contains_text(each.type, needle_))
                continue;
            if (!left(Kind::error)) break;
            add(tr("error"), to_text(each.mark), QString::fromStdString(each.sentence), each.mark);
        }
        for (const timegraph::Member& each : facts_->members) {
            if (!contains_text(each.name, needle_)) continue;
            add(tr("member"), tr("member %1").arg(each.id.value), QString::fromStdString(each.name),
                Mark{BranchId{}, each.joined.time, Mark::kWholeInstant});
        }
    }

    /// Outwards from the playhead, a stretch behind it and one before it at a time.
    void look_at_messages(const std::stop_token& stop) {
        constexpr std::uint64_t kStretch = 1'000;
        const auto rows = messages_.open();
        const std::uint64_t here = row_of_playhead(*rows, stop);
        std::uint64_t from = here, to = here;  // what was looked through
        while ((from > 0 || to < messages_.count) && !stop.stop_requested()) {
            std::vector<Found> near;
            const std::uint64_t later = std::min(kStretch, messages_.count - to);
            const std::uint64_t earlier = std::min(kStretch, from);
            if (!look_at_rows(*rows, to, later, near, stop)) return;
            if (!look_at_rows(*rows, from - earlier, earlier, near, stop)) return;
            to += later;
            from -= earlier;
            std::stable_sort(near.begin(), near.end(), [here](const Found& a, const Found& b) {
                return distance(a.number, here) < distance(b.number, here);
            });
            for (const Found& each : near) {
                if (!left(Kind::message)) return;
                add(each.message.external ? tr("message") : tr("future"),
                    to_text(each.message.mark), each.what, each.message.mark);
            }
        }
    }

    struct Found {
        std::uint64_t number;
        MessageRow message;
        QString what;
    };
    static std::uint64_t distance(std::uint64_t a, std::uint64_t b) {
        return a < b ? b - a : a - b;
    }

    bool look_at_rows(MessageRows& rows, std::uint64_t first, std::uint64_t count,
                      std::vector<Found>& found, const std::stop_token& stop) const {
        if (count == 0) return true;
        auto all = rows.rows(first, count, stop);
        if (!all) return false;
        for (std::size_t i = 0; i < all->size(); ++i) {
            MessageRow& row = (*all)[i];
            QString what = CallText{row.target, row.selector, row.arguments}.whole();
            if (!contains_text(what.toStdString(), needle_)) continue;
            found.push_back({first + i, std::move(row), std::move(what)});
        }
        return !stop.stop_requested();
    }

    std::uint64_t row_of_playhead(MessageRows& rows, const std::stop_token& stop) const {
        if (!moment_) return 0;
        std::optional<Seq> seq;
        if (moment_->message && moment_->message->external) seq = Seq{moment_->message->order};
        const auto row = rows.row_at(moment_->mark, seq, stop);
        return row && *row ? std::min(**row, messages_.count) : 0;
    }

    /// Of a kind only so many are listed.
    bool left(Kind kind) {
        std::size_t& listed = listed_[static_cast<std::size_t>(kind)];
        if (listed < kMostOfAKind) return ++listed > 0;
        cut_ = true;
        return false;
    }

    const std::string needle_;
    const bool is_path_;  ///< `discs[36].at`, or a number: it is looked for in both
    const FactsPtr facts_;
    const MomentPtr moment_;
    const MessageSource messages_;
    const Tell tell_;
    std::vector<TextRow> rows_;
    std::array<std::size_t, 3> listed_{};  ///< by Kind
    bool cut_ = false;                     ///< there are more
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
        return void(emit found({}, {.done = true, .cut = false}));
    }
    auto tell = [this, run](std::vector<TextRow> rows, Progress progress) {
        QMetaObject::invokeMethod(this, [this, run, rows = std::move(rows), progress] {
            if (run == run_) emit found(rows, progress);
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
