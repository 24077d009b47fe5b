#include "teatime/timegraph/redact.h"

#include <fmt/format.h>

#include "part_writer.h"
#include "redactor.h"

namespace teatime::timegraph {
namespace {

constexpr const char* kLeftOut =
    "messages that cannot be read, and so not be redacted, were left out";

/// What says how the recording was made, and is nobody's value.
bool is_own(std::string_view name) {
    return name == kKindMeta || name == kCodeIdMeta || name == kTickMeta;
}

/// Both passes: without a writer what is asked for is learnt.
class RedactTaker : public PartTaker {
public:
    RedactTaker(Redactor& redactor, PartWriter* writer, const Reader::End& end, Redacted& done)
        : redactor_(redactor), writer_(writer), end_(end), done_(done) {}

    void meta(std::string_view name, std::string_view value) override {
        if (name == kTove) return;  // encrypted with the session's password
        std::string text(value);
        if (!is_own(name)) redactor_.column("meta", name, text);
        if (writer_) writer_->meta(name, text);
    }
    void joined(const Member& member) override {
        Member redacted = member;
        redactor_.column("members", "name", redacted.name);
        redactor_.column("members", "role", redacted.role);
        if (writer_) writer_->joined(redacted);
    }
    void left(MemberId member, Stamp stamp) override {
        if (writer_) writer_->left(member, stamp);
    }
    void clock(const ClockPoint& point) override {
        if (writer_) writer_->clock(point);
    }
    void gap(const Gap& gap) override {
        Gap redacted = gap;
        redactor_.column("gaps", "why", redacted.why);
        if (writer_) writer_->gap(redacted);
    }
    void message(const Reader::Cursor& at) override;
    void keyframe(const KeyframeInfo& keyframe, const Touched& touched, Image image) override {
        redactor_.image(image);
        if (writer_) writer_->keyframe(keyframe, touched, std::move(image));
    }
    void foreign_keyframe(const KeyframeInfo&, std::string_view) override {
        if (writer_) ++done_.states_left_out;
    }
    void vote(const Vote& vote) override {
        Vote redacted = vote;
        redactor_.state_hash(redacted.hash);
        if (writer_) writer_->vote(redacted);
    }
    void bookmark(const Bookmark& bookmark) override {
        Bookmark redacted = bookmark;
        redactor_.column("bookmarks", "author", redacted.author);
        redactor_.column("bookmarks", "comment", redacted.comment);
        if (writer_) writer_->bookmark(redacted);
    }
    void error(const HandlerError& error) override {
        HandlerError redacted = error;
        redactor_.column("errors", "type", redacted.type);
        redactor_.column("errors", "sentence", redacted.sentence);
        if (writer_) writer_->error(redacted);
    }
    void file(const ForeignFile&) override {
        if (writer_) ++done_.files_left_out;
    }
    void end(VirtualTime time, WallTime wall) override {
        if (writer_) writer_->end(time, wall);
    }

private:
    Redactor& redactor_;
    PartWriter* writer_;
    const Reader::End& end_;
    Redacted& done_;
    Stamp last_;  ///< of the last message that was written
};

void RedactTaker::message(const Reader::Cursor& at) {
    Message message = at.message().copy();
    bool readable = redactor_.payload(message.payload) && redactor_.extra(message.extra);
    if (!writer_) return;
    if (readable) {
        last_ = message.stamp;
        writer_->message(message);
        ++done_.messages;
        return;
    }
    // One gap explains all of them, before any: else each would be a gap of its own.
    if (done_.messages_left_out++ == 0) {
        writer_->gap({last_, {end_.bound, next(end_.last.seq)}, kLeftOut});
    }
}

void pass(const Reader& reader, const Reader::End& end, Redactor& redactor, PartWriter* writer,
          Redacted& done, const Watch& watch) {
    RedactTaker taker(redactor, writer, end, done);
    Watch half = watch;
    if (watch.progress) {
        half.progress = [&](double part) { watch.progress((part + (writer ? 1 : 0)) / 2); };
    }
    walk(reader, {}, taker, half);
}

}  // namespace

const std::string* redacted_of(const Meta& meta) {
    auto redacted = meta.more.find(kRedactedMeta);
    return redacted == meta.more.end() ? nullptr : &redacted->second;
}

result<Redacted> redact(const std::string& from, const std::string& to, const Redaction& redaction,
                        const Watch& watch) {
    return guarded([&] {
        Reader reader = need(Reader::open(from));
        Redactor redactor(redaction);
        PartWriter writer(to);
        Reader::Info before = need(reader.info());
        Redacted done;
        pass(reader, before.end, redactor, nullptr, done, watch);
        if (std::string missing = redactor.selection().missing(); !missing.empty()) {
            throw Failure{wrong_usage(fmt::format("there is no {} in {}", missing, from))};
        }
        redactor.begin_replacing();
        pass(reader, before.end, redactor, &writer, done, watch);
        if (need(reader.info()) != before) {
            throw Failure{failed(
                fmt::format("{} is being written: `teatime copy` it, and redact the copy", from))};
        }
        const std::string* earlier = redacted_of(before.meta);
        writer.meta(kRedactedMeta, (earlier ? *earlier + "; " : "") + redactor.selection().words());
        done.values = redactor.secrets().count();
        done.places = redactor.places();
        done.stay = redactor.stay();
        writer.keep(watch);
        return done;
    });
}

}  // namespace teatime::timegraph
