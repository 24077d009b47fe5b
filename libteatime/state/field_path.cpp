#include "teatime/state/field_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "decode.h"

namespace teatime {
namespace {

bool parse_index(std::string_view part, std::size_t& index) {
    auto [stop, error] = std::from_chars(part.data(), part.data() + part.size(), index);
    return error == std::errc{} && stop == part.data() + part.size();
}

std::string member_names(const Type& type) {
    std::string text;
    for (const Type::Member& member : type.members) {
        text += (text.empty() ? "" : ", ") + member.name;
    }
    return text.empty() ? "nothing" : text;
}

}  // namespace

FieldPath::FieldPath() = default;
FieldPath::FieldPath(FieldPath&&) noexcept = default;
FieldPath& FieldPath::operator=(FieldPath&&) noexcept = default;
FieldPath::~FieldPath() = default;

result<FieldPath> FieldPath::of(const Schema& schema, std::string_view path) {
    FieldPath made;
    made.schema_ = std::make_unique<Schema>(schema);
    auto layout = Layout::of(*made.schema_);
    if (!layout) return layout.error();
    made.layout_ = std::make_unique<Layout>(std::move(*layout));
    while (!path.empty()) {
        std::string_view rest = path;
        auto part = take_part(path);
        if (!part) return no_path(rest);
        made.parts_.push_back(std::move(*part));
    }
    if (auto checked = made.check(); !checked) return checked.error();
    return made;
}

/// As far as types alone can tell.
result<void> FieldPath::check() const {
    std::uint32_t index = 0;
    for (const std::string& part : parts_) {
        while (layout_->type(index).kind == Kind::optional) {
            index = layout_->type(index).members[0].type;
        }
        const Type& type = layout_->type(index);
        auto none = [&](const std::string& has) {
            return wrong_usage(
                fmt::format("{} has no `{}`; it has {}", type_name(*schema_, index), part, has));
        };
        std::size_t element = 0;
        switch (type.kind) {
            case Kind::structure: {
                auto found = std::find_if(type.members.begin(), type.members.end(),
                                          [&](const auto& member) { return member.name == part; });
                if (found == type.members.end()) return none(member_names(type));
                index = found->type;
                break;
            }
            case Kind::variant: {
                auto found = std::find_if(
                    type.members.begin(), type.members.end(),
                    [&](const auto& member) { return type_name(*schema_, member.type) == part; });
                if (found == type.members.end()) return none("other alternatives");
                index = found->type;
                break;
            }
            case Kind::map:
                index = type.members[1].type;
                break;
            case Kind::array:
            case Kind::list:
            case Kind::set:
                if (!parse_index(part, element)) return none("elements [0], [1], ...");
                if (type.kind == Kind::array && element >= type.count) {
                    return none(fmt::format("{} elements", type.count));
                }
                index = type.members[0].type;
                break;
            default:
                return none("no parts");
        }
    }
    return {};
}

std::optional<FieldPath::Found> FieldPath::find(std::string_view fields) const {
    ByteReader reader(fields);
    std::uint32_t index = 0;
    for (const std::string& part : parts_) {
        while (layout_->type(index).kind == Kind::optional) {
            if (reader.fixed<std::uint8_t>() == 0) return std::nullopt;
            index = layout_->type(index).members[0].type;
        }
        auto inner = enter(*layout_, index, part, reader);
        if (!inner) return std::nullopt;
        index = *inner;
    }
    std::size_t start = fields.size() - reader.left();
    if (!layout_->check(index, reader)) return std::nullopt;
    return Found{index, fields.substr(start, fields.size() - reader.left() - start)};
}

Value FieldPath::decode(const Found& found) const {
    ByteReader reader(found.bytes);
    return read_value(*layout_, found.type, reader);
}

}  // namespace teatime
