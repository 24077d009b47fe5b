#include "first_page.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QGridLayout>
#include <QHash>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSet>
#include <QUrl>
#include <algorithm>

#include "icons.h"
#include "list_view.h"

namespace teatime::inspector {
namespace {

constexpr int kAskEveryMs = 2'000;

QLabel* heading(const QString& text, double larger = 1.25) {
    auto* label = new QLabel(text);
    QFont font = label->font();
    font.setPointSizeF(font.pointSizeF() * larger);
    font.setBold(true);
    label->setFont(font);
    return label;
}

/// The paths by their names.
QHash<QString, QSet<QString>> by_name(const std::vector<QStringList>& groups) {
    QHash<QString, QSet<QString>> paths;
    for (const QStringList& group : groups) {
        for (const QString& path : group) {
            const QFileInfo file(path);
            paths[file.fileName()] += file.absoluteFilePath();
        }
    }
    return paths;
}

/// With its folder where `known` has another file of this name.
QString name_among(const QHash<QString, QSet<QString>>& known, const QFileInfo& file) {
    if (known[file.fileName()].size() < 2) return file.fileName();
    return QString("%1   %2").arg(file.fileName(), QDir::toNativeSeparators(file.absolutePath()));
}

void add_files(std::vector<TextRow>& rows, const QString& title, const QStringList& paths,
               const QHash<QString, QSet<QString>>& known) {
    if (paths.isEmpty()) return;
    rows.push_back({{title, {}, {}}, {}, true});
    for (const QString& path : paths) {
        QFileInfo file(path);
        rows.push_back({{"   " + name_among(known, file), size_text(file.size()),
                         file.lastModified().toString("yyyy-MM-dd HH:mm")},
                        {},
                        false,
                        false,
                        file.absoluteFilePath()});
    }
}

}  // namespace

FirstPage::FirstPage(QWidget* parent)
    : QWidget(parent),
      files_({tr("Recording"), tr("Size"), tr("Changed")}),
      sessions_({tr("Session"), tr("World"), tr("Members"), tr("Time")}) {
    setObjectName("first-page");
    files_view_ = new ListView(tr("Recordings"),
                               tr("No recordings here yet. `teatime serve --record FOLDER` makes "
                                  "them, or drop a file on this window."));
    files_view_->setModel(&files_);
    files_view_->set_widths({60, 12, 16});
    files_view_->setTextElideMode(Qt::ElideMiddle);  // a folder's end tells more than its beginning
    sessions_view_ = new ListView(tr("Live sessions"),
                                  tr("No reflector of yours runs on this machine. `teatime serve` "
                                     "starts one, or connect to one elsewhere."));
    sessions_view_->setModel(&sessions_);
    sessions_view_->set_widths({22, 12, 11, 12});
    auto* choose = new QPushButton(glyph_icon(Glyph::open), tr("Open a file…"));
    url_ = new QLineEdit;
    url_->setPlaceholderText(tr("ws://host:port, of a reflector elsewhere"));
    url_->setAccessibleName(tr("Address of a reflector or session"));
    url_->setToolTip(
        tr("A reflector, ws://host:port, lists its sessions; with /session it is "
           "joined at once. Those of yours on this machine are listed without it."));
    auto* look = new QPushButton(glyph_icon(Glyph::live), tr("Connect"));

    auto* title = heading(tr("Teatime inspector"), 1.7);
    auto* below = new QLabel(tr("Open a recording, or join a session that is running."));
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(48, 36, 48, 36);
    grid->setHorizontalSpacing(36);
    grid->setVerticalSpacing(8);
    back_ = new QPushButton;
    back_->setToolTip(tr("It is still open (Escape)"));
    connect(back_, &QPushButton::clicked, this, &FirstPage::back);
    grid->addWidget(title, 0, 0, 1, 2);
    grid->addWidget(back_, 0, 2, 1, 2, Qt::AlignRight);
    grid->addWidget(below, 1, 0, 1, 4);
    grid->setRowMinimumHeight(2, 12);
    grid->addWidget(heading(tr("Recordings")), 3, 0);
    grid->addWidget(choose, 3, 1, Qt::AlignRight);
    grid->addWidget(files_view_, 4, 0, 2, 2);
    grid->addWidget(heading(tr("Live sessions")), 3, 2, 1, 2);
    auto* address = new QHBoxLayout;
    address->addWidget(url_, 1);
    address->addWidget(look);
    grid->addLayout(address, 4, 2, 1, 2);
    grid->addWidget(sessions_view_, 5, 2, 1, 2);
    grid->setColumnStretch(0, 3);
    grid->setColumnStretch(2, 2);
    grid->setColumnStretch(3, 1);
    grid->setRowStretch(5, 1);

    connect(choose, &QPushButton::clicked, this, &FirstPage::choose_file);
    connect(files_view_, &QTreeView::activated, this, [this](const QModelIndex& index) {
        QString path = index.data(TextRowsModel::DataRole).toString();
        if (!path.isEmpty()) emit open(path);
    });
    connect(files_view_, &QTreeView::clicked, files_view_, &QTreeView::activated);
    connect(sessions_view_, &QTreeView::activated, this, [this](const QModelIndex& index) {
        QString url = index.data(TextRowsModel::DataRole).toString();
        if (!url.isEmpty()) emit join(url);
    });
    connect(sessions_view_, &QTreeView::clicked, sessions_view_, &QTreeView::activated);
    auto connect_to = [this] {
        bool session = QUrl(url_->text()).path().size() > 1;
        if (session) return emit join(url_->text());
        reflector_ = url_->text();
        emit list_sessions(reflector_);
    };
    connect(look, &QPushButton::clicked, this, connect_to);
    connect(url_, &QLineEdit::returnPressed, this, connect_to);
}

QStringList FirstPage::recordings_in(const QString& folder) {
    constexpr int kMost = 200;
    QStringList paths;
    if (folder.isEmpty()) return paths;
    for (const QFileInfo& file :
         QDir(folder).entryInfoList({"*.timegraph", "*.island"}, QDir::Files, QDir::Time)) {
        if (paths.size() < kMost) paths += file.absoluteFilePath();
    }
    return paths;
}

QString FirstPage::samples_folder() {
    QDir folder(QCoreApplication::applicationDirPath() + "/../share/teatime/samples");
    return folder.exists() ? folder.canonicalPath() : QString();
}

void FirstPage::refresh(const QStringList& recent, const QString& reflector) {
    if (!reflector.isEmpty()) {
        reflector_ = reflector;
        url_->setText(reflector);
    }
    std::vector<TextRow> rows;
    QStringList existing;
    for (const QString& path : recent) {
        if (QFileInfo::exists(path)) existing += path;
    }
    QStringList here = recordings_in(QDir::currentPath());
    for (const QString& path : recordings_in(QDir::currentPath() + "/recordings")) here += path;
    const QStringList samples = recordings_in(samples_folder());
    const auto known = by_name({existing, here, samples});
    add_files(rows, tr("Recent"), existing, known);
    add_files(rows, tr("In this folder"), here, known);
    add_files(rows, tr("Samples"), samples, known);
    files_.set_rows(std::move(rows));
    emit list_sessions(reflector_);
}

/// Sessions come and go while one looks.
void FirstPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    asking_.start(kAskEveryMs, this);
}

