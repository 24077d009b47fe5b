#include "row_view.h"

#include <QAbstractTableModel>
#include <QClipboard>
#include <QGuiApplication>
#include <QScrollBar>
#include <QSignalSpy>
#include <QStyledItemDelegate>
#include <QTest>
#include <set>

#include "../test_main.h"

using namespace teatime::inspector;

namespace {

constexpr int kMany = 10'000'000;

/// Numbers, that remembers which rows it was asked for.
class Numbers : public QAbstractTableModel {
public:
    explicit Numbers(int rows) : rows_(rows) {}
    void grow(int by) {
        beginInsertRows({}, rows_, rows_ + by - 1);
        rows_ += by;
        endInsertRows();
    }
    int rowCount(const QModelIndex& parent = {}) const override {
        return parent.isValid() ? 0 : rows_;
    }
    int columnCount(const QModelIndex& = {}) const override { return 2; }
    QVariant data(const QModelIndex& index, int role) const override {
        asked.insert(index.row());
        if (role != Qt::DisplayRole) return {};
        return index.column() == 0 ? QString::number(index.row())
                                   : QString("twice %1").arg(index.row() * 2LL);
    }
    void change(int from, int to) { emit dataChanged(index(from, 0), index(to, 1)); }
    mutable std::set<int> asked;

private:
    int rows_;
};

class CountingDelegate : public QStyledItemDelegate {
public:
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        ++asked;
        return QStyledItemDelegate::sizeHint(option, index);
    }
    mutable int asked = 0;
};

}  // namespace

class RowViewTest : public QObject {
    Q_OBJECT

    std::unique_ptr<Numbers> numbers_;
    std::unique_ptr<RowView> view_;

    int height() const {
        return view_->visualRect(at(view_->verticalScrollBar()->value())).height();
    }
    int page() const { return view_->verticalScrollBar()->pageStep(); }
    int top() const { return view_->verticalScrollBar()->value(); }
    QModelIndex at(int row) const { return numbers_->index(row, 0); }
    void key(Qt::Key key) { QTest::keyClick(view_.get(), key); }

private slots:
    void init() {
        numbers_ = std::make_unique<Numbers>(kMany);
        view_ = std::make_unique<RowView>("Numbers", "None.");
        view_->setModel(numbers_.get());
        view_->resize(400, 300);
        view_->show();
        QVERIFY(QTest::qWaitForWindowExposed(view_.get()));
        view_->grab();
    }
    void cleanup() {
        view_.reset();
        numbers_.reset();
    }

    void only_rows_that_are_seen_are_asked_for() {
        QVERIFY(page() > 5 && page() < 40);
        numbers_->asked.clear();
        view_->setCurrentIndex(at(7'654'321));
        view_->scrollTo(at(7'654'321), QAbstractItemView::PositionAtCenter);
        view_->grab();
        QVERIFY(numbers_->asked.contains(7'654'321));
        QVERIFY2(numbers_->asked.size() < 200, qPrintable(QString::number(numbers_->asked.size())));
        const QPoint inside = view_->visualRect(at(7'654'321)).center();
        QCOMPARE(view_->indexAt(inside).row(), 7'654'321);
        QVERIFY(view_->visualRect(at(0)).isEmpty());
    }

    void it_scrolls_no_further_than_it_must() {
        view_->scrollTo(at(page() - 1));
        QCOMPARE(top(), 0);
        view_->scrollTo(at(page()));
        QCOMPARE(top(), 1);
        view_->scrollTo(at(kMany - 1));
        QCOMPARE(top(), kMany - page());
        QCOMPARE(view_->verticalScrollBar()->maximum(), kMany - page());
        view_->scrollTo(at(5));
        QCOMPARE(top(), 5);
    }

    void keys_go_from_row_to_row() {
        view_->setFocus();
        view_->setCurrentIndex(at(100));
        key(Qt::Key_Down);
        QCOMPARE(view_->currentIndex().row(), 101);
        QVERIFY(view_->selectionModel()->isRowSelected(101));
        QVERIFY(!view_->selectionModel()->isRowSelected(100));
        key(Qt::Key_PageDown);
        QCOMPARE(view_->currentIndex().row(), 101 + page());
        key(Qt::Key_Up);
        QCOMPARE(view_->currentIndex().row(), 100 + page());
        key(Qt::Key_End);
        QCOMPARE(view_->currentIndex().row(), kMany - 1);
        QCOMPARE(top(), kMany - page());
        key(Qt::Key_Home);
        QCOMPARE(view_->currentIndex().row(), 0);
        key(Qt::Key_PageUp);
        QCOMPARE(view_->currentIndex().row(), 0);
    }

    void a_click_chooses_the_row_and_enter_activates_it() {
        QSignalSpy clicked(view_.get(), &RowView::clicked);
        QSignalSpy activated(view_.get(), &RowView::activated);
        view_->scrollTo(at(5'000'000), QAbstractItemView::PositionAtTop);
        const QPoint third(20, height() * 2 + height() / 2);
        QTest::mouseClick(view_->viewport(), Qt::LeftButton, {}, third);
        QCOMPARE(clicked.size(), 1);
        QCOMPARE(clicked[0][0].toModelIndex().row(), 5'000'002);
        QVERIFY(view_->selectionModel()->isRowSelected(5'000'002));
        QCOMPARE(view_->selectionModel()->selectedRows().size(), 1);
        key(Qt::Key_Return);
        QCOMPARE(activated.size(), 1);
        QCOMPARE(activated[0][0].toModelIndex().row(), 5'000'002);
    }

    void a_row_is_copied_with_its_cells() {
        view_->setCurrentIndex(at(21));
        QTest::keyClick(view_.get(), Qt::Key_C, Qt::ControlModifier);
        QCOMPARE(QGuiApplication::clipboard()->text(), QString("21\ttwice 42"));
    }

    void height_is_asked_for_once_however_many_rows_change() {
        CountingDelegate delegate;
        view_->setItemDelegate(&delegate);
        numbers_->change(0, 5'000);
        view_->grab();
        QVERIFY2(delegate.asked <= 1, qPrintable(QString::number(delegate.asked)));
        view_->setItemDelegate(nullptr);
    }

    void rows_grow_with_the_font() {
        const int before = height();
        QFont font = view_->font();
        font.setPointSizeF(font.pointSizeF() * 2);
        view_->setFont(font);
        QVERIFY(height() > before * 3 / 2);
    }

    void rows_that_are_added_move_nothing() {
        view_->setCurrentIndex(at(4'000));
        view_->scrollTo(at(4'000), QAbstractItemView::PositionAtTop);
        numbers_->grow(1'000'000);
        QCOMPARE(top(), 4'000);
        QCOMPARE(view_->currentIndex().row(), 4'000);
        QCOMPARE(view_->verticalScrollBar()->maximum(), kMany + 1'000'000 - page());
    }
};

TEST_CLASS(RowViewTest)
#include "row_view_test.moc"
