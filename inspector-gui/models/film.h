#pragma once

#include <QImage>
#include <QObject>
#include <QSize>
#include <memory>
#include <vector>

#include "player.h"
#include "time_scale.h"

namespace teatime::inspector {

/// Where the pictures of a film strip stand: at multiples of a power of two of microseconds, so
/// that a picture stays what it is while one pans, and for zooming by less than two.
struct FilmFrames {
    VirtualTime first;
    Duration step{1};  ///< a power of two
    std::size_t count = 0;

    VirtualTime at(std::size_t i) const { return first + static_cast<std::int64_t>(i) * step; }
    bool operator==(const FilmFrames&) const = default;
};
/// Those of which at least a part is in view, within from .. to; `picture_width` to twice of it
/// apart.
FilmFrames film_frames(const TimeScale& scale, int picture_width, VirtualTime from, VirtualTime to);

/// Small pictures of the world along the timeline, made in a thread of its own with a worker of its
/// own, and kept. Of what was asked for only the newest range counts.
/// Used by the GUI's thread; signals come on it.
class Film : public QObject {
    Q_OBJECT
public:
    explicit Film(QObject* parent = nullptr);
    ~Film() override;

    /// Nothing is drawn where the module cannot.
    void open(const FactsPtr& facts, replayer::TimelineOptions options);
    void close();
    bool can_draw() const;

    /// Width to height of the world's pictures; 4:3 before the first is known.
    double aspect() const;
    /// Makes what is missing of these, from the middle outwards; picture_ready() for each.
    void request(const FilmFrames& frames, const QSize& pixels);
    /// Null: not yet.
    const QImage* picture(VirtualTime time) const;
    /// The nearest one at or before, for while the right one is made. Null: none.
    const QImage* picture_before(VirtualTime time) const;
    bool working() const;

    static constexpr std::size_t kKept = 600;  ///< pictures, those used last

signals:
    void picture_ready();
    void opened();
    void aspect_changed();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace teatime::inspector
