#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "teatime/session/router.h"
#include "teatime/state/image.h"

namespace teatime::capture {

class Recording;

/// The session's end of one recording: hands what is reflected to a writer thread (see
/// CaptureService). Never blocks and never fails: when the writer cannot keep up, the session goes
/// on, and what is missing is put on record as a gap. Used by the session's thread. A step that
/// reflects one message costs about 100 ns, without copying the message.
class Recorder {
public:
    struct Status {
        std::string path;            ///< empty: no file yet
        std::uint64_t messages = 0;  ///< committed
        Stamp last;                  ///< of the last one committed
        std::uint64_t gaps = 0;
        std::string error;  ///< why nothing can be written now; empty = all is well
    };

    explicit Recorder(std::shared_ptr<Recording> recording);
    ~Recorder();  ///< close()
    Recorder(const Recorder&) = delete;

    /// The file given is there, with the first part of the recording (see take_over()): it is gone
    /// on with. Before anything else.
    void go_on();

    /// All outputs of one Router::step(): stamped messages, bounds and Records; others are ignored.
    /// The file begins with Started.
    void take(const session::RouterOutputs& outputs);

    // The same one by one, for those who have no Router.
    void message(const session::MessagePtr& message);
    void bound(VirtualTime bound);
    void record(session::Record record);

    /// A state of the world after everything taken before. `touched`: objects changed since the
    /// keyframe before, empty where that is not known.
    void keyframe(Image image, std::vector<ObjectId> touched);

    /// Messages up to `before` are missing, because `why`.
    void gap(Stamp before, std::string why);

    /// Nothing more comes. The writer finishes the file in its own time.
    void close();

    Status status() const;  ///< from any thread

    /// Messages up to here are committed, or given up: the disk refuses them, and they will be on
    /// record as a gap. From any thread, cheap.
    Seq settled() const;
    /// Called by the writer's thread each time settled() has moved; give it before anything else.
    void on_settled(std::function<void()> moved);

private:
    std::shared_ptr<Recording> recording_;
};

}  // namespace teatime::capture
