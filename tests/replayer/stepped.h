#pragma once

#include <map>
#include <optional>

#include "recorded.h"
#include "teatime/replayer/timeline.h"
#include "teatime/state/inspect.h"

namespace teatime::test {

/// What one sees who steps through a recording message by message: the truth that everything
/// quicker is compared with.
struct Stepped {
    replayer::Timeline timeline;
    std::vector<replayer::ExecutedInfo> messages;

    static replayer::Timeline open(const std::string& path, bool in_process = true) {
        replayer::TimelineOptions options;
        options.modules = {TEST_MODULES "/garden"};
        options.in_process = in_process;
        auto timeline = replayer::Timeline::open(path, options);
        if (!timeline) qFatal("%s", timeline.error().message.c_str());
        return std::move(*timeline);
    }

    /// `visit(mark)` at the begin and after each message.
    template <class Visit>
    Stepped(const std::string& path, Visit visit) : timeline(open(path)) {
        visit(timeline, timeline.mark());
        for (;;) {
            auto info = timeline.step();
            if (!info) qFatal("%s", info.error().message.c_str());
            if (!*info) break;
            messages.push_back(**info);
            visit(timeline, timeline.mark());
        }
    }
    explicit Stepped(const std::string& path)
        : Stepped(path, [](replayer::Timeline&, const Mark&) {}) {}
};

/// The history of one path: where it came to be what.
using History = std::vector<std::pair<Mark, std::optional<Value>>>;

/// By looking at the whole state after each message.
inline std::vector<History> histories(const std::string& file,
                                      const std::vector<std::string>& paths) {
    std::vector<History> all(paths.size());
    Stepped stepped(file, [&](replayer::Timeline& timeline, const Mark& mark) {
        auto image = timeline.state();
        if (!image) qFatal("%s", image.error().message.c_str());
        for (std::size_t i = 0; i < paths.size(); ++i) {
            auto value = state_tree(*image, paths[i]);
            std::optional<Value> seen;
            if (value) seen = *value;
            if (all[i].empty() || all[i].back().second != seen) all[i].emplace_back(mark, seen);
        }
    });
    return all;
}

inline const std::vector<std::string> kPaths{"garden.ticks",
                                             "garden.plants",
                                             "garden.plants[3]",
                                             "garden.visitors[0]",
                                             "ticks",
                                             "#2.height",
                                             "#3.rings",
                                             "#4.rings[1]",
                                             "#5",
                                             "#12.height",
                                             "#25.height",
                                             "#40.rings[0]",
                                             "tallest.height",
                                             "tallest",
                                             "garden",
                                             "#3.garden",
                                             "somebody.unheard_of",
                                             "#4000.whatever",
                                             "root.ticks"};

inline bool same_message(const replayer::ExecutedInfo& a, const replayer::ExecutedInfo& b) {
    bool same_error =
        a.error.has_value() == b.error.has_value() &&
        (!a.error || (a.error->mark == b.error->mark && a.error->type == b.error->type &&
                      a.error->sentence == b.error->sentence));
    return same_error && a.mark == b.mark && a.external == b.external && a.order == b.order &&
           a.cause == b.cause && a.sender == b.sender && a.target == b.target &&
           a.target_name == b.target_name && a.class_name == b.class_name &&
           a.selector == b.selector && a.arguments == b.arguments && a.text == b.text;
}

}  // namespace teatime::test
