#include "test_main.h"

#include <QFile>
#include <QTemporaryDir>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#ifdef QT_WIDGETS_LIB
#include <QApplication>
using Application = QApplication;
#else
#include <QCoreApplication>
using Application = QCoreApplication;
#endif

namespace teatime::test {
namespace {

using TestClasses = std::map<std::string, TestClass>;

TestClasses& test_classes() {
    static TestClasses classes;
    return classes;
}

int run_all(int count, char** arguments) {
    int failed = 0;
    for (const auto& [name, run] : test_classes()) failed += run(count, arguments);
    return failed;
}

int run_one(const std::string& name, int count, char** arguments) {
    const auto found = test_classes().find(name);
    if (found != test_classes().end()) return found->second(count, arguments);
    std::fprintf(stderr, "No tests are named %s. There are:\n", name.c_str());
    for (const auto& [each, run] : test_classes()) std::fprintf(stderr, "  %s\n", each.c_str());
    return 2;
}

}  // namespace

bool add_test_class(const char* file, TestClass run) {
    return test_classes().emplace(std::filesystem::path(file).stem().string(), run).second;
}

}  // namespace teatime::test

int main(int count, char** arguments) {
#ifdef QT_WIDGETS_LIB
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
#endif
    // Programs that a test starts find each other there, and nobody else.
    const QTemporaryDir runtime;
    qputenv("XDG_RUNTIME_DIR", QFile::encodeName(runtime.path()));
    const Application application(count, arguments);
    if (count < 2 || *arguments[1] == '-') return teatime::test::run_all(count, arguments);
    const std::string name = arguments[1];
    std::vector<char*> rest(arguments, arguments + count);
    rest.erase(rest.begin() + 1);
    return teatime::test::run_one(name, count - 1, rest.data());
}
