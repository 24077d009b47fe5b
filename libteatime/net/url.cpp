#include "teatime/net/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace teatime::net {

std::string Url::authority() const {
    const bool v6 = host.find(':') != std::string::npos;
    return v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string Url::text() const {
    return fmt::format("{}://{}{}", scheme, authority(), target);
}

Url Url::with_scheme(std::string_view other) const {
    Url copy = *this;
    copy.scheme = other;
    return copy;
}

Url Url::with_target(std::string_view other) const {
    Url copy = *this;
    copy.target = other.starts_with('/') ? std::string(other) : fmt::format("/{}", other);
    return copy;
}

result<Url> parse_url(std::string_view text, std::uint16_t default_port) {
    const auto bad = [&](std::string_view what) {
        return wrong_usage(fmt::format(
            "\"{}\" is no address: {}; one looks like ws://127.0.0.1:9090", text, what));
    };
    const auto odd = [](unsigned char c) { return c <= ' ' || c == 127; };
    if (text.empty()) return bad("it is empty");
    if (std::any_of(text.begin(), text.end(), odd)) {
        return bad("it has a space or control character in it");
    }

    Url url;
    std::string_view rest = text;
    url.scheme = "ws";
    if (const auto colon = rest.find("://"); colon != std::string_view::npos) {
        url.scheme = rest.substr(0, colon);
        rest.remove_prefix(colon + 3);
        if (url.scheme == "wss" || url.scheme == "https") {
            return bad("encrypted connections are not supported, use ws:// or http://");
        }
        if (url.scheme != "ws" && url.scheme != "http") {
            return bad(fmt::format("its scheme {}:// is neither ws:// nor http://", url.scheme));
        }
    }
    const auto path = std::min(rest.find_first_of("/?#"), rest.size());
    std::string_view authority = rest.substr(0, path);
    std::string_view target = rest.substr(path);
    target = target.substr(0, target.find('#'));
    url.target = target.starts_with('/') ? std::string(target) : fmt::format("/{}", target);

    if (authority.find('@') != std::string_view::npos)
        return bad("a user name has no meaning here");
    std::string_view port;
    if (authority.starts_with('[')) {
        const auto close = authority.find(']');
        if (close == std::string_view::npos) return bad("the ] after the IPv6 address is missing");
        url.host = authority.substr(1, close - 1);
        port = authority.substr(close + 1);
        if (!port.empty() && port.front() != ':') return bad("after ] only :port may follow");
    } else {
        const auto colon = std::min(authority.find(':'), authority.size());
        url.host = authority.substr(0, colon);
        port = authority.substr(colon);
        if (port.find(':', 1) != std::string_view::npos) {
            return bad("an IPv6 address needs brackets, as in ws://[::1]:9090");
        }
    }
    if (url.host.empty()) return bad("the host is missing");
    url.port = default_port;
    if (!port.empty()) {
        port.remove_prefix(1);
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
        if (error != std::errc{} || end != port.data() + port.size() || url.port == 0) {
            return bad(fmt::format("\"{}\" is no port, which is a number from 1 to 65535", port));
        }
    }
    return url;
}

}  // namespace teatime::net
