#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace teatime::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// The first value of the header, whatever its case, or an empty text.
std::string_view find_header(const Headers& headers, std::string_view name);

struct HttpRequest {
    std::string method = "GET";
    std::string target = "/";  ///< path and query, as sent
    Headers headers;
    std::string body;
    std::string remote_address;  ///< without the port; server side only
};

struct HttpResponse {
    unsigned status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
    Headers headers;
};

}  // namespace teatime::net
