#pragma once

#include <QTest>

namespace teatime::test {

using TestClass = int (*)(int count, char** arguments);
bool add_test_class(const char* file, TestClass run);

}  // namespace teatime::test

/// Makes `Class`, whose slots are tests, one that `<program> <stem of its file> [QtTest's
/// arguments]` runs; without arguments the program runs all of its classes.
#define TEST_CLASS(Class)                                                         \
    static const bool Class##_added =                                             \
        teatime::test::add_test_class(__FILE__, [](int count, char** arguments) { \
            Class tests;                                                          \
            return QTest::qExec(&tests, count, arguments);                        \
        });
