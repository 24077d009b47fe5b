#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "teatime/state/result.h"
#include "teatime/timegraph/records.h"
#include "teatime/timegraph/watch.h"

namespace teatime::timegraph {

/// What was redacted (meta kRedactedMeta); null of a recording that was not redacted.
const std::string* redacted_of(const Meta& meta);

/// What to redact: all that one of these names.
struct Redaction {
    /// Names one behind the other, as `name`, `Member.name`, `strokes.color`: the last ones on the
    /// way to a value. The way begins with the class or the published name of an object; with
    /// target and selector of a call, whose arguments may have entries; with the name of a table
    /// (`members.name`, `members.role`, `bookmarks.author`, `bookmarks.comment`,
    /// `errors.sentence`), of which `meta` must be told (`meta.name`). Indices are no part of it.
    std::vector<std::string> fields;
    /// All arguments of these, in messages and in states.
    std::vector<std::string> selectors;
    std::string key;  ///< of the pseudonyms; any bytes
};

struct Redacted {
    std::uint64_t values = 0;    ///< different ones
    std::uint64_t places = 0;    ///< where they stood
    std::uint64_t messages = 0;  ///< that were kept
    // What cannot be redacted is left out: foreign states and files, messages that cannot be read,
    // branches and edits.
    std::uint64_t messages_left_out = 0, states_left_out = 0, files_left_out = 0;
    /// Values that are also names of classes, fields, functions or selectors, which stay.
    std::vector<std::string> stay;
};

/// Makes `to` the recording of `from` with pseudonyms in the place of values. The same value has
/// the same pseudonym everywhere: it is also replaced where it stands by itself or inside a text in
/// any other message, state, name, remark or sentence (short ones: see Secrets). Hashes of states,
/// which tell who can guess a state, are replaced too. Not known again is a value that is hidden
/// in another, as encrypted or packed, and what was computed from one. Stamps, Marks, ids of
/// objects and members, the number of elements and who refers to whom stay.
///
/// States have the hashes of what they are now, but the world cannot be replayed. A field or
/// selector that is nowhere is refused, as is to overwrite and a file that grows meanwhile; where
/// it fails, nothing is left. O(size), twice.
result<Redacted> redact(const std::string& from, const std::string& to, const Redaction& redaction,
                        const Watch& watch = {});

}  // namespace teatime::timegraph
