// What the time-graph costs, and what MCAP does with the same messages where its headers are at
// hand
// (-DTEATIME_MCAP_INCLUDE=<folder of mcap/writer.hpp>).
//
//     timegraph_bench [--check] [--messages N] [--rounds N] [--folder PATH] [WORKLOAD ...]
//
// Workloads, from fixed seeds:
//   calls    50 people move pointers at 20 Hz with two decimals, 3 % clicks, 1 % keys, as this
//            project's replicas send them: the sender beside the text of a call
//   json     the same as an object with the keys to, sel, args and view, as a log would have it
//   precise  calls with all digits of a double
//   opaque   the text of json with other punctuation: nothing in it is understood
//   secret   calls encrypted as Croquet does: base64 of 16, 32 and about 80 bytes
//   large    2 KiB of JSON: vertices, one random id
// MCAP gets the object of `json` for calls and precise (it has no sender), else the same text.
// Each line: messages a second written (by the clock: whole messages in, file closed), CPU
// microseconds and bytes a message, the memory that writing takes, messages a CPU-second read back
// as text and by their fields, and CPU time of finding the first message at or after a random time,
// warm and with opening the file. `time-graph` writes as import, filter and merge do, a file that
// is of use when whole: no fsync, as MCAP's writer has none. `durable` writes as a live session is
// recorded and commits (fsync) every 100 ms.
// Copying is reading one recording and writing another, column by column, as filter, trim and merge
// do: the one way in which messages reach a writer typed, since the wire's are text. Its reading
// counts as well.
// Speed is by the clock, as MCAP's is: blocks of a file that is of use when whole are made in
// threads beside what comes next. So the CPU time stands beside it.
// Then a keyframe of 10,000 objects of which 100 have changed.
// Goals stand below; --check exits 1 where one is missed by as much as no machine explains.

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <random>
#include <set>
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

/// The same text in a form of which this project knows nothing.
std::string opaque(std::string json) {
    for (char& c : json) {
        if (c == ',') c = ';';
        if (c == '[' || c == ':') c = '=';
    }
    return json;
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
        for (int i = 0; i < 6; ++i)
            each.view += "abcdefghijklmnopqrstuvwxyz0123456789"[random() % 36];
    }
    static constexpr const char* kSelectors[] = {"pointerMove", "pointerDown", "pointerUp",
                                                 "click"};
    for (std::uint64_t seq = 1; seq <= n; ++seq) {
        auto who = std::min_element(people.begin(), people.end(),
                                    [](auto& a, auto& b) { return a.next < b.next; });
        Person& person = *who;
        auto member = static_cast<std::uint64_t>(who - people.begin()) + 1;
        VirtualTime time(Duration(static_cast<std::int64_t>(person.next)));
        person.next +=
            50'000 + (unit(random) - 0.5) * 6'000 + (random() % 200 == 0 ? unit(random) * 2e6 : 0);
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
        std::string json = fmt::format(R"({{"to":"{}","sel":"{}","args":[{}],"view":"{}"}})",
                                       target, selector, arguments, person.view);
        std::string call = fmt::format(R"("[\"{}\",\"{}\",{}]")", target, selector, arguments);
        if (name == "json") {
            workload.add({time, {seq}}, {}, json, {});
        } else if (name == "opaque") {
            workload.add({time, {seq}}, {member}, opaque(json), {});
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
        std::string text =
            fmt::format(R"({{"to":"island/mesh-{}","sel":"setVertices","id":"{:016x}","args":[)",
                        random() % 300, random());
        while (text.size() < 2008) {
            x += unit(random) * 4 - 2;
            y += unit(random) * 4 - 2;
            z += unit(random) - 0.5;
            text += fmt::format("{:.2f},{:.2f},{:.3f},", x, y, z);
        }
        text += "0]}";
        workload.add({VirtualTime(Duration(static_cast<std::int64_t>(seq * 5000))), {seq}}, {},
                     text, {});
    }
    return workload;
}

double wall() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}
/// Of this process. What else the machine does shows in it much less than in wall().
double cpu() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// How much more memory `work` has in use than there was before, in MiB; 0 where nobody tells.
template <class Work>
double memory_of(Work&& work) {
    auto read = [](const char* name) {
        std::ifstream status("/proc/self/status");
        for (std::string word; status >> word;) {
            double kib = 0;
            if (word == name && status >> kib) return kib / 1024;
        }
        return 0.0;
    };
    malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << "5";  // VmHWM begins anew
    double before = read("VmRSS:");
    work();
    return read("VmHWM:") - before;
}

