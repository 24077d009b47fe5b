#include "teatime/timegraph/rates.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "need.h"
#include "part.h"
#include "teatime/state/message_facts.h"

namespace teatime::timegraph {
namespace {

constexpr auto kSecond = std::chrono::seconds(1);

/// An entry, and the second that is being counted.
class Counting {
public:
    explicit Counting(std::string name) { entry_.name = std::move(name); }

    void add(VirtualTime second, std::uint64_t bytes) {
        if (second != now_.at || now_.messages == 0) {
            end_second();
            now_ = {0, 0, second};
        }
        ++now_.messages;
        now_.bytes += bytes;
        ++entry_.messages;
        entry_.bytes += bytes;
    }
    Rates::Entry take() {
        end_second();
        return std::move(entry_);
    }

private:
    void end_second() {
        if (now_.messages > entry_.peak.messages) entry_.peak = now_;
    }
    Rates::Entry entry_;
    Rates::Peak now_;
};

/// Of what is no call.
std::string kind_of(const MessageView& message) {
    MessageFacts facts(message.stamp, message.sender, message.payload);
    return *facts[MessageField::kind].if_string();
}

void name_message(const Reader::Cursor& at, RateBy by, std::string& name) {
    if (by == RateBy::sender) {
        MemberId sender = at.sender();
        name = sender ? fmt::format("#{}", sender.value) : "router";
        return;
    }
    Fields call = at.fields();
    if (by == RateBy::kind) {
        name = call.is_call() ? message_kind::kCall : kind_of(at.message());
    } else if (!call.is_call()) {
        name = "(" + kind_of(at.message()) + ")";
    } else if (by == RateBy::target) {
        name = call.target();
    } else if (by == RateBy::selector) {
        name = call.selector();
    } else {
        (name = call.target()).append(".").append(call.selector());
    }
}

VirtualTime second_of(VirtualTime time) {
    return VirtualTime(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()));
}

/// A recording that begins late is as long as what it has.
Duration length_of(const Reader& reader, VirtualTime from, VirtualTime to) {
    Reader::Info info = need(reader.info());
    bool late = info.first && info.first->seq.value > 1;
    VirtualTime begin = std::max(from, late ? info.first->time : kSessionStart);
    return std::max(Duration(0), std::min(to, info.end.bound) - begin);
}

}  // namespace

double Rates::per_second(std::uint64_t count) const {
    double seconds = std::chrono::duration<double>(length).count();
    return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

result<Rates> rates(const Reader& reader, VirtualTime from, VirtualTime to, RateBy by,
                    const Watch& watch) {
    return guarded([&] {
        Rates rates;
        rates.length = length_of(reader, from, to);
        Counting all("(all)");
        std::vector<Counting> each;
        std::unordered_map<std::string, std::size_t> places;
        std::string name;
        StretchProgress progress(reader, from, to, watch);
        Reader::Cursor cursor = reader.messages(from, to);
        while (cursor.next()) {
            VirtualTime time = cursor.stamp().time;
            progress.at(time);
            name_message(cursor, by, name);
            if (places.size() >= Rates::kMostEntries && !places.contains(name)) name = "(others)";
            auto [place, added] = places.emplace(name, each.size());
            if (added) each.emplace_back(name);
            each[place->second].add(second_of(time), cursor.text_bytes());
            all.add(second_of(time), cursor.text_bytes());
        }
        need(cursor.status());
        rates.all = all.take();
        for (Counting& one : each) rates.entries.push_back(one.take());
        return rates;
    });
}

}  // namespace teatime::timegraph
