#pragma once

#include <signal.h>

#include <QDeadlineTimer>
#include <QProcess>
#include <QRegularExpression>
#include <QTest>

#include "patience.h"

namespace teatime::test {

/// `teatime`, ended with the test.
class Program {
public:
    explicit Program(const QStringList& arguments) {
        process_.setProcessChannelMode(QProcess::MergedChannels);
        process_.start(TEATIME, arguments);
    }
    ~Program() { stop(); }
    void stop() {
        if (process_.state() == QProcess::NotRunning) return;
        process_.terminate();
        if (!process_.waitForFinished(kPatienceMs)) {
            kill();
        }
    }
    void kill() {
        process_.kill();
        process_.waitForFinished(kPatienceMs);
    }
    void signal(int number) const { ::kill(static_cast<pid_t>(process_.processId()), number); }
    void type(const char* line) { process_.write(QByteArray(line) + '\n'); }
    /// What it has said so far, once it contains `text`.
    QString said(const QString& text) {
        QDeadlineTimer deadline(kPatienceMs);
        while (!text_.contains(text) && !deadline.hasExpired()) listen(50);
        return text_;
    }
    /// All matches in what it has said so far.
    QVector<QRegularExpressionMatch> matches(const QString& pattern) {
        listen(10);
        const QRegularExpression wanted(pattern, QRegularExpression::MultilineOption);
        QVector<QRegularExpressionMatch> all;
        for (auto each = wanted.globalMatch(text_); each.hasNext();) all += each.next();
        return all;
    }
    const QString& text() const { return text_; }

private:
    void listen(int ms) {
        process_.waitForReadyRead(ms);
        text_ += QString::fromUtf8(process_.readAll());
    }

    QProcess process_;
    QString text_;
};

}  // namespace teatime::test
