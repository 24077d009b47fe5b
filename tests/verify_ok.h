#pragma once

#include <QTest>

/// QVERIFY of a result; on failure its sentence is shown.
#define VERIFY_OK(expression)                                                 \
    do {                                                                      \
        auto&& outcome_ = (expression);                                       \
        QVERIFY2(outcome_, outcome_ ? "" : outcome_.error().message.c_str()); \
    } while (false)
