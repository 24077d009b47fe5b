#include <QFileDialog>

#include "info_bar.h"
#include "main_window.h"
#include "messages_panel.h"
#include "state_panel.h"
#include "timeline_widget.h"

namespace teatime::inspector {

/// What executing the recording in the background has found so far.
void MainWindow::show_history() {
    const LaneSource::Progress& progress = history_->progress();
    if (progress.problem.isEmpty()) {
        info_bar_->forget("survey");
    } else {
        info_bar_->say("survey", InfoBar::Kind::warning, progress.problem);
    }
    open_messages();
    fit_timeline();
    const FactsPtr facts = player_->facts();
    const std::shared_ptr<const replayer::Survey> survey = history_->survey();
    if (!facts || !survey) return;
    statistics_model_.show(survey->selectors(), survey->progress().at.time - facts->begin.time);
    error_model_.add(survey->errors());
}

void MainWindow::open_messages() {
    const MessageSource source = messages();
    if (has_messages_) return messages_->model().set_count(source.count);
    if (source.count == 0) return;
    messages_->model().open(source.open, source.count);
    has_messages_ = true;
    messages_->model().set_members(player_->facts()->members);
    messages_->model().follow(player_->moment());
}

/// All that were executed, or what the file alone tells.
MessageSource MainWindow::messages() const {
    const FactsPtr facts = player_->facts();
    if (!facts) return {};
    const std::string path = facts->path.toStdString();
    if (const auto survey = history_->survey()) {
        return {[path, survey, options = timeline_options()] {
                    return executed_rows(path, options, survey);
                },
                survey->progress().executed};
    }
    const auto external = history_->external_survey();
    if (!external) return {};
    return {[path, external] { return external_rows(path, external); }, external->messages()};
}

void MainWindow::pin(const QString& path) {
    if (path.isEmpty()) return say(tr("Select a field in the state first"));
    plot_model_->pin(path, player_->moment());
}

void MainWindow::tell_pinned(const QString& path, const QStringList& numbers) {
    if (numbers.isEmpty()) return say(tr("There are no numbers in %1").arg(path));
    say(numbers.size() < PlotModel::kMostPinned
            ? tr("Pinned to the plots: %1").arg(numbers.join(", "))
            : tr("The first %1 numbers of %2 are pinned").arg(numbers.size()).arg(path));
}

void MainWindow::export_plot(const QString& path) {
    if (path.isEmpty()) return say(tr("Select a field in the state first"));
    auto* dialog =
        new QFileDialog(this, tr("Save the values of %1").arg(path), {}, tr("Tables (*.csv)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix("csv");
    connect(dialog, &QFileDialog::fileSelected, this,
            [this, path](const QString& file) { plot_model_->export_csv(path, file); });
    dialog->open();
}

void MainWindow::who_wrote(const QString& path) {
    if (path.isEmpty()) return say(tr("Select a field in the state first"));
    const MomentPtr moment = player_->moment();
    if (!moment) return;
    transport_->pause();
    info_bar_->progress("question", tr("Looking for who wrote %1").arg(path), -1, [this] {
        questions_->cancel();
        info_bar_->forget("question");
    });
    questions_->who_wrote(path, moment->mark);
}

void MainWindow::show_write(const QString& path, const replayer::Write& write) {
    info_bar_->forget("question");
    if (!write.message) {
        return say(tr("Nobody has written %1 since the recording began").arg(path));
    }
    go(write.message->mark);
    timeline_->reveal_playhead();
    auto text = [](const std::optional<Value>& value) {
        return value ? to_text(*value) : tr("nothing");
    };
    info_bar_->say(
        "wrote", InfoBar::Kind::note,
        tr("%1 was written by %2 at %3: %4 became %5")
            .arg(path, QString::fromStdString(write.message->text), to_text(write.message->mark),
                 text(write.old_value), text(write.new_value)),
        {{tr("Before it"), [this, mark = write.message->mark] {
              player_->seek(mark);  // wherever the playhead is on its way to
              player_->step(replayer::StepBy::message, false);
          }}});
    state_->reveal(path);
}

}  // namespace teatime::inspector
