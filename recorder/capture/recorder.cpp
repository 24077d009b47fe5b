#include "teatime/capture/recorder.h"

#include "recording.h"

namespace teatime::capture {

Recorder::Recorder(std::shared_ptr<Recording> recording) : recording_(std::move(recording)) {}

Recorder::~Recorder() {
    close();
}

void Recorder::go_on() {
    recording_->go_on();
}

void Recorder::take(const session::RouterOutputs& outputs) {
    recording_->add([&](EventQueue::Adding& adding, timegraph::WallTime wall) {
        for (const session::RouterOutput& output : outputs) {
            if (auto* broadcast = std::get_if<session::Broadcast>(&output)) {
                if (auto* message = std::get_if<session::MessagePtr>(&broadcast->frame))
                    adding.message(*message);
                else if (auto* tick = std::get_if<session::Tick>(&broadcast->frame))
                    adding.bound(tick->time);
            } else if (auto* record = std::get_if<session::Record>(&output)) {
                adding.note({*record, wall});
            }
        }
    });
}

void Recorder::message(const session::MessagePtr& message) {
    recording_->add(
        [&](EventQueue::Adding& adding, timegraph::WallTime) { adding.message(message); });
}

void Recorder::bound(VirtualTime bound) {
    recording_->add([&](EventQueue::Adding& adding, timegraph::WallTime) { adding.bound(bound); });
}

void Recorder::record(session::Record record) {
    recording_->add([&](EventQueue::Adding& adding, timegraph::WallTime wall) {
        adding.note({std::move(record), wall});
    });
}

void Recorder::keyframe(Image image, std::vector<ObjectId> touched) {
    recording_->add([&](EventQueue::Adding& adding, timegraph::WallTime wall) {
        adding.note({MemberKeyframe{std::move(image), std::move(touched)}, wall});
    });
}

void Recorder::gap(Stamp before, std::string why) {
    recording_->add([&](EventQueue::Adding& adding, timegraph::WallTime wall) {
        adding.note({MemberGap{before, std::move(why)}, wall});
    });
}

void Recorder::close() {
    recording_->add([](EventQueue::Adding& adding, timegraph::WallTime) { adding.close(); });
}

Recorder::Status Recorder::status() const {
    return recording_->status();
}

Seq Recorder::settled() const {
    return recording_->settled();
}

void Recorder::on_settled(std::function<void()> moved) {
    recording_->on_settled(std::move(moved));
}

}  // namespace teatime::capture
