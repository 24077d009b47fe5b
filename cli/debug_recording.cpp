#include <utility>

#include "debug_session.h"
#include "teatime/state/inspect.h"
#include "teatime/state/json.h"

// What is different in a shared recording: it steps here, and who leads takes the others along.

namespace teatime::cli {

using session::TimeRequest;

/// False: the line is the same there.
bool Debug::replays(const DebugLine& line) {
    switch (line.what) {
        case What::time:
            obey(replay_->obey(line.time));
            if (replay_->playing() && line.time.op == TimeRequest::Op::until) {
                until_ = true;
                awaited_ = 0;  // no request's number
            }
            return true;
        case What::back:
            obey(replay_->back(line.time));
            return true;
        case What::go:
            obey(replay_->go(*line.mark));
            return true;
        case What::where:
            say_place(replay_->playing() ? "plays, rate " + to_string(replay_->rate()) + "\n" : "");
            return true;
        case What::follow:
            with_others_ = true;
            if (shared()) obey(replay_->go(shared()->mark));
            return true;
        case What::waiting:
            refused("in a recording nothing waits", kDiffers);
            return true;
        case What::state: {
            auto image = replay_->state();
            auto tree = image ? state_tree(*image, line.text) : result<Value>(image.error());
            if (!tree) {
                refused(tree.error().message, kDiffers);
            } else if (voice_.json()) {
                voice_.say("state", {}, {{"path", line.text}, {"state", *tree}});
            } else {
                print_tree(*tree);
            }
            return true;
        }
        default:
            return false;
    }
}

/// After what moved the playhead, or not.
void Debug::obey(const result<void>& done) {
    if (!done) return refused(done.error().message, kDiffers);
    const bool follows = with_others_ && shared() && replay_->mark() == shared()->mark;
    if (replay_->playing()) {
        play_on();
    } else if (!follows) {
        moved();
        say_place();
    } else {
        participant_->show_playhead(replay_->mark(), true);
        say_place();
    }
}

/// By a line here: whoever leads, or nobody yet, takes all others along.
void Debug::moved() {
    const Mark& mark = replay_->mark();
    if (std::exchange(with_others_, false) && another_leads())
        voice_.say("alone", "* " + name_of(company().lease.holder) +
                                " leads; this is a look of your own, `follow` goes back");
    participant_->show_playhead(mark, false);
    if (another_leads() || (shared() && shared()->mark == mark)) return;
    moving_ = mark;
    loop_.schedule_after(std::chrono::seconds(2), [this, mark] {
        if (moving_ != mark) return;
        moving_.reset();
        next();
    });
}

void Debug::play_on() {
    if (auto done = replay_->play_on(); !done) return refused(done.error().message, kDiffers);
    moved();
    if (replay_->playing()) {
        loop_.schedule_after(std::chrono::milliseconds(50), [this] {
            if (replay_->playing()) play_on();
        });
        return;
    }
    say_place();
    awaited_.reset();
    until_ = false;
    loop_.post([this] { next(); });
}

void Debug::say_place(const std::string& before) {
    auto hash = replay_->hash();
    const std::string mark = to_string(replay_->mark());
    const std::string known = hash ? to_string(*hash) : std::string();
    voice_.say("at", before + mark + "  " + known,
               {{"mark", mark}, {"hash", known}, {"follows", with_others_}});
}

/// Of one who plays, not every place is told.
void Debug::follow_playhead() {
    settle();
    if (!with_others_ || following_soon_ || !shared() || replay_->mark() == shared()->mark) return;
    following_soon_ = true;
    loop_.schedule_after(std::chrono::milliseconds(200), [this] {
        following_soon_ = false;
        if (!with_others_ || replay_->mark() == shared()->mark) return;
        if (auto done = replay_->go(shared()->mark); !done)
            return refused(done.error().message, kDiffers);
        participant_->show_playhead(replay_->mark(), true);
        const MemberId leads = company().lease.holder;
        say_place("* " + (leads ? name_of(leads) : std::string("the playhead")) + " went to ");
    });
}

/// The others have what was moved here, or it does not concern them.
void Debug::settle() {
    if (!moving_ || !(another_leads() || (shared() && shared()->mark == *moving_))) return;
    moving_.reset();
    loop_.post([this] { next(); });
}

}  // namespace teatime::cli
