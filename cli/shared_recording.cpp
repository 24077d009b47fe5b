#include "shared_recording.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "hosting.h"
#include "output.h"
#include "teatime/net/loop.h"
#include "teatime/net/reflector.h"
#include "teatime/timegraph/copy.h"
#include "teatime/timegraph/reader.h"
#include "teatime/timegraph/ring.h"
#include "teatime/timegraph/writer.h"
#include "temporary_folder.h"
#include "timelines.h"
#include "verbs.h"

namespace teatime::cli {
namespace {

namespace fs = std::filesystem;

/// As part of an address.
std::string session_id(const std::string& file) {
    std::string id = fs::path(file).stem().string();
    for (char& c : id) {
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '_' || c == '.';
        if (!plain) c = '_';
    }
    return id.substr(0, 60);
}

result<void> add_note(const std::string& file, const session::Note& note) {
    if (timegraph::is_being_written(file)) return unavailable(file + " is being written");
    auto writer = timegraph::Writer::open(file);
    if (!writer) return writer.error();
    auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    if (auto added = writer->bookmark({note.mark, now, note.author, note.text}); !added)
        return added;
    return writer->close();
}

/// Adds notes to the file at once: the session has no time that would have to go on meanwhile.
class NoteSink : public net::SessionSink {
public:
    explicit NoteSink(std::string file) : file_(std::move(file)) {}
    std::string recording() const override { return file_; }
    void take(const session::RouterOutputs& outputs) override {
        for (const session::RouterOutput& output : outputs) {
            const auto* record = std::get_if<session::Record>(&output);
            const auto* one = record ? std::get_if<session::Note>(record) : nullptr;
            if (!one) continue;
            if (auto kept = add_note(file_, *one); !kept)
                note("a note is not kept in the recording: " + kept.error().message);
        }
    }

private:
    const std::string file_;
};

/// A copy of the file, whole even where it is being written, under `name`.
result<std::shared_ptr<net::FileStore>> store_copy(const std::string& file, const fs::path& folder,
                                                   const std::string& name) {
    const std::string copy = (folder / "copy.timegraph").string();
    if (auto copied = timegraph::copy(file, copy); !copied) return copied.error();
    std::ifstream in(copy, std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(in), {});
    if (in.bad()) return unavailable("cannot read " + copy);
    fs::remove(copy);
    net::FileStoreLimits limits;
    limits.file_bytes = limits.total_bytes = bytes.size();  // nothing else fits
    auto store = net::FileStore::open(folder / "files", limits);
    if (!store) return store.error();
    auto put = (*store)->put(name, bytes);
    if (!put) return put.error();
    return std::shared_ptr<net::FileStore>(std::move(*store));
}

result<session::SharedRecording> describe(const std::string& file) {
    TimelineArguments arguments;
    arguments.no_execute = true;  // that is for those who look
    auto timeline = only_recording(open_timeline(file, arguments, true));
    if (!timeline) return timeline.error();
    auto info = timeline->reader()->info();
    if (!info) return info.error();
    return session::SharedRecording{info->meta.app, info->meta.code_id, {}, timeline->begin()};
}

}  // namespace

int share_recording(const std::string& file, const std::string& host, std::uint16_t port) {
    auto recording = describe(file);
    if (!recording) return fail(recording.error());
    const std::string id = session_id(file), name = id + ".timegraph";
    recording->file = std::string(net::kFilesFolder) + name;
    const TemporaryFolder folder;
    if (!folder.made()) return fail(unavailable("cannot make a folder for the copy to be served"));
    auto store = store_copy(file, folder.path(), name);
    if (!store) return fail(store.error());

    net::ReflectorOptions options;
    options.server.host = host;
    options.server.port = port;
    options.router.company_batch = std::chrono::milliseconds(50);  // of a playhead that plays
    options.configure = [&](const std::string& session, session::RouterOptions& router) {
        if (session == id) router.recording = *recording;
    };
    options.sink = [&](const session::Started&, const net::ReflectorOptions::RouterFeed&) {
        return std::make_unique<NoteSink>(file);
    };
    options.shared = {id};
    options.sessions = 1;  // no world is run here
    options.files = *store;
    auto reflector = net::Reflector::start(std::move(options));
    if (!reflector) return fail(reflector.error());
    auto running = announce(**reflector);
    print(fmt::format("sharing {} at ws://{}/{}", printable(file), (*reflector)->address(), id));
    if (timegraph::is_being_written(file))
        note("as it is now: it is being written; notes are not kept in it");
    flush_output();
    net::Loop loop;
    loop.on_signal([&](int) { loop.stop(); });
    loop.run();
    running = {};
    (*reflector)->stop();
    return kFine;
}

}  // namespace teatime::cli
