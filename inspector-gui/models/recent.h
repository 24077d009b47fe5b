#pragma once

#include <QByteArray>
#include <QSettings>
#include <QString>
#include <QStringList>
#include <QVector>
#include <optional>

#include "teatime/state/mark.h"

namespace teatime::inspector {

/// What was open lately and how it was left, kept in the user's settings: at most kMost files, the
/// newest first. Files that are gone are left out of the list, not forgotten: a disk may come back.
class Recent {
public:
    struct Entry {
        QString path;  ///< absolute, or ws://host:port/session
        std::optional<Mark> mark;
        qint64 left_us = 0;       ///< of the timeline
        double us_per_pixel = 0;  ///< 0: not known
        QByteArray window;        ///< whatever the window keeps
        QStringList pins;         ///< paths in the plots
        bool is_session() const { return path.contains(QStringLiteral("://")); }
    };
    static constexpr int kMost = 20;

    /// An empty path: the user's own settings.
    explicit Recent(const QString& settings_path = {});

    QVector<Entry> entries() const;
    std::optional<Entry> find(const QString& path) const;
    void remember(const Entry& entry);  ///< goes to the front
    void forget(const QString& path);

    /// Size and place of the window that was closed last; empty: there was none.
    QByteArray geometry() const;
    void keep_geometry(const QByteArray& geometry);

private:
    QVector<Entry> read() const;
    void write(const QVector<Entry>& entries);
    mutable QSettings settings_;
};

}  // namespace teatime::inspector
