// What the time-graph costs, and what MCAP does with the same messages where its headers are at hand
// (-DTEATIME_MCAP_INCLUDE=<folder of mcap/writer.hpp>).
//
//     timegraph_bench [--check] [--messages N] [--rounds N] [--folder PATH] [WORKLOAD ...]
//
// Workloads, from fixed seeds:
//   calls    50 people move pointers at 20 Hz with two decimals, 3 % clicks, 1 % keys, as this
//            project's replicas send them: the sender beside the text of a call
//   json     the same as an object with the keys to, sel, args and view, as a log would have it
//   precise  calls with all digits of a double
//   secret   calls encrypted as Croquet does: base64 of 16, 32 and about 80 bytes
//   large    2 KiB of JSON: vertices, one random id
// MCAP gets the object of `json` for calls (it has no sender), else the same text.
// Each line: messages a second written (whole messages in, file closed), CPU microseconds and bytes
// a message, messages a second read back as text, and the first message at or after a random time,
// warm and with opening the file. `durable` commits (fsync) every 100 messages.
// --check exits 1 where a file is larger than it should be; the rest depends on the machine.

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "teatime/state/hash.h"
#include "teatime/timegraph/reader.h"
#include "teatime/timegraph/writer.h"

#ifdef TEATIME_MCAP
#define MCAP_IMPLEMENTATION
#define MCAP_COMPRESSION_NO_LZ4
#include <mcap/reader.hpp>
#include <mcap/writer.hpp>
#endif

using namespace teatime;
using namespace teatime::timegraph;

namespace {

using Random = std::mt19937_64;

double unit(Random& random) {
    return static_cast<double>(random() >> 11) * 0x1p-53;
}

[[noreturn]] void stop(const std::string& why) {
    fmt::print(stderr, "timegraph_bench: {}\n", why);
    std::exit(1);
}

template <class T>
T ok(result<T> outcome) {
    if (!outcome) stop(outcome.error().message);
    if constexpr (!std::is_void_v<T>) return std::move(*outcome);
}

/// Messages whose texts stand in one string.
struct Workload {
    struct Entry {
        Stamp stamp;
        MemberId sender;
        std::size_t begin, size;  // of what is recorded
        std::size_t json, json_size;
    };
    std::string name;
    std::string text;
    std::vector<Entry> entries;