struct Numbers {
    double write = 0, cpu = 0, bytes = 0, scan = 0, typed = 0, copy = 0, copy_cpu = 0, warm50 = 0,
           warm99 = 0, cold50 = 0, memory = 0;
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
    std::function<std::size_t(const std::string& file)> typed_scan;
    std::function<void(const std::string& from, const std::string& to)> copy;
    std::function<void(const std::string& file)> open;
    std::function<std::int64_t(std::int64_t micros)> seek;
};

/// Messages come as fast as they are taken; every 100 ms of that they are made durable, or never.
void write_recording(const Workload& workload, const std::string& file, bool durable) {
    constexpr double kEvery = 0.1;  // seconds
    Writer writer = ok(Writer::create(file, {}, {.durable = durable}));
    std::size_t n = 0;
    double next = wall() + kEvery;
    for (const auto& entry : workload.entries) {
        ok(writer.append(workload.message(entry)));
        if (!durable || ++n % 64 != 0 || wall() < next) continue;
        ok(writer.commit());
        next = wall() + kEvery;
    }
    ok(writer.close());
}

Store recording(std::string name, bool durable) {
    auto reader = std::make_shared<std::optional<Reader>>();
    Store store;
    store.name = std::move(name);
    store.write = [durable](const Workload& workload, const std::string& file) {
        write_recording(workload, file, durable);
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
    store.typed_scan = [](const std::string& file) {
        Reader opened = ok(Reader::open(file));
        Reader::Cursor cursor = opened.messages();
        std::size_t n = 0;
        double sum = 0;
        for (; cursor.next(); ++n) {
            Fields call = cursor.fields();
            sum += static_cast<double>(cursor.stamp().time.time_since_epoch().count()) +
                   static_cast<double>(cursor.sender().value);
            if (!call.is_call()) continue;
            sum += static_cast<double>(call.target().size() + call.selector().size());
            for (std::size_t i = 0; i < call.arguments(); ++i) {
                double number = 0;
                if (call.number(i, number)) sum += number;
            }
        }
        ok(cursor.status());
        return sum > 0 ? n : 0;
    };
    store.copy = [](const std::string& from, const std::string& to) {
        Reader opened = ok(Reader::open(from));
        Reader::Cursor cursor = opened.messages();
        Writer writer = ok(Writer::create(to, {}, {.durable = false}));
        while (cursor.next()) ok(writer.append(cursor));
        ok(cursor.status());
        ok(writer.close());
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
    numbers.memory = memory_of([&] { store.write(workload, file); });
    numbers.write = n / (wall() - begin);
    numbers.cpu = (cpu() - cpu_begin) / n * 1e6;
    numbers.bytes = static_cast<double>(std::filesystem::file_size(file)) / n;
    begin = wall();
    if (store.scan(file) != workload.entries.size()) stop(store.name + ": not all was read");
    numbers.scan = n / (wall() - begin);
    begin = wall();
    auto& typed = store.typed_scan ? store.typed_scan : store.scan;
    if (typed(file) != workload.entries.size()) stop(store.name + ": not all was read");
    numbers.typed = n / (wall() - begin);
    if (store.copy) {
        begin = wall();
        cpu_begin = cpu();
        store.copy(file, file + ".copy");
        numbers.copy = n / (wall() - begin);
        numbers.copy_cpu = (cpu() - cpu_begin) / n * 1e6;
        std::filesystem::remove(file + ".copy");
    }
    measure_seeks(workload, store, file, numbers);
    std::filesystem::remove(file);
    return numbers;
}

Numbers median(std::vector<Numbers> rounds) {
    Numbers result;
    for (double Numbers::*field :
         {&Numbers::write, &Numbers::cpu, &Numbers::bytes, &Numbers::scan, &Numbers::typed,
          &Numbers::copy, &Numbers::copy_cpu, &Numbers::warm50, &Numbers::warm99, &Numbers::cold50,
          &Numbers::memory}) {
        std::vector<double> values;
        for (const Numbers& each : rounds) values.push_back(each.*field);
        result.*field = percentile(values, 0.5);
    }
    return result;
}

/// A world of discs that are somewhere and move.
Image discs(std::size_t n, Random& random) {
    Schema schema{
        "Disc", {{Kind::structure, "Disc", 0, {}, {}}, {Kind::float64, "", 0, {}, {}}}, {}};
    for (const char* name : {"x", "y", "vx", "vy", "radius"}) {
        schema.types[0].members.push_back({name, 1});
    }
    Image image;
    image.app = "bench";
    image.code_id = std::string(64, 'c');
    image.schemas.push_back(schema);
    image.root = {1};
    image.next_object = n + 1;
    for (std::uint64_t id = 1; id <= n; ++id) {
        std::string fields;
        for (int i = 0; i < 5; ++i) {
            ByteWriter(fields).fixed(std::bit_cast<std::uint64_t>(unit(random)));
        }
        image.objects.push_back({{id}, 0, std::move(fields)});
    }
    return image;
}

/// Of 10,000 objects 1 % have changed. As capture does: the state is handed over, and stored as the
/// difference to the one before. False where --check must fail.
bool measure_keyframes(const std::string& folder) {
    constexpr std::size_t kObjects = 10'000, kChanged = 100;
    std::string file = folder + "/bench.keyframes";
    std::filesystem::remove(file);
    Random random(11);
    Image image = discs(kObjects, random);
    Writer writer = ok(Writer::create(file, {}, {.durable = false}));
    std::vector<double> times, bytes;
    std::vector<std::uint64_t> sizes{0};
    double full = 0, full_bytes = 0;
    for (int round = 0; round <= 8; ++round) {
        std::set<ObjectId> touched;
        while (touched.size() < kChanged) touched.insert({1 + random() % kObjects});
        for (ObjectId id : touched) {
            double x = unit(random);
            std::memcpy(image.objects[id.value - 1].fields.data(), &x, sizeof x);
        }
        image.time += std::chrono::seconds(1);
        image.hash.low = random();
        Image given = image;
        std::vector<ObjectId> ids(touched.begin(), touched.end());
        double begin = cpu();
        ok(writer.keyframe(std::move(given), ids));
        double took = (cpu() - begin) * 1e6;
        sizes.push_back(writer.counters().keyframe_bytes);
        auto stored = static_cast<double>(sizes.back() - sizes[sizes.size() - 2]);
        if (round == 0) {
            full = took;
            full_bytes = stored;
        } else {
            times.push_back(took);
            bytes.push_back(stored);
        }
    }
    ok(writer.close());
    Reader reader = ok(Reader::open(file));
    if (ok(reader.image(ok(reader.keyframes()).back())) != image)
        stop("a keyframe came back otherwise");
    std::filesystem::remove(file);
    double took = percentile(times, 0.5), part = percentile(bytes, 0.5) / full_bytes;
    fmt::print(
        "keyframe of {} objects: {:.0f} us, {:.0f} bytes; with {} changed: {:.0f} us, {:.0f} "
        "bytes\n",
        kObjects, full, full_bytes, kChanged, took, percentile(bytes, 0.5));
    auto show = [](const char* what, double value, double bound) {
        fmt::print("  {:8} {:27} {:10.3f}           <= {:.2f}{}\n", "keyframe", what, value, bound,
                   value <= bound ? "" : "  NOT MET");
    };
    show("1 % changed, us", took, 1000);
    show("part of the whole", part, 0.02);
    return part <= 0.02 && took < 10'000;
}

void print_row(const std::string& workload, const std::string& file, const Numbers& it) {
    fmt::print(
        "{:8} {:11} {:9.0f} {:8.3f} {:8.2f} {:6.1f} {:9.0f} {:9.0f} {:8.1f} {:8.1f} {:8.0f}\n",
        workload, file, it.write, it.cpu, it.bytes, it.memory, it.scan, it.typed, it.warm50,
        it.warm99, it.cold50);
}

/// What a user may expect. Where it is a ratio to MCAP's, it is shown where MCAP is at hand.
struct Goal {
    enum class To { mcap, bulk, nothing };
    const char* workload;
    std::size_t store;  ///< 0: bulk, 1: durable
    const char* what;
    double Numbers::*field;
    To to;
    bool at_least;
    double bound;
    double floor;  ///< --check fails beyond it, on any machine; 0: depends on the machine
};
constexpr auto kToMcap = Goal::To::mcap, kToBulk = Goal::To::bulk, kAbsolute = Goal::To::nothing;
constexpr Goal kGoals[] = {
    {"calls", 0, "writing", &Numbers::write, kToMcap, true, 1.5, 0},
    {"calls", 0, "copying, typed", &Numbers::copy, kToMcap, true, 4, 0},
    {"calls", 0, "size", &Numbers::bytes, kToMcap, false, 0.2, 0.2},
    {"calls", 0, "bytes a message", &Numbers::bytes, kAbsolute, false, 8, 8},
    {"calls", 0, "reading typed", &Numbers::typed, kToMcap, true, 5, 0},
    {"calls", 0, "warm seek", &Numbers::warm50, kToMcap, false, 0.1, 0},
    {"calls", 0, "warm seek, us", &Numbers::warm50, kAbsolute, false, 60, 1000},
    {"calls", 0, "open and seek, us", &Numbers::cold50, kAbsolute, false, 1000, 10'000},
    {"calls", 0, "memory of the writer, MiB", &Numbers::memory, kAbsolute, false, 16, 16},
    {"calls", 1, "durable, messages a second", &Numbers::write, kAbsolute, true, 300'000, 0},
    {"calls", 1, "durable, size", &Numbers::bytes, kToBulk, false, 1.1, 1.1},
    {"calls", 1, "durable, memory, MiB", &Numbers::memory, kAbsolute, false, 16, 16},
    {"json", 0, "writing", &Numbers::write, kToMcap, true, 1.5, 0},
    {"json", 0, "size", &Numbers::bytes, kToMcap, false, 0.2, 0.2},
    {"json", 0, "bytes a message", &Numbers::bytes, kAbsolute, false, 8.2, 8.2},
    {"precise", 0, "copying, typed", &Numbers::copy, kToMcap, true, 3, 0},
    {"precise", 0, "size", &Numbers::bytes, kToMcap, false, 0.4, 0.4},
    {"precise", 0, "bytes a message", &Numbers::bytes, kAbsolute, false, 18.7, 18.7},
    {"opaque", 0, "writing", &Numbers::write, kToMcap, true, 1.5, 0},
    {"opaque", 0, "size", &Numbers::bytes, kToMcap, false, 0.45, 0.45},
    {"secret", 0, "bytes a message", &Numbers::bytes, kAbsolute, false, 122, 122},
    {"large", 0, "writing", &Numbers::write, kToMcap, true, 0.75, 0},
    {"large", 0, "size", &Numbers::bytes, kToMcap, false, 1, 1},
    {"large", 0, "bytes a message", &Numbers::bytes, kAbsolute, false, 905, 905},
    {"large", 0, "memory of the writer, MiB", &Numbers::memory, kAbsolute, false, 16, 16},
};

/// Shows it; false where --check must fail.
bool meets(const Goal& goal, const std::vector<Numbers>& medians) {
    double value = medians[goal.store].*goal.field;
    bool has_mcap = medians.size() > 2;
    if (goal.to == kToMcap && !has_mcap) return true;
    // Its own copying would be writing, too.
    auto field = goal.field == &Numbers::copy ? &Numbers::write : goal.field;
    if (goal.to == kToMcap) value /= medians[2].*field;
    if (goal.to == kToBulk) value /= medians[0].*goal.field;
    auto holds = [&](double bound) { return goal.at_least ? value >= bound : value <= bound; };
    fmt::print("  {:8} {:27} {:10.2f}{} {} {:.2f}{}\n", goal.workload, goal.what, value,
               goal.to == kToMcap   ? " of MCAP's"
               : goal.to == kToBulk ? " of bulk  "
                                    : "          ",
               goal.at_least ? ">=" : "<=", goal.bound, holds(goal.bound) ? "" : "  NOT MET");
    return goal.floor == 0 || holds(goal.floor);
}

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
            stop(
                "usage: timegraph_bench [--check] [--messages N] [--rounds N] [--folder PATH] "
                "[WORKLOAD ...]");
        } else {
            options.workloads.push_back(word);
        }
    }
    if (options.workloads.empty())
        options.workloads = {"calls", "json", "precise", "opaque", "secret", "large"};
    if (options.messages == 0 || options.rounds < 1) stop("nothing to do");
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    Options options = parse(argc, argv);
    std::vector<Store> stores{recording("time-graph", false), recording("durable", true)};
#ifdef TEATIME_MCAP
    stores.push_back(mcap_store());
#endif
    bool fine = true;
    fmt::print("{:8} {:11} {:>9} {:>8} {:>8} {:>6} {:>9} {:>9} {:>8} {:>8} {:>8}\n", "workload",
               "file", "write/s", "CPU us", "bytes", "MiB", "scan/s", "typed/s", "seek p50",
               "p99 us", "open p50");
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
        for (std::size_t i = 0; i < stores.size(); ++i) print_row(name, stores[i].name, medians[i]);
        for (const Goal& goal : kGoals) {
            if (name == goal.workload) fine = meets(goal, medians) && fine;
        }
        fmt::print("  {:8} {:27} {:10.3f}\n", name, "CPU us of copying", medians[0].copy_cpu);
    }
    fine = measure_keyframes(options.folder) && fine;
    return options.check && !fine ? 1 : 0;
}
