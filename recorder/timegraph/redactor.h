#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pseudonyms.h"
#include "teatime/state/image.h"
#include "teatime/timegraph/redact.h"

namespace teatime::timegraph {

/// What was asked for, and whether it was met.
class Selection {
public:
    /// Throws Failure where a field is no list of names.
    explicit Selection(const Redaction& redaction);

    /// `alias` may stand for the first name; empty: none.
    bool field(const std::vector<std::string>& way, std::string_view alias);
    bool selector(std::string_view selector);
    /// Something that was asked for and nowhere met; empty: there is none.
    std::string missing() const;
    std::string words() const;

private:
    struct Field {
        std::string text;
        std::vector<std::string> names;
        bool met = false;
    };
    struct Selector {
        std::string name;
        bool met = false;
    };
    std::vector<Field> fields_;
    std::vector<Selector> selectors_;
};

/// Goes through values and texts of a recording, twice: to learn what is asked for, then to put
/// pseudonyms in its place.
class Redactor {
public:
    explicit Redactor(const Redaction& redaction);

    void begin_replacing() { replacing_ = true; }
    bool replacing() const { return replacing_; }

    /// The value of that name in that table.
    void column(std::string_view table, std::string_view name, std::string& text);
    /// False: it cannot be read, and so not be redacted. A call's payload, the router's, or another
    /// JSON object or list.
    bool payload(std::string& payload);
    /// Further elements of a message: `,1,"x"`.
    bool extra(std::string& extra);
    /// With its hash. Throws Failure.
    void image(Image& image);
    /// 32 hex digits, or something else that tells a state.
    void state_hash(std::string& hash);

    const Selection& selection() const { return selection_; }
    const Secrets& secrets() const { return secrets_; }
    std::uint64_t places() const { return places_; }
    /// Names that stay, in which there is a secret. Requires: replacing.
    std::vector<std::string> stay() const;

private:
    friend class RedactLeaves;

    void enter(std::string name);
    void leave();
    bool leaf(Value& value);
    bool text(std::string& text, int depth);
    bool json(Value& value, int depth);
    bool call(Value::List& parts);
    void object(Image& image, Image::Object& object);
    void queued(Image& image, Image::Message& message);
    void name_stays(std::string_view name);
    void names_stay(const Schema& schema);

    Selection selection_;
    Secrets secrets_;
    bool replacing_ = false;
    std::vector<std::string> way_;
    std::string alias_;
    std::size_t selected_at_ = 0;  ///< so many names deep something is asked for; 0: not
    std::uint64_t places_ = 0;
    std::set<std::string> names_;
    std::set<std::string> seen_schemas_;
};

}  // namespace teatime::timegraph
