#pragma once

#include <QObject>
#include <QString>
#include <optional>

#include "teatime/state/ids.h"
#include "teatime/state/mark.h"

namespace teatime::inspector {

class LiveSession;
class Player;
class Transport;

/// With whom a Player's playhead goes in a session with others, and what they hear of it: in a live
/// session with a member, or nobody; in a shared recording with who leads it. Whoever moves or
/// plays by hand goes with nobody from there on.
class Following : public QObject {
    Q_OBJECT
public:
    Following(Player& player, Transport& transport, QObject* parent = nullptr);

    /// From here on these are the others; null: there are none. Nobody is followed.
    void set_session(LiveSession* session);
    /// A shared recording is open: to where the others are.
    void begin(const Mark& begin);

    /// 0: who leads a shared recording.
    const std::optional<MemberId>& followed() const { return followed_; }
    void follow(std::optional<MemberId> member);
    void toggle();  ///< who leads, or no longer

signals:
    void changed(std::optional<teatime::MemberId> followed);
    void said(const QString& sentence);  ///< why toggle() does nothing

private:
    void company_changed();
    void go_along();
    void tell_playhead();

    Player& player_;
    Transport& transport_;
    LiveSession* session_ = nullptr;
    std::optional<MemberId> followed_;
    bool led_ = false;     ///< we lead a shared recording
    bool moving_ = false;  ///< it is us who moves the playhead
};

}  // namespace teatime::inspector
