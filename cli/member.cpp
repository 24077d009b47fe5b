#include "member.h"

#include <fmt/format.h>

#include "output.h"

namespace teatime::cli {
namespace {

constexpr std::chrono::seconds kCommitPatience{3};  // of the other recorder; the reflector has 5

}  // namespace

void add_modules(Command& command, std::vector<std::filesystem::path>& modules) {
    command.option("--modules", modules,
                   "A module or a folder of modules; may be repeated. Also TEATIME_MODULES");
}

result<const Module*> load_module(const std::string& app_or_path,
                                  const std::vector<std::filesystem::path>& named_by_user,
                                  const std::string& code_id) {
    auto path = find_module(app_or_path, ModulePaths::standard(named_by_user), code_id);
    if (!path) return path.error();
    auto module = Module::load(*path);
    if (module) ModulePaths::remember(named_by_user);
    return module;
}

session::IslandFactory island_factory(const Module& module) {
    return {[&module](const std::string& session_id) { return Island::create(module, session_id); },
            [&module](const Image& image) { return Island::restore(module, image); }};
}

result<std::unique_ptr<MemberFile>> MemberFile::create(const std::string& path,
                                                       const Module& module,
                                                       const Options& wanted) {
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) {
        return wrong_usage(path + " exists already; recordings are never overwritten");
    }
    auto file = std::make_unique<MemberFile>();
    capture::CaptureOptions options;
    options.recorder = "teatime " TEATIME_VERSION;
    options.replica_threads = 0;
    options.report = [](const std::string& sentence) { note(sentence); };
    if (wanted.commit) {
        options.commit = options.idle_commit =
            std::chrono::ceil<std::chrono::milliseconds>(*wanted.commit);
    }
    auto service = capture::CaptureService::create(std::move(options));
    if (!service) return service.error();
    file->service_ = std::move(*service);
    capture::MemberRecording::Options member;
    member.app = module.app();
    member.code_id = module.code_id();
    member.name = wanted.member_name;
    member.role = wanted.role;
    if (!wanted.begin_with.empty()) {
        member.earlier = [from = wanted.begin_with, path](const session::Sync& sync,
                                                          const Image& image) {
            auto earlier = capture::take_over(from, path, sync, image, kCommitPatience);
            if (earlier) {
                note("begins with " + from);
            } else {
                note("begins with the join: " + earlier.error().message);
            }
            return earlier ? std::optional(std::move(*earlier)) : std::nullopt;
        };
    }
    file->recording_ = std::make_unique<capture::MemberRecording>(file->service_->record_to(path),
                                                                  std::move(member));
    return file;
}

result<void> MemberFile::close() {
    std::string stopped = recording_->stopped();
    service_->close();
    std::string error = recording_->recorder().status().error;
    if (!stopped.empty()) return failed("the recording ended early: " + stopped);
    if (!error.empty()) return failed("the recording is not complete: " + error);
    return {};
}

}  // namespace teatime::cli
