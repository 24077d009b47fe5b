#pragma once

#include <functional>
#include <istream>
#include <string>
#include <string_view>

#include "teatime/state/result.h"
#include "teatime/timegraph/reader.h"
#include "teatime/timegraph/watch.h"

/// Recordings in the formats of other tools.
namespace teatime::timegraph {

/// Takes what is written, in pieces of about 64 KiB; an error ends the export.
using Sink = std::function<result<void>(std::string_view bytes)>;

/// All of a recording between two times, a JSON object a line, so that import_jsonl() makes an
/// equal one: FORMAT.md, "As lines of JSON". States are in it as they are, encoded. Branches other
/// than the trunk are not.
result<void> export_jsonl(const Reader& reader, VirtualTime from, VirtualTime to, const Sink& sink,
                          const Watch& watch = {});

/// The messages, a line each (RFC 4180), under a line of names.
result<void> export_csv(const Reader& reader, VirtualTime from, VirtualTime to, const Sink& sink,
                        const Watch& watch = {});

/// The messages as an indexed MCAP file (https://mcap.dev): a channel for each target and selector,
/// JSON inside zstd chunks, logged at the router's wall clock: what is before its first row as
/// reckoned from there, and without any at virtual time. Meta as a metadata record, in which
/// `log_time` says which of these it is. Memory: a chunk, and an index entry for each.
result<void> export_mcap(const Reader& reader, VirtualTime from, VirtualTime to, const Sink& sink,
                         const Watch& watch = {});

/// Makes `to` a recording of what export_jsonl() wrote; `name` is the input's, for errors, which
/// tell the line. Refuses to overwrite; nothing is left after an error.
result<Reader::End> import_jsonl(std::istream& lines, const std::string& name,
                                 const std::string& to, const Watch& watch = {});

}  // namespace teatime::timegraph
