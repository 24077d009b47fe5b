#include "following.h"

#include <utility>

#include "live.h"
#include "player.h"
#include "transport.h"

namespace teatime::inspector {

Following::Following(Player& player, Transport& transport, QObject* parent)
    : QObject(parent), player_(player), transport_(transport) {
    connect(&player_, &Player::playhead_moved, this, &Following::tell_playhead);
    connect(&transport_, &Transport::changed, this, [this] {
        const bool live = transport_.state() == Transport::State::following;
        if (live && followed_ && !moving_) follow(std::nullopt);  // back to it by hand
    });
}

void Following::set_session(LiveSession* session) {
    if (session_) session_->disconnect(this);
    session_ = session;
    followed_.reset();
    led_ = false;
    if (session_) {
        connect(session_, &LiveSession::company_changed, this, &Following::company_changed);
    }
}

void Following::begin(const Mark& begin) {
    followed_ = MemberId{};
    moving_ = true;
    player_.seek(begin);
    moving_ = false;
    follow(followed_);
}

void Following::follow(std::optional<MemberId> member) {
    followed_ = member;
    emit changed(member);
    if (!session_ || !player_.is_open()) return;
    go_along();
    if (session_->is_recording() && member) session_->show_playhead(player_.playhead(), true);
}

void Following::toggle() {
    if (!session_) return void(emit said(tr("Nobody to follow: this is no session")));
    if (led_) return void(emit said(tr("You lead: the others go with you")));
    if (followed_) return follow(std::nullopt);
    if (session_->is_recording()) return follow(MemberId{});
    const MemberId leads = session_->company().lease.holder;
    if (!leads || leads == session_->member()) return void(emit said(tr("Nobody else leads")));
    follow(leads);
}

void Following::company_changed() {
    if (session_->is_recording()) {
        // Who gives the lead away goes with who has it next.
        const MemberId holder = session_->company().lease.holder;
        const bool mine = holder && holder == session_->member();
        if (std::exchange(led_, mine) && !mine) follow(MemberId{});
    }
    go_along();
}

void Following::go_along() {
    if (!followed_ || !player_.is_open()) return;
    const session::Company& company = session_->company();
    if (*followed_ && !company.find(*followed_)) return follow(std::nullopt);  // it has left
    const session::Playhead* there = company.playhead_of(*followed_);
    if (!there) return;
    moving_ = true;
    if (there->follows && !session_->is_recording()) {
        if (transport_.state() != Transport::State::following) transport_.follow();
    } else if (player_.playhead() != there->mark) {
        transport_.pause();
        player_.seek(there->mark);
    }
    moving_ = false;
}

void Following::tell_playhead() {
    if (!session_ || !player_.is_open()) return;
    const bool with_session = transport_.state() == Transport::State::following;
    if (followed_ && !moving_ && !with_session) follow(std::nullopt);
    // Of a shared recording, who goes with nobody while nobody leads: leads.
    const bool follows = session_->is_recording() ? followed_.has_value() : with_session;
    session_->show_playhead(player_.playhead(), follows);
}

}  // namespace teatime::inspector
