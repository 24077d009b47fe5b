#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "teatime/state/result.h"

namespace teatime::net {

struct Url {
    std::string scheme;  ///< "ws" or "http"
    std::string host;    ///< name or address, IPv6 without its brackets
    std::uint16_t port = 0;
    std::string target = "/";  ///< path and query, never empty

    /// host:port as a URL writes it, IPv6 in brackets.
    std::string authority() const;
    std::string text() const;
    Url with_scheme(std::string_view other) const;
    Url with_target(std::string_view other) const;
};

inline constexpr std::uint16_t kDefaultPort = 9090;

/// `ws://host[:port][/path][?query]` or `http://...`; without a scheme it is ws, without a port
/// `default_port`. An error says what is wrong with the text and shows one that is right.
result<Url> parse_url(std::string_view text, std::uint16_t default_port = kDefaultPort);

}  // namespace teatime::net
