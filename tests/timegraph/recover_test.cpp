#include "teatime/timegraph/recover.h"

#include <QTest>
#include <filesystem>
#include <map>
#include <set>

#include "../test_main.h"
#include "database.h"
#include "head.h"
#include "sample_recording.h"
#include "teatime/timegraph/trim.h"
#include "teatime/timegraph/verify.h"

using namespace teatime;
using namespace teatime::timegraph;

namespace {

constexpr std::size_t kPage = 8192;

/// Everything in it but what tells of the file itself.
struct Content {
    std::vector<Message> messages;
    std::vector<Vote> votes;
    std::vector<ClockPoint> clock;
    std::vector<Bookmark> bookmarks;
    std::vector<Member> members;
    std::vector<Gap> gaps;
    std::vector<HandlerError> errors;
    std::vector<ForeignFile> files;
    std::vector<std::string> states;
    std::vector<std::vector<ObjectId>> touched;
    Reader::End end;
    bool operator==(const Content&) const = default;
};

Content content_of(const std::string& path) {
    Reader reader = open(path);
    Content content;
    auto cursor = reader.messages();
    content.messages = drain(cursor);
    content.votes = *reader.votes();
    content.clock = *reader.clock();
    content.bookmarks = *reader.bookmarks();
    content.members = *reader.members();
    content.gaps = *reader.gaps();
    content.errors = *reader.errors();
    content.files = *reader.files();
    content.end = *reader.end();
    for (const KeyframeInfo& keyframe : *reader.keyframes()) {
        content.touched.push_back(*reader.touched(keyframe));
        content.states.push_back(keyframe.kind == KeyframeInfo::Kind::foreign
                                     ? *reader.foreign_state(keyframe)
                                     : encode_image(*reader.image(keyframe)));
    }
    return content;
}

/// Which pages hold the row of each block, as SQLite knows.
std::map<std::int64_t, std::set<std::size_t>> pages_of_blocks(const std::string& path) {
    sqlite3* handle = nullptr;
    sqlite3_stmt* query = nullptr;
    bool ready = sqlite3_open(path.c_str(), &handle) == SQLITE_OK &&
                 sqlite3_prepare_v2(handle,
                                    "SELECT path, pageno, ncell, pagetype FROM dbstat "
                                    "WHERE name = 'blocks' ORDER BY path",
                                    -1, &query, nullptr) == SQLITE_OK;
    if (!ready) qFatal("no dbstat");
    std::map<std::int64_t, std::set<std::size_t>> pages;
    std::map<std::string, std::int64_t> first_of_leaf;
    std::vector<std::pair<std::string, std::size_t>> overflows;
    std::int64_t next = 1;
    while (sqlite3_step(query) == SQLITE_ROW) {
        std::string place = reinterpret_cast<const char*>(sqlite3_column_text(query, 0));
        std::string kind = reinterpret_cast<const char*>(sqlite3_column_text(query, 3));
        auto page = static_cast<std::size_t>(sqlite3_column_int64(query, 1));
        if (kind == "overflow") overflows.emplace_back(place, page);
        if (kind != "leaf") continue;
        first_of_leaf[place] = next;
        for (int i = 0; i < sqlite3_column_int(query, 2); ++i) pages[next++].insert(page);
    }
    for (const auto& [place, page] : overflows) {  // leaf, cell in hex, "+", number in the chain
        std::size_t plus = place.find('+'), slash = place.rfind('/', plus);
        std::int64_t cell = std::stoll(place.substr(slash + 1, plus - slash - 1), nullptr, 16);
        pages[first_of_leaf.at(place.substr(0, slash + 1)) + cell].insert(page);
    }
    sqlite3_finalize(query);
    sqlite3_close(handle);
    return pages;
}

}  // namespace

class RecoverTest : public QObject {
    Q_OBJECT

    Folder folder_;
    std::string good_, bytes_;
    std::string damaged_ = folder_.file("damaged.timegraph");
    std::string out_ = folder_.file("out.timegraph");
    Content expected_;

