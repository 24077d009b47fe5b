#pragma once

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "../state/random_world.h"
#include "fixture.h"
#include "teatime/state/hash.h"

/// A recording with all kinds of rows, and ways to look into one and to harm it.
namespace teatime::timegraph {

using namespace std::chrono_literals;

inline std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream bytes;
    bytes << in.rdbuf();
    return bytes.str();
}

inline void write_file(const std::string& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

inline void put(const std::string& path, std::size_t at, char byte) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(at)).put(byte);
}

/// What a stranger may do to a file with SQLite's own shell.
inline void sql(const std::string& path, const char* statements) {
    sqlite3* handle = nullptr;
    char* error = nullptr;
    bool done = sqlite3_open(path.c_str(), &handle) == SQLITE_OK &&
                sqlite3_exec(handle, statements, nullptr, nullptr, &error) == SQLITE_OK;
    if (!done) qFatal("%s: %s", statements, error ? error : "cannot open");
    sqlite3_close(handle);
}

/// Everything that any function of the reader returns, as one text; errors as they come.
class Dump {
public:
    explicit Dump(const std::string& path) {
        auto reader = Reader::open(path);
        if (!reader) {
            error(reader.error());
            return;
        }
        read(*reader);
    }
    explicit Dump(const Reader& reader) { read(reader); }
    std::string text() const { return out_.str(); }
    bool failed() const { return failed_; }

private:
    void error(const Error& e) {
        failed_ = true;
        out_ << "error: " << e.message << "\n";
    }
    void add(std::string_view text) { out_ << text.size() << ' ' << text << ' '; }
    void add(std::int64_t number) { out_ << number << ' '; }
    void add(Stamp stamp) { out_ << to_string(stamp.time) << '/' << stamp.seq.value << ' '; }
    void add(const Mark& mark) { out_ << to_string(mark) << ' '; }

    template <class Records, class Show>
    void all(const Records& records, Show&& show) {
        if (!records) return error(records.error());
        for (const auto& record : *records) {
            show(record);
            out_ << "\n";
        }
    }
    void messages(Reader::Cursor cursor) {
        while (cursor.next()) {
            const MessageView& message = cursor.message();
            add(message.stamp);
            add(static_cast<std::int64_t>(message.sender.value));
            add(message.payload);
            add(message.extra);
        }
        if (!cursor.status()) error(cursor.status().error());
    }
    void read(const Reader& reader) {
        if (auto info = reader.info()) {
            add(info->meta.app);
            for (auto& [name, value] : info->meta.more) out_ << name << '=' << value << ' ';
            if (info->first) add(*info->first);
            add(info->end.last);
            out_ << to_string(info->end.bound) << info->end.wall.time_since_epoch().count() << ' '
                 << info->end.messages << ' ' << info->end.source_bytes << ' ' << info->votes
                 << info->blocks << info->gaps << info->errors << info->files << '\n';
        } else {
            error(info.error());
        }
        messages(reader.messages());
        for (auto seconds : {1s, 20s, 60s}) {
            messages(reader.messages(kSessionStart + seconds, kSessionStart + seconds + 2s));
            messages(reader.messages_after({static_cast<std::uint64_t>(10 * seconds.count())},
                                           kSessionStart + 30s));
        }
        all(reader.votes(), [&](const Vote& vote) {
            add(vote.mark);
            add(static_cast<std::int64_t>(vote.member.value));
            add(vote.hash);
        });
        all(reader.clock(), [&](const ClockPoint& point) {
            add(point.stamp);
            out_ << point.wall.time_since_epoch().count() << ' ' << point.rate;
        });
        all(reader.bookmarks(), [&](const Bookmark& bookmark) {
            add(bookmark.mark);
            add(bookmark.comment);
        });
        all(reader.members(), [&](const Member& member) {
            add(member.joined);
            add(member.name);
            add(member.left ? "left" : "here");
        });
        all(reader.gaps(), [&](const Gap& gap) {
            add(gap.after);
            add(gap.before);
            add(gap.why);
        });
        all(reader.errors(), [&](const HandlerError& e) {
            add(e.mark);
            add(e.sentence);
        });
        all(reader.files(), [&](const ForeignFile& file) {
            add(file.path);
            add(file.bytes);
        });
        all(reader.schemas(), [&](const Schema& schema) { add(to_string(schema_hash(schema))); });
        all(reader.keyframes(), [&](const KeyframeInfo& keyframe) {
            add(keyframe.mark);
            add(keyframe.hash);
            all(reader.touched(keyframe),
                [&](ObjectId id) { add(static_cast<std::int64_t>(id.value)); });
            if (keyframe.kind == KeyframeInfo::Kind::foreign) {
                auto bytes = reader.foreign_state(keyframe);
                return bytes ? add(*bytes) : error(bytes.error());
            }
            auto image = reader.image(keyframe);
            image ? add(encode_image(*image)) : error(image.error());
        });
        for (auto seconds : {0s, 3s, 40s}) {
            auto wall = reader.wall_at(kSessionStart + seconds);
            wall ? add(std::int64_t{wall->time_since_epoch().count()}) : add(wall.error().message);
            auto keyframe =
                reader.keyframe_before({BranchId{}, kSessionStart + seconds, Mark::kWholeInstant});
            if (!keyframe) error(keyframe.error());
            if (keyframe && *keyframe) add((*keyframe)->mark);
        }
    }

