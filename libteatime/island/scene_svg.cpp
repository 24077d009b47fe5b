#include <charconv>

#include "teatime/island/scene.h"

namespace teatime {
namespace {

/// The length of the valid UTF-8 sequence of a character that XML allows at the front of `text`;
/// 0 where there is none.
std::size_t xml_character(std::string_view text) {
    auto byte = [&](std::size_t i) -> unsigned {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
    };
    unsigned first = byte(0);
    if (first < 0x80) return first >= 0x20 || first == '\t' || first == '\n' || first == '\r';
    std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4) return 0;
    unsigned code = first & (0x7f >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return 0;
        code = code << 6 | (byte(i) & 0x3f);
    }
    constexpr unsigned kSmallest[] = {0x80, 0x800, 0x10000};
    bool allowed = code >= kSmallest[size - 2] && code <= 0x10ffff &&
                   (code < 0xd800 || code > 0xdfff) && code != 0xfffe && code != 0xffff;
    return allowed ? size : 0;
}

class SvgWriter {
public:
    void raw(std::string_view text) { out_ += text; }

    void escaped(std::string_view text) {
        while (!text.empty()) {
            std::size_t size = xml_character(text);
            if (size == 0) {
                out_ += "\xef\xbf\xbd";  // U+FFFD
                size = 1;
            } else if (text[0] == '&') {
                out_ += "&amp;";
            } else if (text[0] == '<') {
                out_ += "&lt;";
            } else if (text[0] == '>') {
                out_ += "&gt;";
            } else {
                out_ += text.substr(0, size);
            }
            text.remove_prefix(size);
        }
    }

    void number(double x) {
        char digits[32];
        auto end = std::to_chars(digits, digits + sizeof digits, x == 0 ? 0.0 : x,
                                 std::chars_format::general, 7)
                       .ptr;
        out_.append(digits, end);
    }

    void attribute(std::string_view name, double value) {
        out_ += ' ';
        out_ += name;
        out_ += "=\"";
        number(value);
        out_ += '"';
    }

    void color(std::string_view name, Color color) {
        if (color.alpha == 0) {
            out_ += std::string(" ").append(name).append("=\"none\"");
            return;
        }
        std::string digits = to_string(color);
        out_ += std::string(" ").append(name).append("=\"").append(digits, 0, 7) + '"';
        if (color.alpha != 255) attribute(std::string(name) + "-opacity", color.alpha / 255.0);
    }

    void style(const Style& style) {
        color("fill", style.fill);
        if (style.stroke.alpha == 0 || !(style.width > 0)) return;
        color("stroke", style.stroke);
        attribute("stroke-width", style.width);
    }

    std::string take() { return std::move(out_); }

    void operator()(const Scene::Line& line) {
        raw("<line");
        attribute("x1", line.from.x);
        attribute("y1", line.from.y);
        attribute("x2", line.to.x);
        attribute("y2", line.to.y);
        style(line.style);
        raw(" stroke-linecap=\"round\"/>\n");
    }
    void operator()(const Scene::Polyline& polyline) {
        raw("<polyline");
        points(polyline.points);
        style(polyline.style);
        raw(" stroke-linecap=\"round\" stroke-linejoin=\"round\"/>\n");
    }
    void operator()(const Scene::Polygon& polygon) {
        raw("<polygon");
        points(polygon.points);
        style(polygon.style);
        raw("/>\n");
    }
    void operator()(const Scene::Circle& circle) {
        raw("<circle");
        attribute("cx", circle.center.x);
        attribute("cy", circle.center.y);
        attribute("r", circle.radius < 0 ? -circle.radius : circle.radius);
        style(circle.style);
        raw("/>\n");
    }
    void operator()(const Scene::Rectangle& rectangle) {
        const Rect& rect = rectangle.rect;  // SVG knows no negative sizes
        raw("<rect");
        attribute("x", rect.width < 0 ? rect.x + rect.width : rect.x);
        attribute("y", rect.height < 0 ? rect.y + rect.height : rect.y);
        attribute("width", rect.width < 0 ? -rect.width : rect.width);
        attribute("height", rect.height < 0 ? -rect.height : rect.height);
        style(rectangle.style);
        raw("/>\n");
    }
    void operator()(const Scene::Text& text) {
        raw("<text");
        attribute("x", text.at.x);
        attribute("y", text.at.y);
        attribute("font-size", text.size < 0 ? -text.size : text.size);
        if (text.anchor == Scene::Anchor::middle) raw(" text-anchor=\"middle\"");
        if (text.anchor == Scene::Anchor::end) raw(" text-anchor=\"end\"");
        style(text.style);
        raw(">");
        escaped(text.text);
        raw("</text>\n");
    }

private:
    void points(const std::vector<Point>& list) {
        raw(" points=\"");
        for (std::size_t i = 0; i < list.size(); ++i) {
            if (i > 0) raw(" ");
            number(list[i].x);
            raw(",");
            number(list[i].y);
        }
        raw("\"");
    }

    std::string out_;
};

}  // namespace

std::string to_svg(const Scene& scene, std::string_view title, int pixels) {
    Rect bounds = scene.bounds();
    SvgWriter svg;
    svg.raw("<svg xmlns=\"http://www.w3.org/2000/svg\"");
    svg.attribute("width", pixels);
    svg.attribute("height", pixels * (bounds.height / bounds.width));
    svg.raw(" viewBox=\"");
    svg.number(bounds.x);
    for (double value : {bounds.y, bounds.width, bounds.height}) {
        svg.raw(" ");
        svg.number(value);
    }
    svg.raw("\" font-family=\"sans-serif\">\n");
    if (!title.empty()) {
        svg.raw("<title>");
        svg.escaped(title);
        svg.raw("</title>\n");
    }
    if (scene.background().alpha != 0) {
        Style style{.fill = scene.background(), .stroke = kTransparent, .width = 1};
        svg(Scene::Rectangle{bounds, style});
    }
    for (const Scene::Shape& shape : scene.shapes()) {
        if (is_showable(shape)) std::visit(svg, shape);
    }
    svg.raw("</svg>\n");
    return svg.take();
}

}  // namespace teatime
