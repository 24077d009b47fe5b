#include "diff_panel.h"

#include <QLabel>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTest>

#include "../test_main.h"
#include "recordings.h"

using namespace teatime;
using namespace teatime::inspector;
using namespace teatime::test;

class DiffPanelTest : public QObject {
    Q_OBJECT

    QTemporaryDir folder_;
    std::mt19937_64 random_ = seeded_random();

private slots:
    void a_comparison_that_takes_long_tells_so_and_can_be_cancelled() {
        RecordOptions options;
        options.last_call = "hang";
        auto modules = garden_modules();
        modules.hang = std::chrono::seconds(3);
        Recorded live = record(folder_, "hang.timegraph", random_, options);
        const QString path = QString::fromStdString(live.path);
        Player player;
        player.open(path, modules);
        WAIT_OPEN(player);
        player.seek(live.marks[20]);
        WAIT_COMPLETE(player);
        DiffPanel panel(player);
        panel.resize(800, 400);
        panel.show();
        panel.set_recording(path, modules);
        auto& cancel = *panel.findChild<QPushButton*>("cancel-compare");
        auto& summary = *panel.findChild<QLabel*>("diff-summary");
        QVERIFY(!cancel.isVisible());
        panel.compare_with(player.facts()->end);
        WAIT(cancel.isVisible() && summary.text().startsWith("rebuilding"));
        QTest::mouseClick(&cancel, Qt::LeftButton);
        WAIT(!cancel.isVisible());
        panel.compare_with(live.marks[10]);
        WAIT(panel.complete() && panel.model().rowCount() > 0);
        QVERIFY(summary.text().endsWith("differences"));
        QVERIFY(!cancel.isVisible());
    }
};

TEST_CLASS(DiffPanelTest)
#include "diff_panel_test.moc"
