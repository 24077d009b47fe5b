#include "teatime/net/server.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>

#include "server_core.h"

namespace teatime::net {

using asio::ip::tcp;

namespace {

/// Descriptors left for files when connections use up the rest.
constexpr int kReservedDescriptors = 32;

/// Often enough for the shortest limit.
std::chrono::milliseconds sweep_period(const Limits& limits) {
    const auto shortest = std::min(
        {limits.handshake, limits.behind, limits.ping_after, limits.cut_after, limits.closing});
    return std::clamp(shortest / 5, std::chrono::milliseconds{5}, std::chrono::milliseconds{1000});
}

int descriptor_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1 << 30)) - kReservedDescriptors;
}

Error listen_error(const ServerOptions& options, error_code error) {
    if (error == asio::error::address_in_use) {
        return unavailable(
            fmt::format("port {} is in use by another program; choose another with --port, or 0 "
                        "for a free one",
                        options.port));
    }
    if (error == asio::error::access_denied) {
        return unavailable(fmt::format(
            "port {} is for privileged programs; choose one above 1023 with --port", options.port));
    }
    return unavailable(
        fmt::format("cannot listen on {} port {}: {}; choose an address of this "
                    "machine with --host",
                    options.host, options.port, error.message()));
}

}  // namespace

Peer::Peer(ServerCore& core) : core_(core) {
    const std::lock_guard lock(core_.mutex);
    ++core_.peers;
}

Peer::~Peer() {
    const std::lock_guard lock(core_.mutex);
    if (--core_.peers == 0) core_.no_peers.notify_all();
}

void Admission::confirm() {
    if (core_ == nullptr) return;
    const std::lock_guard lock(core_->mutex);
    const auto found = core_->unconfirmed.find(address_);
    if (--found->second == 0) core_->unconfirmed.erase(found);
    core_ = nullptr;
}

std::optional<Admission> ServerCore::admit(const asio::ip::address& address) {
    const std::size_t limit = address.is_loopback() ? options.limits.unconfirmed_loopback
                                                    : options.limits.unconfirmed_per_address;
    std::string text = address.to_string();
    const std::lock_guard lock(mutex);
    std::size_t& count = unconfirmed[text];
    if (count >= limit) return std::nullopt;
    ++count;
    return Admission(*this, std::move(text));
}

struct Server::Impl {
    Impl(ServerHandler& handler, ServerOptions options) : core(handler, std::move(options)) {}

    result<void> listen();
    void accept();
    void sweep(Worker& worker, Loop::Clock::time_point due);

    ServerCore core;
    std::optional<tcp::acceptor> acceptor;  // goes before the loops
    tcp::endpoint endpoint;
    const int descriptors = descriptor_limit();
};

result<void> Server::Impl::listen() {
    const ServerOptions& options = core.options;
    asio::io_context& io = core.workers[0]->loop.impl().io;
    error_code error;
    const auto found = tcp::resolver(io).resolve(options.host, std::to_string(options.port),
                                                 tcp::resolver::passive, error);
    if (error) return listen_error(options, error);
    endpoint = found.begin()->endpoint();
    acceptor.emplace(io);
    acceptor->open(endpoint.protocol(), error);
    if (!error) acceptor->set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor->bind(endpoint, error);
    if (!error) acceptor->listen(asio::socket_base::max_listen_connections, error);
    if (!error) endpoint = acceptor->local_endpoint(error);
    if (error) return listen_error(options, error);
    return {};
}

void Server::Impl::accept() {
    acceptor->async_accept([this](error_code error, tcp::socket socket) {
        if (core.stopping) return;
        if (error) {
            // Out of descriptors or memory: those who wait in the queue may yet be served.
            core.workers[0]->loop.schedule_after(std::chrono::milliseconds{100}, [this] {
                if (!core.stopping) accept();
            });
            return;
        }
        error_code gone;
        const auto remote = socket.remote_endpoint(gone);
        if (!gone && socket.native_handle() < descriptors) {
            if (auto admission = core.admit(remote.address())) {
                socket.set_option(tcp::no_delay(true), gone);
                serve_http(core, *core.workers[0], std::move(socket), std::move(*admission));
            }
        }
        accept();
    });
}

void Server::Impl::sweep(Worker& worker, Loop::Clock::time_point due) {
    const auto now = Loop::Clock::now();
    const auto period = sweep_period(core.options.limits);
    const auto stalled = now - due > period ? now - due : Loop::Clock::duration{};
    std::vector<std::shared_ptr<Peer>> peers;  // a sweep may remove its peer
    peers.reserve(worker.peers.size());
    for (const auto& [key, peer] : worker.peers) peers.push_back(peer);
    for (const auto& peer : peers) peer->sweep(now, stalled);
    worker.loop.schedule(now + period, [this, &worker, due = now + period] { sweep(worker, due); });
}

result<std::unique_ptr<Server>> Server::start(ServerHandler& handler, ServerOptions options) {
    std::size_t threads = options.threads;
    if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
    auto impl = std::make_unique<Impl>(handler, std::move(options));
    for (std::size_t i = 0; i < threads; ++i) {
        impl->core.workers.push_back(std::make_unique<Worker>());
        impl->core.workers.back()->index = i;
    }
    if (auto listening = impl->listen(); !listening) return listening.error();
    impl->accept();
    for (auto& worker : impl->core.workers) {
        impl->sweep(*worker, Loop::Clock::now());
        worker->thread = std::thread([loop = &worker->loop] {
            ::pthread_setname_np(::pthread_self(), "reflector");  // for top -H and perf
            loop->run();
        });
    }
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() {
    stop();
}

std::uint16_t Server::port() const {
    return impl_->endpoint.port();
}

std::string Server::address() const {
    const auto address = impl_->endpoint.address();
    return address.is_v6() ? fmt::format("[{}]:{}", address.to_string(), port())
                           : fmt::format("{}:{}", address.to_string(), port());
}

std::size_t Server::threads() const {
    return impl_->core.workers.size();
}
Loop& Server::loop(std::size_t thread) {
    return impl_->core.workers[thread]->loop;
}

void Server::stop() {
    ServerCore& core = impl_->core;
    if (core.stopping.exchange(true)) return;
    for (auto& worker : core.workers) {
        worker->loop.post([this, worker = worker.get()] {
            if (worker->index == 0) impl_->acceptor->close();
            const auto peers = worker->peers;  // shutting down may remove
            for (const auto& [key, peer] : peers) peer->shut_down();
        });
    }
    {
        // Each peer's own deadline is `closing`; twice that is for a thread that has much to do.
        std::unique_lock lock(core.mutex);
        core.no_peers.wait_for(lock, 2 * core.options.limits.closing,
                               [&] { return core.peers == 0; });
    }
    for (auto& worker : core.workers) worker->loop.stop();
    for (auto& worker : core.workers) worker->thread.join();
    impl_->acceptor.reset();
}

std::size_t ServerHandler::thread_of(std::string_view target) {
    return std::hash<std::string_view>{}(target);
}
std::optional<HttpResponse> ServerHandler::refuse(const HttpRequest&) {
    return std::nullopt;
}
void ServerHandler::on_binary(Connection& connection, std::string_view) {
    connection.close(1003, "this server takes text messages only");
}
void ServerHandler::on_http(HttpRequest request, HttpReply reply) {
    reply(
        {404, "text/plain; charset=utf-8", fmt::format("nothing is at {}\n", request.target), {}});
}

}  // namespace teatime::net