    std::ostringstream out_;
    bool failed_ = false;
};

inline void fill(Writer& writer, std::uint64_t seed) {
    MessageMaker maker(seed);
    test::Random random(seed);
    Image image = test::random_image(random, 12);
    image.time = kSessionStart;
    constexpr WallTime kWall{std::chrono::seconds(1'795'000'000)};
    std::string noise(9'000, 0);
    for (char& byte : noise) byte = static_cast<char>(random());
    for (int second = 0; second < 60; ++second) {
        Stamp last;
        for (int i = 0; i < 20; ++i) {
            Message message = maker.next();
            last = message.stamp = {kSessionStart + std::chrono::seconds(second),
                                    {static_cast<std::uint64_t>(second * 20 + i + 1)}};
            VERIFY_OK(writer.append(message));
        }
        Mark mark{BranchId{}, last.time, Mark::kWholeInstant};
        VERIFY_OK(writer.vote({mark, {1}, to_string(hash_bytes(std::to_string(second)))}));
        writer.bound(last.time, kWall + std::chrono::seconds(second));
        if (second % 20 == 0) {
            VERIFY_OK(writer.clock({last, kWall + std::chrono::seconds(second), 1}));
            VERIFY_OK(writer.bookmark({mark, kWall, "ann", "look at this"}));
            VERIFY_OK(writer.member_joined({static_cast<std::uint64_t>(second)}, "bob", "", last));
            VERIFY_OK(writer.error({mark, last.seq, "std::bad_optional_access", "what()"}));
            VERIFY_OK(writer.file({last, "snapshots/1", noise}));
        }
        if (second % 6 == 0) {
            test::disturb(image, random, 3);
            image.queue.clear();  // of times that are over
            image.time = last.time;
            image.seq = last.seq;
            VERIFY_OK(writer.keyframe(image, {{1}, {2}, {5}}));
        }
        VERIFY_OK(writer.commit());
    }
    VERIFY_OK(writer.foreign_keyframe({BranchId{}, kSessionStart + 61s, 0}, {1200}, "hash", noise));
    VERIFY_OK(writer.commit());
}

/// A file with all kinds of rows, also in the tail: its writer was killed.
inline void make_recording(const std::string& path, std::uint64_t seed) {
    pid_t child = fork();
    if (child == 0) {
        Writer writer = create(path, {.block_bytes = 8'000});
        fill(writer, seed);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) qFatal("the writer failed");
    sql(path, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE;");
}

}  // namespace teatime::timegraph
