// What the Island engine can do, on the machine it runs on.
//
//     island_bench [--check]
//
// PHOLD (Fujimoto, 1990), sequential: every object always has one message pending; a message counts
// and sends the next to an object chosen at random, on average a second later. So each of them is
// one pop, one push, one hashed object. Then the cost of a hash and an image of 10,000 objects, and
// of a diff of two states of 1,000,000.
// --check exits 1 where PHOLD is slower than what is always expected. It goes by CPU time: wall
// time says the same where nothing else runs, and what the load of the machine is where something
// does. Others also take from the caches and memory that all cores share, and machines differ in
// these: so each span has one of a bare loop beside it (a priority queue and as many plain
// structures, no names, arguments, order, errors or hash), and where that is slow, less is
// expected.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <queue>
#include <random>
#include <string_view>
#include <vector>

#include "teatime/island/island.h"
#include "teatime/island/object.h"
#include "teatime/state/inspect.h"

using namespace teatime;
using namespace std::chrono_literals;

namespace {

class World;

class Node : public Object {
public:
    void init(Ref<World> in) {
        world = in;
        future(offset(), &Node::poke);
    }
    void poke();

private:
    Ref<World> world;
    std::uint64_t count = 0;

    static Duration offset() {
        return 1us + Duration(static_cast<std::int64_t>(random().exponential(1e6)));
    }
    BOOST_DESCRIBE_CLASS(Node, (Object), (poke), (), (world, count))
};

class World : public Object {
public:
    void fill(std::uint32_t n) {
        for (std::uint32_t i = 0; i < n; ++i) nodes.push_back(create<Node>(Ref(*this)));
    }
    std::vector<Ref<Node>> nodes;
    BOOST_DESCRIBE_CLASS(World, (Object), (fill, nodes), (), ())
};

void Node::poke() {
    ++count;
    random().pick(world->nodes).future(offset(), &Node::poke);
}

double seconds(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

struct Stopwatch {
    double wall_start = seconds(CLOCK_MONOTONIC), cpu_start = seconds(CLOCK_THREAD_CPUTIME_ID);
    double wall() const { return seconds(CLOCK_MONOTONIC) - wall_start; }
    double cpu() const { return seconds(CLOCK_THREAD_CPUTIME_ID) - cpu_start; }
};

std::unique_ptr<Island> phold(std::uint32_t objects) {
    static constexpr ModuleDescriptor kDescriptor =
        detail::describe_module<World, Node>("phold", "island_bench");
    auto module = Module::from(kDescriptor);
    auto island = module ? Island::create(**module, "island_bench") : module.error();
    const std::string fill = fmt::format(R"("[\"phold\",\"fill\",{}]")", objects);
    if (!island || !(*island)->enqueue({{kSessionStart, Seq{1}}, MemberId{1}, fill})) {
        fmt::print(stderr, "no island\n");
        std::exit(2);
    }
    (*island)->set_bound(VirtualTime::max());
    return std::move(*island);
}

void execute(Island& island, std::uint64_t messages) {
    for (std::uint64_t i = 0; i < messages; ++i) {
        if (!island.execute_next()) std::exit(2);  // never: each message sends another
    }
}

/// PHOLD and nothing else.
class BareLoop {
public:
    explicit BareLoop(std::uint32_t objects) {
        for (std::uint32_t i = 0; i < objects; ++i) {
            nodes_.push_back(std::make_unique<Plain>());
            queue_.push({offset(), i});
        }
    }
    void execute(std::uint64_t messages) {
        for (std::uint64_t i = 0; i < messages; ++i) {
            const Pending now = queue_.top();
            queue_.pop();
            ++nodes_[now.target]->count;
            queue_.push({now.time + offset(), random_() % nodes_.size()});
        }
    }

private:
    struct Plain {
        std::uint64_t count = 0;
        char rest[56] = {};
    };
    struct Pending {
        std::int64_t time;
        std::uint64_t target;
        bool operator<(const Pending& other) const { return time > other.time; }
    };
    std::int64_t offset() { return 1 + static_cast<std::int64_t>(delay_(random_)); }

    std::mt19937_64 random_{1};
    std::exponential_distribution<double> delay_{1e-6};
    std::vector<std::unique_ptr<Plain>> nodes_;
    std::priority_queue<Pending> queue_;
};

double load() {
    double one_minute = 0;
    ::getloadavg(&one_minute, 1);
    return one_minute;
}

/// Messages per second of CPU, the best of several spans, since others use this machine, too: of
/// more where these are not enough. False where that is less than `floor` and less than `share` of
/// the bare loop.
bool measure_phold(std::uint32_t objects, double floor, double share) {
    auto island = phold(objects);
    BareLoop bare(objects);
    execute(*island, 1 + 2 * objects);
    bare.execute(2 * objects);
    double best_wall = 0, best_cpu = 0, best_bare = 0;
    constexpr std::uint64_t kSpan = 2'000'000;
    const auto enough = [&] { return best_cpu >= floor || best_cpu >= share * best_bare; };
    constexpr int kSpans = 5, kMost = 20;
    for (int i = 0; i < kSpans || (i < kMost && !enough()); ++i) {
        const Stopwatch watch;
        execute(*island, kSpan);
        best_wall = std::max(best_wall, kSpan / watch.wall());
        best_cpu = std::max(best_cpu, kSpan / watch.cpu());
        const Stopwatch bare_watch;
        bare.execute(kSpan);
        best_bare = std::max(best_bare, kSpan / bare_watch.cpu());
    }
    fmt::print(
        "PHOLD, {:>7} objects: {:5.2f} M messages/s, {:5.2f} M/s of CPU, {:.2f} of a bare loop's "
        "{:.2f} (at least {}, or {} of it); load {:.1f}\n",
        objects, best_wall / 1e6, best_cpu / 1e6, best_cpu / best_bare, best_bare / 1e6,
        floor / 1e6, share, load());
    return enough();
}

/// Microseconds of CPU, the best of several runs, each after `messages` more messages.
template <class Body>
double best_us(Island& island, std::uint64_t messages, Body body) {
    double best = 1e18;
    for (int i = 0; i < 20; ++i) {
        execute(island, messages);
        const Stopwatch watch;
        body();
        best = std::min(best, watch.cpu() * 1e6);
    }
    return best;
}

void measure_state(std::uint32_t objects) {
    auto island = phold(objects);
    execute(*island, 1 + 2 * objects);
    std::size_t used = 0;  // so that nothing is optimised away
    auto hash = [&] { used += static_cast<std::size_t>(island->hash() != Hash128{}); };
    hash();
    fmt::print("{} objects: hash after 100 messages {:.0f} us, ", objects,
               best_us(*island, 100, hash));
    fmt::print("after {} {:.0f} us; ", objects, best_us(*island, objects, hash));
    fmt::print("image {:.0f} us, ",
               best_us(*island, 100, [&] { used += island->image().objects.size(); }));
    const Image image = island->image();
    fmt::print("encoded {:.0f} us, {} bytes; ",
               best_us(*island, 0, [&] { used += encode_image(image).size(); }),
               encode_image(image).size());
    fmt::print("restored {:.0f} us\n", best_us(*island, 0, [&] {
                   used += Island::restore(island->module(), image).has_value();
               }));
    if (used == 0) std::exit(2);
}

/// Two states with 10 of `objects` changed. They share nothing, as states read from files do.
void measure_diff(std::uint32_t objects) {
    auto island = phold(1);
    execute(*island, 1);
    Image before = island->image();
    const Image::Object sample = before.objects.back();
    for (std::uint64_t i = 0; i < objects; ++i) {
        Image::Object& object = before.objects.emplace_back(sample);
        object.id = ObjectId{before.next_object++};
        std::memcpy(object.fields.data() + object.fields.size() - sizeof i, &i, sizeof i);  // count
    }
    Image after = before;
    for (std::uint32_t i = 0; i < 10; ++i) ++after.objects[objects / 10 * i + 1].fields.back();
    double best = 1e18;
    std::size_t changes = 0;
    for (int i = 0; i < 5; ++i) {
        const Stopwatch watch;
        changes = diff(before, after).size();
        best = std::min(best, watch.cpu() * 1e3);
    }
    fmt::print("diff of two states of {} objects, {} changes: {:.1f} ms\n", objects, changes, best);
}

}  // namespace

int main(int argc, char** argv) {
    const bool check = argc > 1 && std::string_view(argv[1]) == "--check";
    struct {
        std::uint32_t objects;
        double floor, share;
    } const kSizes[] = {{1'000, 3e6, 0.4}, {100'000, 1.5e6, 0.5}};
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    bool slow = false;
    for (const auto& size : kSizes) {
        if (measure_phold(size.objects, size.floor, size.share) || !check) continue;
        slow = true;
        fmt::print("too slow: at least {:.1f} M/s of CPU, or {} of a bare loop, are expected\n",
                   size.floor / 1e6, size.share);
    }
    measure_state(10'000);
    measure_diff(1'000'000);
    return slow ? 1 : 0;
}