void FirstPage::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    asking_.stop();
}

void FirstPage::timerEvent(QTimerEvent* event) {
    if (event->timerId() != asking_.timerId()) return QWidget::timerEvent(event);
    emit list_sessions(reflector_);
}

void FirstPage::set_sessions(const std::vector<ReflectorRow>& reflectors) {
    std::vector<TextRow> rows;
    std::vector<int> whole;  // rows of one sentence
    auto sentence = [&](TextRow row) {
        whole.push_back(static_cast<int>(rows.size()));
        rows.push_back(std::move(row));
    };
    for (const ReflectorRow& reflector : reflectors) {
        sentence({{reflector.url, {}, {}, {}}, {}, true});
        if (!reflector.answered) {
            sentence({{tr("   Asking…"), {}, {}, {}}});
        } else if (!reflector.error.isEmpty()) {
            sentence({{"   " + reflector.error, {}, {}, {}}, {}, false, true});
        } else if (reflector.sessions.isEmpty()) {
            sentence({{tr("   No sessions"), {}, {}, {}}});
        }
        for (const SessionRow& each : reflector.sessions) {
            rows.push_back({{"   " + each.id, each.app, QString::number(each.members), each.time},
                            {},
                            false,
                            false,
                            reflector.url + "/" + each.id});
        }
    }
    sessions_.set_rows(std::move(rows));
    for (int row = 0; row < sessions_.rowCount(); ++row) {
        const bool one = std::find(whole.begin(), whole.end(), row) != whole.end();
        sessions_view_->setFirstColumnSpanned(row, {}, one);
    }
}

void FirstPage::offer_way_back(const QString& name) {
    back_->setVisible(!name.isEmpty());
    back_->setText(tr("Back to %1").arg(QString(name).replace('&', "&&")));
}

}  // namespace teatime::inspector
