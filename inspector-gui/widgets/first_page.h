#pragma once

#include <QBasicTimer>
#include <QWidget>

#include "live.h"
#include "text_rows.h"

class QLabel;
class QLineEdit;
class QPushButton;

namespace teatime::inspector {

class ListView;

/// What there is to look at: recent recordings, those of this folder, samples, and the sessions of
/// the reflectors on this machine and of one elsewhere. Files may be dropped on it.
class FirstPage : public QWidget {
    Q_OBJECT
public:
    explicit FirstPage(QWidget* parent = nullptr);

    /// Looks again for files.
    /// `reflector`: where the last session was; it is asked beside those on this machine.
    void refresh(const QStringList& recent, const QString& reflector = {});
    /// What stays open behind this page; empty: nothing does.
    void offer_way_back(const QString& name);
    void set_sessions(const std::vector<ReflectorRow>& reflectors);

    /// `.timegraph` and `.island` files of a folder, newest first.
    static QStringList recordings_in(const QString& folder);
    static QString samples_folder();  ///< empty: none is installed

signals:
    void open(const QString& path);
    void choose_file();
    void back();
    void join(const QString& url);  ///< ws://host:port/session
    /// Of those on this machine and this one, again and again as long as this page is seen.
    void list_sessions(const QString& reflector);

private:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void timerEvent(QTimerEvent* event) override;

    QBasicTimer asking_;
    TextRowsModel files_;
    TextRowsModel sessions_;
    ListView* files_view_;
    ListView* sessions_view_;
    QLineEdit* url_;
    QString reflector_;  // asked for beside those on this machine; may be empty
    QPushButton* back_;
};

}  // namespace teatime::inspector