    MessageView message(const Entry& entry) const {
        return {entry.stamp, entry.sender, std::string_view(text).substr(entry.begin, entry.size)};
    }
    std::string_view json(const Entry& entry) const {
        return std::string_view(text).substr(entry.json, entry.json_size);
    }
    std::size_t source() const {
        std::size_t sum = 0;
        for (const Entry& entry : entries) sum += entry.size;
        return sum;
    }
    void add(Stamp stamp, MemberId sender, std::string_view recorded, std::string_view json) {
        Entry entry{stamp, sender, text.size(), recorded.size(), 0, 0};
        text += recorded;
        entry.json = json.empty() ? entry.begin : text.size();
        entry.json_size = json.empty() ? recorded.size() : json.size();
        text += json;
        entries.push_back(entry);
    }
};

struct Person {
    double x, y, vx = 0, vy = 0, next;
    std::string view;
    /// A smooth random walk over a screen.
    void move(Random& random) {
        vx = vx * 0.9 + (unit(random) - 0.5) * 8;
        vy = vy * 0.9 + (unit(random) - 0.5) * 8;
        x = std::clamp(x + vx, 0.0, 1920.0);
        y = std::clamp(y + vy, 0.0, 1080.0);
    }
};

std::string encrypted(Random& random, std::size_t size) {
    auto piece = [&](std::size_t n) {
        std::vector<std::uint8_t> bytes(n);
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
        return to_base64(bytes);
    };
    return '"' + piece(16) + piece(32) + piece(size / 16 * 16 + 16) + '"';
}

Workload pointers(const std::string& name, std::size_t n) {
    Random random(88172645463325252u);
    Workload workload;
    workload.name = name;
    std::vector<Person> people(50);
    for (Person& each : people) {
        each.x = unit(random) * 1920;
        each.y = unit(random) * 1080;
        each.next = unit(random) * 50'000;
        for (int i = 0; i < 6; ++i) each.view += "abcdefghijklmnopqrstuvwxyz0123456789"[random() % 36];
    }
    static constexpr const char* kSelectors[] = {"pointerMove", "pointerDown", "pointerUp", "click"};
    for (std::uint64_t seq = 1; seq <= n; ++seq) {
        auto who = std::min_element(people.begin(), people.end(),
                                    [](auto& a, auto& b) { return a.next < b.next; });
        Person& person = *who;
        auto member = static_cast<std::uint64_t>(who - people.begin()) + 1;
        VirtualTime time(Duration(static_cast<std::int64_t>(person.next)));
        person.next += 50'000 + (unit(random) - 0.5) * 6'000 +
                       (random() % 200 == 0 ? unit(random) * 2e6 : 0);
        person.move(random);
        std::uint64_t dice = random() % 100;
        std::string target = fmt::format("island/avatar-{}", member);
        std::string selector = kSelectors[0];
        std::string arguments = name == "precise"
                                    ? fmt::format("{:.17g},{:.17g},1", person.x, person.y)
                                    : fmt::format("{:.2f},{:.2f},1", person.x, person.y);
        if (dice < 3) {
            target = fmt::format("island/button-{}", random() % 400);
            selector = kSelectors[1 + dice];
        } else if (dice == 3) {
            target = fmt::format("island/editor-{}", random() % 20);
            selector = "keyDown";
            arguments = std::to_string(32 + random() % 90);
        }
        std::string json = fmt::format(R"({{"to":"{}","sel":"{}","args":[{}],"view":"{}"}})", target,
                                       selector, arguments, person.view);
        std::string call = fmt::format(R"("[\"{}\",\"{}\",{}]")", target, selector, arguments);
        if (name == "json") {
            workload.add({time, {seq}}, {}, json, {});
        } else if (name == "secret") {
            workload.add({time, {seq}}, {member}, encrypted(random, call.size()), {});
        } else {
            workload.add({time, {seq}}, {member}, call, json);
        }
    }
    return workload;
}

Workload large(std::size_t n) {
    Random random(88172645463325252u);
    Workload workload;
    workload.name = "large";
    for (std::uint64_t seq = 1; seq <= n; ++seq) {
        double x = unit(random) * 1000, y = unit(random) * 1000, z = unit(random) * 10;
        std::string text = fmt::format(R"({{"to":"island/mesh-{}","sel":"setVertices","id":"{:016x}","args":[)",
                                       random() % 300, random());
        while (text.size() < 2008) {
            x += unit(random) * 4 - 2;
            y += unit(random) * 4 - 2;
            z += unit(random) - 0.5;
            text += fmt::format("{:.2f},{:.2f},{:.3f},", x, y, z);
        }
        text += "0]}";
        workload.add({VirtualTime(Duration(static_cast<std::int64_t>(seq * 5000))), {seq}}, {}, text, {});
    }
    return workload;
}

double wall() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
/// Of this process. What else the machine does shows in it much less than in wall().
double cpu() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Numbers {
    double write = 0, cpu = 0, bytes = 0, scan = 0, warm50 = 0, warm99 = 0, cold50 = 0;
};

double percentile(std::vector<double> values, double part) {
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

/// How one kind of file is written and read. scan() returns how many messages it read, seek() the
/// time of the first at or after a time; open() forgets what was opened before.
struct Store {
    std::string name;
    std::function<void(const Workload&, const std::string& file)> write;
    std::function<std::size_t(const std::string& file)> scan;
    std::function<void(const std::string& file)> open;
    std::function<std::int64_t(std::int64_t micros)> seek;
};

void write_recording(const Workload& workload, const std::string& file, std::size_t per_commit) {
    Writer writer = ok(Writer::create(file, {}));
    std::size_t since = 0;
    for (const auto& entry : workload.entries) {
        ok(writer.append(workload.message(entry)));
        if (per_commit != 0 && ++since == per_commit) {
            since = 0;
            ok(writer.commit());
        }
    }
    ok(writer.close());
}

Store recording(std::string name, std::size_t per_commit) {
    auto reader = std::make_shared<std::optional<Reader>>();
    Store store;
    store.name = std::move(name);
    store.write = [per_commit](const Workload& workload, const std::string& file) {
        write_recording(workload, file, per_commit);
    };
    store.scan = [](const std::string& file) {
        Reader opened = ok(Reader::open(file));
        Reader::Cursor cursor = opened.messages();
        std::size_t n = 0;
        std::size_t bytes = 0;
        for (; cursor.next(); ++n) bytes += cursor.message().payload.size();
        ok(cursor.status());
        return bytes > 0 ? n : 0;
    };
    store.open = [reader](const std::string& file) { reader->emplace(ok(Reader::open(file))); };
    store.seek = [reader](std::int64_t micros) {
        auto found = ok((*reader)->first_at_or_after(VirtualTime(Duration(micros))));
        return found ? found->stamp.time.time_since_epoch().count() : -1;
    };
    return store;
}

#ifdef TEATIME_MCAP
Store mcap_store() {
    auto reader = std::make_shared<mcap::McapReader>();
    Store store;
    store.name = "mcap";
    store.write = [](const Workload& workload, const std::string& file) {
        mcap::McapWriter writer;
        mcap::McapWriterOptions options("bench");  // zstd, 1 MiB chunks: its defaults
        options.compression = mcap::Compression::Zstd;
        if (!writer.open(file, options).ok()) stop("mcap cannot open " + file);
        mcap::Schema schema("message", "jsonschema", "{}");
        writer.addSchema(schema);
        mcap::Channel channel("/island", "json", schema.id);
        writer.addChannel(channel);
        mcap::Message message;
        message.channelId = channel.id;
        for (const auto& entry : workload.entries) {
            std::string_view json = workload.json(entry);
            message.sequence = static_cast<std::uint32_t>(entry.stamp.seq.value);
            message.logTime = message.publishTime =
                static_cast<std::uint64_t>(entry.stamp.time.time_since_epoch().count()) * 1000;
            message.data = reinterpret_cast<const std::byte*>(json.data());
            message.dataSize = json.size();
            if (!writer.write(message).ok()) stop("mcap cannot write");
        }
        writer.close();
    };
    store.scan = [](const std::string& file) {
        mcap::McapReader opened;
        if (!opened.open(file).ok()) stop("mcap cannot read " + file);
        mcap::ReadMessageOptions options;
        options.readOrder = mcap::ReadMessageOptions::ReadOrder::FileOrder;
        std::size_t n = 0;
        std::size_t bytes = 0;
        for (auto& view : opened.readMessages([](const mcap::Status&) {}, options)) {
            ++n;
            bytes += view.message.dataSize;
        }
        return bytes > 0 ? n : 0;
    };
    store.open = [reader](const std::string& file) {
        reader->close();
        if (!reader->open(file).ok() ||
            !reader->readSummary(mcap::ReadSummaryMethod::AllowFallbackScan).ok()) {
            stop("mcap cannot read " + file);
        }
    };
    store.seek = [reader](std::int64_t micros) {
        mcap::ReadMessageOptions options;
        options.startTime = static_cast<std::uint64_t>(micros) * 1000;
        options.readOrder = mcap::ReadMessageOptions::ReadOrder::LogTimeOrder;
        auto view = reader->readMessages([](const mcap::Status&) {}, options);
        auto first = view.begin();
        return first == view.end() ? -1 : static_cast<std::int64_t>(first->message.logTime / 1000);
    };
    return store;
}
#endif

void measure_seeks(const Workload& workload, const Store& store, const std::string& file,
                   Numbers& numbers) {
    Random random(7);
    auto seek = [&] {
        std::size_t at = random() % workload.entries.size();
        std::int64_t wanted = workload.entries[at].stamp.time.time_since_epoch().count();
        double begin = cpu();
        if (store.seek(wanted) != wanted) stop(store.name + ": a seek found another message");
        return (cpu() - begin) * 1e6;
    };
    store.open(file);
    for (int i = 0; i < 50; ++i) seek();
    std::vector<double> warm;
    for (int i = 0; i < 1000; ++i) warm.push_back(seek());
    std::vector<double> cold;
    for (int i = 0; i < 30; ++i) {
        double begin = cpu();
        store.open(file);
        seek();
        cold.push_back((cpu() - begin) * 1e6);
    }
    numbers.warm50 = percentile(warm, 0.5);
    numbers.warm99 = percentile(warm, 0.99);
    numbers.cold50 = percentile(cold, 0.5);
}

Numbers measure(const Workload& workload, const Store& store, const std::string& folder) {
    std::string file = folder + "/bench.file";
    std::filesystem::remove(file);
    auto n = static_cast<double>(workload.entries.size());
    Numbers numbers;
    double begin = wall();
    double cpu_begin = cpu();
    store.write(workload, file);
    numbers.write = n / (wall() - begin);
    numbers.cpu = (cpu() - cpu_begin) / n * 1e6;
    numbers.bytes = static_cast<double>(std::filesystem::file_size(file)) / n;
    begin = cpu();
    if (store.scan(file) != workload.entries.size()) stop(store.name + ": not all was read");
    numbers.scan = n / (cpu() - begin);
    measure_seeks(workload, store, file, numbers);
    std::filesystem::remove(file);
    return numbers;
}

Numbers median(std::vector<Numbers> rounds) {
    Numbers result;
    for (double Numbers::* field : {&Numbers::write, &Numbers::cpu, &Numbers::bytes, &Numbers::scan,
                                    &Numbers::warm50, &Numbers::warm99, &Numbers::cold50}) {
        std::vector<double> values;
        for (const Numbers& each : rounds) values.push_back(each.*field);
        result.*field = percentile(values, 0.5);
    }
    return result;
}

struct Limit {
    const char* workload;
    double bytes;  ///< of a message, in a file of at least 200,000
};
constexpr Limit kLimits[] = {
    {"calls", 8}, {"json", 8.2}, {"precise", 18.7}, {"secret", 122}, {"large", 905}};

struct Options {
    bool check = false;
    std::size_t messages = 1'000'000;
    int rounds = 3;
    std::string folder = std::filesystem::temp_directory_path();
    std::vector<std::string> workloads;
};

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        std::string word = argv[i];
        bool has_value = i + 1 < argc;
        if (word == "--check") {
            options.check = true;
        } else if (word == "--messages" && has_value) {
            options.messages = std::strtoull(argv[++i], nullptr, 10);
        } else if (word == "--rounds" && has_value) {
            options.rounds = std::atoi(argv[++i]);
        } else if (word == "--folder" && has_value) {
            options.folder = argv[++i];
        } else if (word.starts_with("-")) {
            stop("usage: timegraph_bench [--check] [--messages N] [--rounds N] [--folder PATH] [WORKLOAD ...]");
        } else {
            options.workloads.push_back(word);
        }
    }
    if (options.workloads.empty()) options.workloads = {"calls", "json", "precise", "secret", "large"};
    if (options.messages == 0 || options.rounds < 1) stop("nothing to do");
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    Options options = parse(argc, argv);
    std::vector<Store> stores{recording("time-graph", 0), recording("durable", 100)};
#ifdef TEATIME_MCAP
    stores.push_back(mcap_store());
#endif
    bool fine = true;
    fmt::print("{:8} {:11} {:>9} {:>8} {:>8} {:>9} {:>8} {:>8} {:>8}\n", "workload", "file",
               "write/s", "CPU us", "bytes", "scan/s", "seek p50", "p99 us", "open p50");
    for (const std::string& name : options.workloads) {
        Workload workload = name == "large" ? large(std::max<std::size_t>(options.messages / 20, 1))
                                            : pointers(name, options.messages);
        std::vector<std::vector<Numbers>> rounds(stores.size());
        for (int round = 0; round < options.rounds; ++round) {
            for (std::size_t i = 0; i < stores.size(); ++i) {
                rounds[i].push_back(measure(workload, stores[i], options.folder));
            }
        }
        std::vector<Numbers> medians;
        for (auto& each : rounds) medians.push_back(median(std::move(each)));
        for (std::size_t i = 0; i < stores.size(); ++i) {
            const Numbers& it = medians[i];
            fmt::print("{:8} {:11} {:9.0f} {:8.3f} {:8.2f} {:9.0f} {:8.1f} {:8.1f} {:8.0f}\n", name,
                       stores[i].name, it.write, it.cpu, it.bytes, it.scan, it.warm50, it.warm99,
                       it.cold50);
        }
#ifdef TEATIME_MCAP
        const Numbers& base = medians.back();
        for (std::size_t i = 0; i + 1 < stores.size(); ++i) {
            const Numbers& it = medians[i];
            fmt::print("{:8} {:11} {:8.2f}x {:7.2f}x {:7.2f}x {:8.2f}x {:7.2f}x {:7.2f}x {:7.2f}x of mcap's\n",
                       "", stores[i].name, it.write / base.write, it.cpu / base.cpu,
                       it.bytes / base.bytes, it.scan / base.scan, it.warm50 / base.warm50,
                       it.warm99 / base.warm99, it.cold50 / base.cold50);
        }
#endif
        for (const Limit& limit : kLimits) {
            if (name == limit.workload && medians[0].bytes > limit.bytes) {
                fmt::print("{}: {:.2f} bytes a message, {} were expected\n", name, medians[0].bytes,
                           limit.bytes);
                fine = false;
            }
        }
    }
    return options.check && !fine ? 1 : 0;
}
