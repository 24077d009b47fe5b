#pragma once

#include <QObject>
#include <QProcess>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>
#include <memory>

namespace teatime::inspector {

/// Under which windows record: a viewer of this name is nobody beside the window's own member.
inline constexpr const char* kRecorderName = "teatime-inspector";

/// The child process that joins a session and records it: `teatime record`. Dies with this process,
/// however that ends. GUI thread.
class SessionRecorder : public QObject {
    Q_OBJECT
public:
    struct Options {
        QString url, session;
        QString folder;   ///< empty: a temporary one, removed with this object
        QString program;  ///< empty: beside this program, else in PATH
        QStringList modules;
        QString begin_with;  ///< what another recorder has of the session; empty: nothing
    };

    explicit SessionRecorder(const Options& options, QObject* parent = nullptr);
    ~SessionRecorder() override;  ///< stops it; waits at most 2 s for the file to be closed

    const QString& file() const { return file_; }
    /// Why the file does not begin with what it should; empty: it does, or is not there yet.
    const QString& why_not_begun_with() const { return why_not_begun_with_; }
    /// Stops it without waiting, then deletes this object.
    void stop_and_delete();
    /// When this object goes, the file is moved there. False: not possible.
    bool keep(const QString& path);

signals:
    void ended(const QString& sentence);  ///< without being told to

private:
    void finished();
    void listen();

    QProcess process_;
    std::unique_ptr<QTemporaryDir> temporary_;
    QString file_;
    QString keep_as_;
    QString said_;  ///< the last of it
    QString why_not_begun_with_;
    bool stopping_ = false;
};

/// `teatime` as it stands beside this program, else as PATH finds it.
QString find_teatime();

}  // namespace teatime::inspector
