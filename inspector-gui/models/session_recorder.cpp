#include "session_recorder.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QSet>
#include <QTimer>

namespace teatime::inspector {
namespace {

constexpr int kSaidKept = 10'000;
constexpr int kStopMs = 2'000;
constexpr const char* kCommit = "25ms";  // what is seen lags behind by about this much

/// Names come from the network.
QString safe(QString name) {
    static const QRegularExpression kOther(QStringLiteral("[^A-Za-z0-9_-]"));
    return name.replace(kOther, QStringLiteral("_")).left(60);
}

/// Taken by nobody, nor about to be: the program makes it only once it has joined.
QString new_file(const QString& folder, const QString& session) {
    static QSet<QString> taken;
    QString when = QDateTime::currentDateTimeUtc().toString(QStringLiteral("yyyyMMdd'T'HHmmss'Z'"));
    QString name =
        QStringLiteral("%1-%2-%3").arg(session, when).arg(QCoreApplication::applicationPid());
    QString file = QDir(folder).filePath(name + QStringLiteral(".timegraph"));
    for (int i = 2; taken.contains(file) || QFile::exists(file); ++i) {
        file = QDir(folder).filePath(name + QStringLiteral("-%1.timegraph").arg(i));
    }
    taken.insert(file);
    return file;
}

}  // namespace

QString find_teatime() {
    QString beside = QCoreApplication::applicationDirPath() + QStringLiteral("/teatime");
    return QFileInfo(beside).isExecutable() ? beside : QStringLiteral("teatime");
}

SessionRecorder::SessionRecorder(const Options& options, QObject* parent) : QObject(parent) {
    QString folder = options.folder;
    if (folder.isEmpty()) {
        temporary_ = std::make_unique<QTemporaryDir>(QDir::tempPath() +
                                                     QStringLiteral("/teatime-live-XXXXXX"));
        folder = temporary_->path();
    }
    QDir().mkpath(folder);
    file_ = new_file(folder, safe(options.session));
    QStringList arguments{QStringLiteral("record"),
                          options.url,
                          options.session,
                          QStringLiteral("-o"),
                          file_,
                          QStringLiteral("--commit"),
                          kCommit,
                          QStringLiteral("--name"),
                          kRecorderName};
    for (const QString& module : options.modules) {
        arguments << QStringLiteral("--modules") << module;
    }
    if (!options.begin_with.isEmpty()) {
        arguments << QStringLiteral("--begin-with") << options.begin_with;
    }
    process_.setProgram(options.program.isEmpty() ? find_teatime() : options.program);
    process_.setArguments(arguments);
    process_.setStandardInputFile(QProcess::nullDevice());
    process_.setStandardOutputFile(QProcess::nullDevice());
    process_.setChildProcessModifier([parent_id = ::getpid()] {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (::getppid() != parent_id) ::_exit(1);  // it was too late
    });
    connect(&process_, &QProcess::readyReadStandardError, this, &SessionRecorder::listen);
    connect(&process_, &QProcess::finished, this, &SessionRecorder::finished);
    connect(&process_, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error != QProcess::FailedToStart) return;
        emit ended(tr("cannot start %1: %2").arg(process_.program(), process_.errorString()));
    });
    process_.start();
}

SessionRecorder::~SessionRecorder() {
    stopping_ = true;
    if (process_.state() != QProcess::NotRunning) {
        process_.terminate();
        if (!process_.waitForFinished(kStopMs)) {
            process_.kill();
            process_.waitForFinished(kStopMs);
        }
    }
    if (!keep_as_.isEmpty()) QFile::rename(file_, keep_as_);
}

void SessionRecorder::stop_and_delete() {
    stopping_ = true;
    if (process_.state() == QProcess::NotRunning) return deleteLater();
    connect(&process_, &QProcess::finished, this, &QObject::deleteLater);
    process_.terminate();
    QTimer::singleShot(kStopMs, &process_, &QProcess::kill);
}

bool SessionRecorder::keep(const QString& path) {
    QFileInfo target(path);
    if (target.exists() || !QFileInfo(target.absolutePath()).isWritable()) return false;
    keep_as_ = target.absoluteFilePath();
    return true;
}

void SessionRecorder::listen() {
    static const QRegularExpression kWhy(QStringLiteral("begins with the join: (.*)\n"));
    said_ = (said_ + QString::fromUtf8(process_.readAllStandardError())).right(kSaidKept);
    if (const auto why = kWhy.match(said_); why.hasMatch()) why_not_begun_with_ = why.captured(1);
}

/// What it said last is the reason.
void SessionRecorder::finished() {
    if (stopping_) return;
    listen();
    QString last = said_.trimmed().section('\n', -1);
    if (last.startsWith(QStringLiteral("teatime: "))) last.remove(0, 9);
    emit ended(last.isEmpty() ? tr("the recorder of the session ended") : last);
}

}  // namespace teatime::inspector
