#include "buffered_sink.h"
#include "teatime/state/inspect.h"
#include "teatime/state/json.h"

namespace teatime::timegraph {
namespace {

void append_cell(std::string& line, std::string_view text) {
    if (!line.empty()) line += ',';
    if (text.find_first_of(",\"\r\n") == text.npos) {
        line += text;
        return;
    }
    line += '"';
    for (char c : text) line.append(c == '"' ? 2 : 1, c);
    line += '"';
}

}  // namespace

result<void> export_csv(const Reader& reader, VirtualTime from, VirtualTime to, const Sink& sink,
                        const Watch& watch) {
    return guarded([&] {
        BufferedSink out(sink);
        out.write("seconds,seq,sender,target,selector,arguments,payload,extra\r\n");
        std::string line;
        each_message(reader, from, to, watch, [&](const MessageView& message) {
            auto call = decode_call_text(message.payload);
            std::string time = to_string(message.stamp.time);
            time.pop_back();  // the unit
            line.clear();
            append_cell(line, time);
            append_cell(line, std::to_string(message.stamp.seq.value));
            append_cell(line, std::to_string(message.sender.value));
            append_cell(line, call ? call->target : "");
            append_cell(line, call ? call->selector : "");
            append_cell(line, call ? to_json(Value(std::move(call->arguments))) : "");
            append_cell(line, message.payload);
            append_cell(line, message.extra);
            out.write(line += "\r\n");
        });
        out.flush();
    });
}

}  // namespace teatime::timegraph
