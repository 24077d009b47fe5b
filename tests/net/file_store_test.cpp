#include "teatime/net/file_store.h"

#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QTest>
#include <cerrno>

#include "../test_main.h"

namespace {

using Calls = std::vector<std::string>;

Calls calls;          ///< of the disk, in order
std::string failing;  ///< a call that fails
bool disk_call(std::string what) {
    bool fails = what == failing;
    calls.push_back(std::move(what));
    if (fails) errno = EIO;
    return !fails;
}

std::string name_of(const char* path) {
    return std::filesystem::path(path).filename().string();
}

}  // namespace

// In front of the C library's: what a disk that loses its power is told, and in which order.
extern "C" __attribute__((visibility("default"))) int fsync(int file) {
    struct stat what {};
    fstat(file, &what);
    static auto real = reinterpret_cast<int (*)(int)>(dlsym(RTLD_NEXT, "fsync"));
    return disk_call(S_ISDIR(what.st_mode) ? "sync folder" : "sync file") ? real(file) : -1;
}
extern "C" __attribute__((visibility("default"))) int rename(const char* from, const char* to) {
    static auto real =
        reinterpret_cast<int (*)(const char*, const char*)>(dlsym(RTLD_NEXT, "rename"));
    bool into_place = name_of(from) == name_of(to) + ".part";
    return disk_call(into_place ? "rename" : "rename something else") ? real(from, to) : -1;
}

namespace teatime::net {

class FileStoreTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    int stores_ = 0;

    /// One in a new folder.
    std::unique_ptr<FileStore> store() {
        place_ = folder_.filePath(QString::number(++stores_)).toStdString();
        auto opened = FileStore::open(place_);
        if (!opened) qFatal("%s", opened.error().message.c_str());
        calls.clear();
        return std::move(*opened);
    }
    std::size_t files() const {
        std::filesystem::directory_iterator all(place_), end;
        return static_cast<std::size_t>(std::distance(all, end));
    }
    std::string place_;

private slots:
    void cleanup() { failing.clear(); }

    void a_file_kept_outlives_a_power_cut() {
        auto kept = store();
        QVERIFY(kept->put("a/b", "bytes").value() == FileStore::Put::created);
        // The content before the name that it is found under; the name before the answer.
        QCOMPARE(calls, (Calls{"sync file", "rename", "sync folder"}));
        QCOMPARE(kept->get("a/b").value(), std::string("bytes"));
    }

    void what_is_not_safe_is_not_kept() {
        for (const char* call : {"sync file", "rename", "sync folder"}) {
            auto kept = store();
            failing = call;
            auto put = kept->put("a/b", "bytes");
            QVERIFY2(!put, call);
            QVERIFY(put.error().message.find("Input/output error") != std::string::npos);
            QCOMPARE(files(), 0u);
            failing.clear();
            calls.clear();
            QVERIFY(kept->put("a/b", "bytes").value() == FileStore::Put::created);
            QCOMPARE(calls, (Calls{"sync file", "rename", "sync folder"}));
        }
    }

    void a_store_that_is_opened_again_is_safe_as_a_whole() {
        calls.clear();
        auto kept = FileStore::open(folder_.filePath("new").toStdString()).value();
        QCOMPARE(calls, (Calls{"sync folder", "sync folder"}));  // it, and where it is
        kept->put("a", "bytes").value();
        calls.clear();
        kept = FileStore::open(folder_.filePath("new").toStdString()).value();
        QCOMPARE(calls, Calls{"sync folder"});
        QVERIFY(kept->put("a", "bytes").value() == FileStore::Put::same);
    }
};

TEST_CLASS(FileStoreTest)

}  // namespace teatime::net

#include "file_store_test.moc"
