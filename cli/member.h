#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "command.h"
#include "teatime/capture/member_recording.h"
#include "teatime/capture/service.h"
#include "teatime/island/module.h"
#include "teatime/session/controller.h"
#include "teatime/state/result.h"

namespace teatime::cli {

/// --modules.
void add_modules(Command& command, std::vector<std::filesystem::path>& modules);

/// Loads the module of an app id or a path; of several builds rather that of the code id.
result<const Module*> load_module(const std::string& app_or_path,
                                  const std::vector<std::filesystem::path>& named_by_user,
                                  const std::string& code_id = {});

/// How a Controller makes replicas of this module in this process.
session::IslandFactory island_factory(const Module& module);

/// A file that one member records into, with the thread that writes it.
class MemberFile {
public:
    struct Options {
        std::string member_name;
        session::Role role = session::Role::viewer;
        std::optional<Duration> commit;  ///< for others to see what came
        std::string begin_with;          ///< another recording of the session; empty: none
    };
    /// Refuses to overwrite.
    static result<std::unique_ptr<MemberFile>> create(const std::string& path, const Module& module,
                                                      const Options& options);
    capture::MemberRecording& recording() { return *recording_; }
    /// Finishes the file; an error where something was not recorded.
    result<void> close();

private:
    std::unique_ptr<capture::CaptureService> service_;
    std::unique_ptr<capture::MemberRecording> recording_;
};

}  // namespace teatime::cli
