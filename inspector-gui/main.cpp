#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <QApplication>
#include <QSettings>
#include <QSocketNotifier>
#include <QTemporaryDir>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "cli/command.h"
#include "main_window.h"
#include "screenshot.h"
#include "teatime/island/module.h"
#include "theme.h"

namespace teatime::inspector {
namespace {

// As of `teatime`.
constexpr int kFine = 0, kWrongUsage = 2, kUnreadable = 3;

struct Options {
    std::string what;
    std::string at;
    std::string size;
    std::string theme = "system";
    std::vector<std::string> modules;
    std::string panel;
    std::string screenshot;
};

int fail(int code, const std::string& sentence) {
    fmt::print(stderr, "teatime-inspector: {}\n", sentence);
    return code;
}

constexpr const char* kNoDisplay =
    "there is no display: set DISPLAY or WAYLAND_DISPLAY; only --screenshot needs none";

/// Without one, Qt would end the program with a page of text.
bool has_display() {
    for (const char* variable : {"QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY"}) {
        const char* value = std::getenv(variable);
        if (value && *value) return true;
    }
    return false;
}

/// What Qt says of a platform without windows concerns nobody.
void quiet(QtMsgType type, const QMessageLogContext&, const QString& text) {
    if (!text.startsWith("This plugin does not support")) {
        fmt::print(stderr, "teatime-inspector: {}\n", text.toStdString());
    }
    if (type == QtFatalMsg) std::abort();
}

/// Nor where there should be one but cannot be reached.
void no_display(QtMsgType type, const QMessageLogContext&, const QString&) {
    if (type != QtFatalMsg) return;
    fail(kWrongUsage, kNoDisplay);
    std::_Exit(kWrongUsage);
}

/// A picture neither follows nor changes how the user left windows.
void keep_settings_in(const QString& folder) {
    for (QSettings::Format format : {QSettings::IniFormat, QSettings::NativeFormat})
        QSettings::setPath(format, QSettings::UserScope, folder);
}

int signalled[2];  // a pipe: from the handler to the loop

/// Ends as by closing the window, so that temporary files go along; the second one ends at once.
void end_by_signals(QApplication& application) {
    if (::pipe2(signalled, O_CLOEXEC | O_NONBLOCK) != 0) return;
    auto* heard = new QSocketNotifier(signalled[0], QSocketNotifier::Read, &application);
    QObject::connect(heard, &QSocketNotifier::activated, &application, [] {
        unsigned char signal = 0;
        if (::read(signalled[0], &signal, 1) == 1) QApplication::exit(128 + signal);
    });
    struct sigaction action {};
    action.sa_handler = [](int signal) {
        const auto byte = static_cast<unsigned char>(signal);
        [[maybe_unused]] auto written = ::write(signalled[1], &byte, 1);
    };
    action.sa_flags = SA_RESETHAND;
    for (int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
}

bool parse_size(const std::string& text, QSize& size) {
    constexpr int kSmallest = 200, kLargest = 16'384;
    int width = 0, height = 0, read = 0;
    if (std::sscanf(text.c_str(), "%5dx%5d%n", &width, &height, &read) != 2) return false;
    size = QSize(width, height);
    return static_cast<std::size_t>(read) == text.size() && width >= kSmallest &&
           height >= kSmallest && width <= kLargest && height <= kLargest;
}

void declare(cli::Program& program, Options& options) {
    program.positional("WHAT", options.what,
                       "A recording (*.timegraph), a saved Island (*.island), or a live session "
                       "(ws://host:port/session)");
    program.option("--at", options.at,
                   "Moment: 12.5s, 1:02:03.25, 12.5s#3, start, end, wall clock");
    program.option("--size", options.size, "Of the window, as 1600x1000");
    program.option("--theme", options.theme, "light, dark, or system");
    program.option("--modules", options.modules,
                   "A module or a folder of modules; may be repeated. Also TEATIME_MODULES");
    program.option("--panel", options.panel, "Show this panel: state, message, messages, ...");
    program.option("--screenshot", options.screenshot,
                   "Save a picture of the window here once it is complete, and end");
    program.footer(
        "Exit codes: 0 fine, 2 wrong usage, 3 unreadable input. F1 in the window shows the "
        "keys.");
}

int run(int argc, char** argv) {
    cli::Program program("teatime-inspector",
                         "See a recording or a live session: scrub, step, compare, take part.",
                         TEATIME_VERSION);
    Options options;
    declare(program, options);
    auto parsed = program.parse(argc, argv);
    if (!parsed)
        return fail(kWrongUsage, parsed.error().message + "; see `teatime-inspector --help`");
    if (!*parsed) return kFine;
    auto theme = parse_theme(QString::fromStdString(options.theme));
    if (!theme) return fail(kWrongUsage, "--theme is light, dark or system");
    QSize size(1600, 1000);
    if (!options.size.empty() && !parse_size(options.size, size))
        return fail(kWrongUsage, fmt::format("\"{}\" is no size; write 1600x1000", options.size));
    if (!options.screenshot.empty() && options.what.empty() && !options.at.empty())
        return fail(kWrongUsage, "--at needs a recording");
    const bool pictures = !options.screenshot.empty();
    if (pictures && !has_display()) ::setenv("QT_QPA_PLATFORM", "offscreen", 1);
    if (!has_display()) return fail(kWrongUsage, kNoDisplay);
    auto checked = ModulePaths::check({options.modules.begin(), options.modules.end()});
    if (!checked) return fail(kWrongUsage, checked.error().message);

    std::optional<QTemporaryDir> elsewhere;
    if (pictures) keep_settings_in(elsewhere.emplace().path());
    QtMessageHandler usual = qInstallMessageHandler(no_display);
    QApplication application(argc, argv);
    qInstallMessageHandler(pictures ? quiet : usual);
    end_by_signals(application);
    QApplication::setApplicationName("teatime-inspector");
    QApplication::setApplicationVersion(TEATIME_VERSION);
    QApplication::setDesktopFileName("teatime-inspector");
    apply_theme(application, *theme);
    QStringList modules;
    for (const std::string& path : options.modules) modules += QString::fromStdString(path);
    MainWindow window(modules);
    if (!options.size.empty() || pictures) window.set_size(size);
    window.show();
    QString what = QString::fromStdString(options.what), at = QString::fromStdString(options.at);
    if (what.startsWith("ws://") || what.startsWith("wss://")) {
        window.join(what, pictures ? MainWindow::Part::looks : MainWindow::Part::takes_part, at);
    } else if (!what.isEmpty()) {
        window.open(what, at);
    }
    if (!options.panel.empty() && !window.show_panel(QString::fromStdString(options.panel)))
        return fail(kWrongUsage,
                    fmt::format("there is no panel \"{}\"; there are {}", options.panel,
                                window.panel_names().join(", ").toStdString()));
    std::unique_ptr<Screenshot> screenshot;
    int code = kFine;
    if (pictures) {
        screenshot = std::make_unique<Screenshot>(
            window, QString::fromStdString(options.panel),
            QString::fromStdString(options.screenshot), [&](const QString& problem) {
                if (!problem.isEmpty()) code = fail(kUnreadable, problem.toStdString());
                if (problem.isEmpty() && window.size() != size)
                    fail(kFine,
                         fmt::format("the window needs {}x{} for what it shows: the picture "
                                     "has this size instead of {}x{}",
                                     window.width(), window.height(), size.width(), size.height()));
                QApplication::exit(code);
            });
    }
    int exit_code = QApplication::exec();
    return code != kFine ? code : exit_code;
}

}  // namespace
}  // namespace teatime::inspector

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);  // a worker that ends is seen by the write
    return teatime::inspector::run(argc, argv);
}
