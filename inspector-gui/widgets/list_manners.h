#pragma once

#include <QString>
#include <vector>

class QAbstractItemView;
class QHeaderView;
class QHelpEvent;
class QKeyEvent;

namespace teatime::inspector {

// What all lists and trees have in common, whatever view they are.

/// Equal rows that cannot be edited.
void make_list(QAbstractItemView& view, QHeaderView& header, const QString& name);
/// Widths in characters; 0 = as it is. The last column takes the rest.
void set_widths(QHeaderView& header, const std::vector<int>& characters);
/// Narrower where `room` pixels are not enough, as long as they can be read; where it is more,
/// column `widest` takes the rest.
void fit_widths(QHeaderView& header, const std::vector<int>& characters, int widest, int room);
/// The sentence where there is nothing.
void paint_empty(QAbstractItemView& view, const QString& sentence);
/// What is cut, or what the model says of it.
void show_tool_tip(QAbstractItemView& view, const QHelpEvent& help);

/// Ctrl+C copies the selected rows: cells by tab, rows by line. False for other keys.
bool copies(const QAbstractItemView& view, const QHeaderView& header, QKeyEvent& event);
/// Enter on a row.
bool activates(const QAbstractItemView& view, const QKeyEvent& event);

}  // namespace teatime::inspector
