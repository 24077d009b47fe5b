#include "teatime/island/module.h"
#include "teatime/replayer/island_file.h"
#include "teatime/replayer/local_session.h"
#include "teatime/replayer/worker_session.h"
#include "teatime/timegraph/filter.h"
#include "teatime/timegraph/moment.h"
#include "teatime/timegraph/redact.h"
#include "timeline_impl.h"

namespace teatime::replayer {

result<void> Timeline::Impl::open() {
    if (auto checked = ModulePaths::check(options.modules); !checked) return checked;
    return is_island_file(path) ? open_saved() : open_recording();
}

result<void> Timeline::Impl::open_saved() {
    auto image = read_island_file(path);
    if (!image) return image.error();
    saved = std::move(*image);
    begin = stands = saved.mark();
    // No session before somebody wants to see a picture: comparing saved Islands needs no code.
    no_session = path + " is one saved state";
    return {};
}

result<void> Timeline::Impl::open_recording() {
    auto opened = timegraph::Reader::open(path);
    if (!opened) return opened.error();
    reader = std::move(*opened);
    feed = Feed(&*reader);
    auto info = reader->info();
    if (!info) return info.error();
    session_id = info->meta.session;
    const std::string* filter = timegraph::filter_of(info->meta);
    if (info->gaps > 0 && !filter) {
        notes.push_back(std::to_string(info->gaps) + (info->gaps == 1 ? " gap" : " gaps") +
                        ": messages are missing; behind a gap the state is known from the next "
                        "keyframe on");
    }
    if (auto found = find_begin(*info); !found) return found;
    stands = begin;

    const std::string& kind = info->meta.kind;
    if (filter) {
        no_session = "it was filtered to the messages for which " + *filter +
                     " holds; only the whole recording can be replayed";
    } else if (const std::string* redacted = timegraph::redacted_of(info->meta)) {
        no_session = "it was redacted (" + *redacted +
                     "); only the recording that it was made of can be replayed";
    } else if (!kind.empty() && kind != "native") {
        no_session = "a " + kind + " session is rebuilt by its own client, not executed here";
    } else if (!options.execute) {
        no_session = "execution was not asked for";
    } else if (session_id.empty() && !first_keyframe) {
        give_up_execution(unreadable("the recording does not say which session it is of"));
    } else if (info->first && info->first->seq.value > 1 && !first_keyframe) {
        give_up_execution(unreadable("the recording begins with message " +
                                     std::to_string(info->first->seq.value) +
                                     " and holds no keyframe from which to start"));
    } else if (auto attached = attach(info->meta.app, info->meta.code_id); !attached) {
        give_up_execution(attached.error());
    }
    return session ? travel(begin, {}) : show_keyframe(begin);
}

result<void> Timeline::Impl::find_begin(const timegraph::Reader::Info& info) {
    auto first = timegraph::first_state(*reader, info);
    if (!first) return first.error();
    first_keyframe = std::move(*first);
    if (first_keyframe) begin = first_keyframe->mark;
    return {};
}

void Timeline::Impl::give_up_execution(const Error& error) {
    no_session = error.message;
    gave_up = true;
    session.reset();
    placed = false;
}

result<void> Timeline::Impl::attach(const std::string& app, const std::string& code_id) {
    if (app.empty()) return unreadable(path + " does not say which app it is of");
    auto found = find_module(app, ModulePaths::standard(options.modules), code_id);
    if (!found) return found.error();
    module_path = found->string();
    if (auto connected = connect(); !connected) return connected;
    if (session->code().app != app) {
        return wrong_usage(module_path + " is a module of the app \"" + session->code().app +
                           "\", not of \"" + app + '"');
    }
    if (code_id.empty() || session->code().code_id == code_id) return {};
    notes.push_back("another build of " + app + " than the recorded one: code id " +
                    session->code().code_id.substr(0, 12) + " instead of " + code_id.substr(0, 12) +
                    "; states may differ");
    return check_schema();
}

/// Another build may have other fields: seen at once, not at the first keyframe that is used.
result<void> Timeline::Impl::check_schema() {
    if (!reader) return {};
    auto keyframe = keyframe_before(end());
    if (!keyframe) return keyframe.error();
    if (!*keyframe) return {};
    auto image = reader->image(**keyframe);
    return image ? session->restore(*image) : result<void>();  // damage is found on the way to it
}

result<void> Timeline::Impl::connect() {
    checkpoints.clear();
    placed = false;
    if (options.in_process) {
        auto local = LocalSession::load(module_path);
        if (!local) return local.error();
        session = std::move(*local);
    } else {
        auto worker = WorkerSession::spawn(module_path, {.hang = options.hang, .program = {}});
        if (!worker) return worker.error();
        session = std::move(*worker);
    }
    return {};
}

}  // namespace teatime::replayer