    void damage(const std::string& bytes) {
        write_file(damaged_, bytes);
        std::filesystem::remove(out_);
    }
    bool is_whole(const std::string& path) {
        auto verification = verify(path);
        if (!verification) qWarning("%s", verification.error().message.c_str());
        if (!verification) return false;
        for (const Problem& problem : verification->problems) {
            qWarning("%s", to_string(problem).c_str());
        }
        return verification->problems.empty();
    }
    void nothing_is_lost() {
        auto recovery = recover(damaged_, out_);
        VERIFY_OK(recovery);
        for (const Problem& problem : recovery->lost) qWarning("%s", to_string(problem).c_str());
        QVERIFY(recovery->lost.empty());
        QVERIFY(is_whole(out_));
        QVERIFY(content_of(out_) == expected_);
        QCOMPARE(recovery->messages, std::uint64_t{expected_.messages.size()});
        QCOMPARE(recovery->keyframes, std::uint64_t{expected_.states.size()});
    }
    /// One blow at a random place.
    void hit(std::string& bytes, MessageMaker& random, std::set<std::size_t>& pages) {
        std::size_t at = random.below(bytes.size()), size = 1;
        switch (random.below(4)) {
            case 0:
                bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
                break;
            case 1:
                size = std::min<std::size_t>(1 + random.below(20'000), bytes.size() - at);
                std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), size, 0);
                break;
            case 2:
                size = std::min<std::size_t>(1 + random.below(3'000), bytes.size() - at);
                for (std::size_t i = 0; i < size; ++i) {
                    bytes[at + i] = static_cast<char>(random.below(256));
                }
                break;
            default:
                if (random.below(8) != 0) break;
                size = bytes.size() - at;
                bytes.resize(at);
        }
        for (std::size_t page = at / kPage; page <= (at + size - 1) / kPage; ++page) {
            pages.insert(page + 1);
        }
    }
    void every_undamaged_block_is_there(const std::set<std::size_t>& damaged,
                                        const std::map<std::int64_t, std::set<std::size_t>>& pages,
                                        const std::vector<Reader::Batch>& blocks) {
        Reader reader = open(out_);
        auto cursor = reader.messages();
        std::map<Seq, Message> there;
        for (Message& message : drain(cursor)) there.emplace(message.stamp.seq, message);
        VERIFY_OK(cursor.status());
        for (const auto& [id, its] : pages) {
            bool hurt = std::any_of(its.begin(), its.end(),
                                    [&](std::size_t page) { return damaged.contains(page); });
            if (hurt) continue;
            const Reader::Batch& block = blocks.at(static_cast<std::size_t>(id - 1));
            for (Seq seq = block.first.seq; seq <= block.last.seq; seq = next(seq)) {
                QVERIFY(there.contains(seq));
                QCOMPARE(there[seq], expected_.messages.at(seq.value - 1));
            }
        }
    }

private slots:
    void initTestCase() {
        good_ = folder_.file("good.timegraph");
        make_recording(good_, test_seed());
        bytes_ = read_file(good_);
        expected_ = content_of(good_);
        QCOMPARE(expected_.messages.size(), std::size_t{1200});
    }

    void a_whole_file_comes_out_whole() {
        damage(bytes_);
        nothing_is_lost();
        auto again = recover(damaged_, out_);
        QVERIFY(!again && again.error().message.find("exists already") != std::string::npos);
    }

    void nothing_is_lost_with_the_header_and_the_schema() {
        damage(std::string(kPage, 0) + bytes_.substr(kPage));
        QVERIFY(!verify(damaged_));
        nothing_is_lost();
    }

    void nothing_is_lost_with_trees_and_indexes() {
        std::string bytes = bytes_;
        int wiped = 0;
        for (std::size_t at = kPage; at < bytes.size(); at += kPage) {
            bool tree = bytes[at] == 2 || bytes[at] == 5 || bytes[at] == 10;
            if (tree && ++wiped) std::fill_n(bytes.begin() + static_cast<int>(at), kPage, '\xff');
        }
        QVERIFY(wiped > 5);
        damage(bytes);
        nothing_is_lost();
    }

    void nothing_is_lost_with_the_headers_of_leaves() {
        std::string bytes = bytes_;
        for (std::size_t at = kPage; at < bytes.size(); at += kPage) {
            if (bytes[at] == 13) std::fill_n(bytes.begin() + static_cast<int>(at), 8, 0);
        }
        damage(bytes);
        nothing_is_lost();
    }

    void a_lost_block_leaves_a_gap_and_the_rest() {
        auto blocks = *open(good_).batches();
        auto pages = pages_of_blocks(good_);
        std::string bytes = bytes_;
        std::size_t first = 2, last = 2;  // those of one leaf are neighbours
        for (std::size_t page : pages.at(3)) {
            std::fill_n(bytes.begin() + static_cast<int>((page - 1) * kPage), kPage, 0);
            for (const auto& [id, its] : pages) {
                if (!its.contains(page)) continue;
                first = std::min(first, static_cast<std::size_t>(id - 1));
                last = std::max(last, static_cast<std::size_t>(id - 1));
            }
        }
        damage(bytes);
        auto recovery = recover(damaged_, out_);
        VERIFY_OK(recovery);
        QVERIFY(is_whole(out_));
        bool told = false;
        for (const Problem& problem : recovery->lost) {
            told |= problem.table == "blocks" && problem.to == blocks.at(last + 1).first.time &&
                    to_string(problem).find("are lost") != std::string::npos;
        }
        QVERIFY(told);
        auto gaps = *open(out_).gaps();
        QCOMPARE(gaps.size(), std::size_t{1});
        QCOMPARE(gaps[0].after, first == 0 ? Stamp{} : blocks.at(first - 1).last);
        QCOMPARE(gaps[0].before, blocks.at(last + 1).first);
        QVERIFY(open(out_).end()->bound == expected_.end.bound);
        std::uint64_t lost = gaps[0].before.seq.value - gaps[0].after.seq.value - 1;
        QCOMPARE(recovery->messages, 1200 - lost);
    }

    /// Who changed a field last is searched by what was touched since the keyframe before.
    void behind_a_lost_keyframe_all_counts_as_touched() {
        std::filesystem::copy_file(good_, damaged_,
                                   std::filesystem::copy_options::overwrite_existing);
        std::filesystem::remove(out_);
        sql(damaged_, "UPDATE keyframes SET data = zeroblob(length(data)) WHERE id = 5");
        auto recovery = recover(damaged_, out_);
        VERIFY_OK(recovery);
        QVERIFY(is_whole(out_));
        Reader before = open(good_), after = open(out_);
        auto all = *before.keyframes(), left = *after.keyframes();
        QCOMPARE(all.size(), std::size_t{11});  // 9 from a full one on, a full one, a foreign one
        QCOMPARE(left.size(), std::size_t{6});
        QVERIFY(*after.touched(left[3]) == *before.touched(all[3]));
        auto ids = *after.touched(left[4]);
        std::set<ObjectId> touched(ids.begin(), ids.end());
        for (const KeyframeInfo& keyframe : {all[3], all[9]}) {
            Image image = *before.image(keyframe);
            for (const Image::Object& object : image.objects) {
                QVERIFY(touched.contains(object.id));
            }
        }
        QVERIFY(*after.touched(left[5]) == *before.touched(all[10]));
    }

    void random_damage_never_breaks_what_comes_out() {
        MessageMaker random(test_seed());
        auto pages = pages_of_blocks(good_);
        auto blocks = *open(good_).batches();
        blocks.resize(pages.size());  // those behind are the tail
        std::uint64_t messages = 0, whole = 0;
        constexpr int kRounds = 80;
        for (int round = 0; round < kRounds; ++round) {
            std::string bytes = bytes_;
            std::set<std::size_t> hurt;
            std::size_t hits = 1 + random.below(round % 8 == 0 ? 100 : 6);
            for (std::size_t i = 0; i < hits && !bytes.empty(); ++i) hit(bytes, random, hurt);
            constexpr std::size_t kVersion = 60, kBytes = 4;  // a higher one would be refused
            if (bytes.size() >= kVersion + kBytes) {
                bytes.replace(kVersion, kBytes, bytes_, kVersion, kBytes);
            }
            damage(bytes);
            auto recovery = recover(damaged_, out_);
            VERIFY_OK(recovery);
            QCOMPARE(std::filesystem::exists(out_), recovery->rows > 0);
            if (recovery->rows == 0) continue;
            QVERIFY(is_whole(out_));
            if (bytes.size() == bytes_.size()) every_undamaged_block_is_there(hurt, pages, blocks);
            if (recovery->lost.empty()) QVERIFY(content_of(out_) == expected_);
            messages += recovery->messages;
            whole += recovery->lost.empty();
        }
        std::printf("%d damaged files: %llu without loss, %.1f %% of all messages recovered\n",
                    kRounds, static_cast<unsigned long long>(whole),
                    100.0 * static_cast<double>(messages) / (1200.0 * kRounds));
        QVERIFY(whole > 0 && whole < kRounds);
    }

    void what_a_killed_recorder_left_in_its_wal_is_read() {
        std::string path = folder_.file("killed.timegraph");
        pid_t child = fork();
        if (child == 0) {
            Writer writer = create(path, {.block_bytes = 8'000});
            fill(writer, 7);
            _exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        QCOMPARE(status, 0);
        std::string main = read_file(path), wal = read_file(path + "-wal");
        QVERIFY(!wal.empty());

        std::filesystem::remove(out_);
        auto recovery = recover(path, out_);
        VERIFY_OK(recovery);
        QVERIFY(recovery->lost.empty());
        Content recovered = content_of(out_);
        QCOMPARE(recovered.messages.size(), std::size_t{1200});

        // Without it, that is told: what is in the main file may look whole.
        std::filesystem::remove(path + "-wal");
        write_file(path, main);
        std::filesystem::remove(out_);
        recovery = recover(path, out_);
        VERIFY_OK(recovery);
        QVERIFY(!recovery->lost.empty());
        QVERIFY(recovery->lost.front().what.find("-wal") != std::string::npos);

        // A page of it damaged: SQLite would drop all behind that.
        wal[wal.size() / 2] = static_cast<char>(wal[wal.size() / 2] ^ 1);
        write_file(path, main);
        write_file(path + "-wal", wal);
        std::filesystem::remove(out_);
        recovery = recover(path, out_);
        VERIFY_OK(recovery);
        QVERIFY(is_whole(out_));
        QVERIFY(recovery->messages > 1000);
    }

    void a_newer_format_is_refused() {
        damage(bytes_);
        sql(damaged_, "PRAGMA user_version=9");
        auto done = recover(damaged_, out_);
        QVERIFY(!done && done.error().kind == ErrorKind::unreadable);
        QVERIFY(done.error().message.find("version 9, this program reads up to 1") !=
                std::string::npos);
        QVERIFY(!std::filesystem::exists(out_));
    }

    void where_nothing_is_nothing_is_made() {
        for (const std::string& bytes :
             {std::string(), std::string(100'000, 'x'), std::string(50'000, 0)}) {
            damage(bytes);
            auto recovery = recover(damaged_, out_);
            VERIFY_OK(recovery);
            QCOMPARE(recovery->rows, std::uint64_t{0});
            QVERIFY(!std::filesystem::exists(out_));
        }
        QVERIFY(!recover(folder_.file("none"), out_));
        QVERIFY(!recover(folder_.file(""), out_));
    }

    void ended_early_it_leaves_no_file() {
        damage(bytes_);
        std::stop_source stop;
        double part = 0;
        Watch watch{[&](double fraction) {
                        if (fraction >= part) stop.request_stop();
                    },
                    {}};
        for (part = 0; part < 0.95; part += 0.3) {
            stop = {};
            watch.stop = stop.get_token();
            QVERIFY(!recover(damaged_, out_, watch));
            for (const auto& entry : std::filesystem::directory_iterator(folder_.file(""))) {
                QVERIFY(!entry.path().filename().string().starts_with("out.timegraph"));
            }
        }
    }

    /// Nothing writes branches yet, so these are put in by hand.
    void a_branch_is_not_mixed_with_the_trunk_and_told() {
        damage(bytes_);
        {
            Database database(damaged_, Database::Use::write);
            std::int64_t branch = 7, far = 70'000'000;
            std::string block;
            {
                Query query(database, "SELECT data FROM blocks WHERE id = 3");
                QVERIFY(query.next());
                block = query.string(0);
            }
            std::string hash(32, 'h');
            Head head = read_head(database);
            auto insert = [&](Table table, std::initializer_list<Cell> cells) {
                RowSum& sum = head.sum(table);
                sum.sum += static_cast<std::uint64_t>(database.insert(table, cells));
                ++sum.rows;
            };
            database.run("BEGIN IMMEDIATE");
            std::int64_t n = 0, size = 0;
            {
                Query query(database, "SELECT n, raw_len FROM blocks WHERE id = 3");
                QVERIFY(query.next());
                n = query.integer(0), size = query.integer(1);
            }
            insert(Table::branches, {branch, std::int64_t{0}, std::int64_t{5'000'000}, INT64_MAX,
                                     std::int64_t{0}, Text{"what if"}});
            insert(Table::edits,
                   {std::int64_t{1}, branch, Text{"drop"}, std::int64_t{3}, std::int64_t{0},
                    std::int64_t{0}, std::int64_t{0}, Text{""}, Blob{""}, Blob{""}});
            insert(Table::blocks, {std::int64_t{900}, branch, far, far, far, far, n, far, size,
                                   Blob{hash}, Blob{hash}, nullptr, Blob{block}});
            insert(Table::bookmarks, {std::int64_t{900}, branch, far, std::int64_t{0},
                                      std::int64_t{0}, Text{"ann"}, Text{"there"}});
            update_head(database, head);
            database.run("COMMIT");
        }
        QCOMPARE(open(damaged_).info()->branches, std::uint64_t{1});
        QCOMPARE(open(damaged_).info()->edits, std::uint64_t{1});
        auto recovery = recover(damaged_, out_);
        VERIFY_OK(recovery);
        QVERIFY(is_whole(out_));
        QVERIFY(content_of(out_) == expected_);
        bool told = false;
        for (const Problem& problem : recovery->lost) {
            told |= problem.what ==
                    "only the trunk is taken over; left out are branches: 1, edits: "
                    "1, other rows of branches: 2";
        }
        QVERIFY(told);

        std::filesystem::remove(out_);
        Reader reader = open(damaged_);
        VERIFY_OK(compact(reader, out_));
        QVERIFY(content_of(out_) == expected_);
        QCOMPARE(open(out_).info()->branches, std::uint64_t{0});
    }
};

TEST_CLASS(RecoverTest)
#include "recover_test.moc"
