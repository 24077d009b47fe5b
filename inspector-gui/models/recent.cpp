#include "recent.h"

#include <QFileInfo>

#include "rows_model.h"

namespace teatime::inspector {
namespace {

/// The same file under one name.
QString one_name(const QString& path) {
    if (path.contains(QStringLiteral("://"))) return path;
    QFileInfo file(path);
    return file.exists() ? file.canonicalFilePath() : file.absoluteFilePath();
}

}  // namespace

Recent::Recent(const QString& settings_path)
    : settings_(settings_path.isEmpty()
                    ? QSettings(QSettings::IniFormat, QSettings::UserScope,
                                QStringLiteral("teatime"), QStringLiteral("inspector"))
                          .fileName()
                    : settings_path,
                QSettings::IniFormat) {}

QVector<Recent::Entry> Recent::read() const {
    QVector<Entry> entries;
    const int count = settings_.beginReadArray(QStringLiteral("recent"));
    for (int i = 0; i < count && i < kMost; ++i) {
        settings_.setArrayIndex(i);
        Entry entry;
        entry.path = settings_.value(QStringLiteral("path")).toString();
        auto mark = parse_mark(settings_.value(QStringLiteral("mark")).toString().toStdString());
        if (mark) entry.mark = *mark;
        entry.left_us = settings_.value(QStringLiteral("left_us")).toLongLong();
        entry.us_per_pixel = settings_.value(QStringLiteral("us_per_pixel")).toDouble();
        entry.window = settings_.value(QStringLiteral("window")).toByteArray();
        entry.pins = settings_.value(QStringLiteral("pins")).toStringList();
        if (!entry.path.isEmpty()) entries.append(entry);
    }
    settings_.endArray();
    return entries;
}

void Recent::write(const QVector<Entry>& entries) {
    settings_.remove(QStringLiteral("recent"));
    settings_.beginWriteArray(QStringLiteral("recent"));
    for (int i = 0; i < entries.size(); ++i) {
        settings_.setArrayIndex(i);
        const Entry& entry = entries[i];
        settings_.setValue(QStringLiteral("path"), entry.path);
        if (entry.mark) settings_.setValue(QStringLiteral("mark"), to_text(*entry.mark));
        settings_.setValue(QStringLiteral("left_us"), entry.left_us);
        settings_.setValue(QStringLiteral("us_per_pixel"), entry.us_per_pixel);
        settings_.setValue(QStringLiteral("window"), entry.window);
        if (!entry.pins.isEmpty()) settings_.setValue(QStringLiteral("pins"), entry.pins);
    }
    settings_.endArray();
    settings_.sync();
}

QVector<Recent::Entry> Recent::entries() const {
    QVector<Entry> there;
    for (const Entry& entry : read()) {
        if (entry.is_session() || QFileInfo::exists(entry.path)) there.append(entry);
    }
    return there;
}

std::optional<Recent::Entry> Recent::find(const QString& path) const {
    const QString name = one_name(path);
    for (const Entry& entry : read()) {
        if (entry.path == name) return entry;
    }
    return std::nullopt;
}

void Recent::remember(const Entry& entry) {
    Entry kept = entry;
    kept.path = one_name(entry.path);
    QVector<Entry> entries = read();
    entries.removeIf([&](const Entry& other) { return other.path == kept.path; });
    entries.prepend(kept);
    if (entries.size() > kMost) entries.resize(kMost);
    write(entries);
}

void Recent::forget(const QString& path) {
    QVector<Entry> entries = read();
    const QString name = one_name(path);
    entries.removeIf([&](const Entry& other) { return other.path == name; });
    write(entries);
}

QByteArray Recent::geometry() const {
    return settings_.value(QStringLiteral("geometry")).toByteArray();
}

void Recent::keep_geometry(const QByteArray& geometry) {
    settings_.setValue(QStringLiteral("geometry"), geometry);
    settings_.sync();
}

}  // namespace teatime::inspector
