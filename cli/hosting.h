#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "teatime/capture/service.h"
#include "teatime/net/reflector.h"
#include "teatime/net/running.h"

namespace teatime::cli {

/// What a reflector in this process is told by options.
struct HostingOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = net::kDefaultPort;
    std::string record;  ///< folder; empty: nothing is recorded
    std::string durability = "interval";
    std::string commit_every = "100ms";
    std::string quota = "0";         ///< of one recording, as text: 2GB
    std::string min_free = "100MB";  ///< of the disk
    std::string keep;                ///< 10min or 200MB: a ring
    std::string files;  ///< folder of snapshots; empty: beside the recordings, or temporary
    std::vector<std::filesystem::path> modules;
    std::string time = "heartbeat";
    std::string rate = "1";
    std::string tick = "50ms";
    std::string votes = "1s";
    std::string lease = "10s";
    std::string restore;                                      ///< saved Island
    double message_rate = net::Limits{}.messages_per_second;  ///< of one connection; 0 = any
    bool allow_mixed = false;
};

/// Lets the inspector and `teatime sessions` find this reflector; where they cannot, it says so.
net::RunningNote announce(const net::Reflector& reflector);

/// A reflector with its file store and its recorder, from start to a clean stop.
class Hosting {
public:
    static result<std::unique_ptr<Hosting>> start(const HostingOptions& options);
    ~Hosting();

    std::string url() const;  ///< `ws://127.0.0.1:9090`
    /// Closes connections and recordings.
    void stop();

private:
    Hosting() = default;
    result<void> prepare_files(const HostingOptions& options);
    result<void> prepare_capture(const HostingOptions& options);
    result<void> prepare_restore(const HostingOptions& options, net::ReflectorOptions& reflector);

    std::filesystem::path temporary_;  // to be removed at the end
    std::shared_ptr<net::FileStore> files_;
    std::unique_ptr<capture::CaptureService> capture_;
    std::unique_ptr<net::Reflector> reflector_;
    net::RunningNote running_;
};

}  // namespace teatime::cli
