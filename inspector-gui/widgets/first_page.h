#pragma once

#include <QBasicTimer>
#include <QWidget>

#include "text_rows.h"

class QLabel;
class QLineEdit;

namespace teatime::inspector {

class ListView;

/// What there is to look at: recent recordings, those of this folder, samples, and the sessions of
/// a reflector. Files may be dropped on it.
class FirstPage : public QWidget {
    Q_OBJECT
public:
    explicit FirstPage(QWidget* parent = nullptr);

    /// Looks again for files.
    /// `reflector`: where the last session was; empty: where they usually are.
    void refresh(const QStringList& recent, const QString& reflector = {});
    QString reflector() const;
    void set_sessions(std::vector<TextRow> sessions, const QString& sentence);

    /// `.timegraph` and `.island` files of a folder, newest first.
    static QStringList recordings_in(const QString& folder);
    static QString samples_folder();  ///< empty: none is installed

signals:
    void open(const QString& path);
    void choose_file();
    void join(const QString& url);  ///< ws://host:port/session
    void list_sessions(const QString& reflector);
    void look_again(const QString& reflector);  ///< quietly, as long as this page is seen

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
};

}  // namespace teatime::inspector
