#include "rows_model.h"

#include <QLocale>

#include "teatime/state/json.h"

namespace teatime::inspector {
namespace {

constexpr std::size_t kMostShown = 300;

/// As to_json(), but stops when it is long enough: a value may be a whole world.
void append(std::string& out, const Value& value) {
    if (out.size() > kMostShown) return;
    if (const auto* list = value.if_list()) {
        out += '[';
        for (std::size_t i = 0; i < list->size() && out.size() <= kMostShown; ++i) {
            if (i > 0) out += ", ";
            append(out, (*list)[i]);
        }
        out += ']';
    } else if (const auto* entries = value.if_entries()) {
        if (entries->size() == 1 && entries->front().first == "ref") {
            std::string id = to_json(entries->front().second);
            out += id == "0" ? "none" : "#" + id;
            return;
        }
        out += '{';
        bool first = true;
        for (const auto& [name, inner] : *entries) {
            if (out.size() > kMostShown) break;
            if (!first) out += ", ";
            first = false;
            out += name + ": ";
            append(out, inner);
        }
        out += '}';
    } else if (const auto* bytes = value.if_bytes()) {
        out += std::to_string(bytes->data.size()) + " bytes";
    } else if (const auto* text = value.if_string()) {
        append_json_string(out, std::string_view(*text).substr(0, kMostShown));
    } else {
        out += to_json(value);
    }
}

}  // namespace

QString size_text(qint64 bytes) {
    return QLocale::c().formattedDataSize(bytes, 1, QLocale::DataSizeSIFormat);
}

QString to_text(const Value& value) {
    std::string out;
    append(out, value);
    QString text = to_text(std::string_view(out));
    if (text.size() <= static_cast<qsizetype>(kMostShown)) return text;
    return text.left(kMostShown) + QStringLiteral("...");
}

}  // namespace teatime::inspector
