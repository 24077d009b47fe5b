#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "teatime/island/export.h"
#include "teatime/state/result.h"
#include "teatime/state/schema.h"

namespace teatime {

struct ClassInfo;

/// Rises when the engine executes the same messages in another way (order, random, encoding,
/// arithmetic); part of every module's code id.
inline constexpr int kSemanticsVersion = 1;

/// What a module exports as the symbol `teatime_module`. Plain constant data: can be checked before
/// any code of the module runs.
struct ModuleDescriptor {
    char abi[64];                     ///< compiler family and layout version; must equal kModuleAbi
    const char* app;                  ///< application id
    const char* code_id;              ///< 64 hex digits: SHA-256 of sources and kSemanticsVersion
    const ClassInfo* const* classes;  ///< root first
    std::size_t class_count;
};

/// Changes with every incompatible change of the structures between engine and module.
inline constexpr char kModuleAbi[64] = "teatime island abi 1, gcc c++ abi, 64 bit";

/// An Island's code: its classes. Immutable, lives until the process ends, may be shared by
/// threads.
class TEATIME_ISLAND_API Module {
public:
    /// Classes linked into this program (tests, embedded use). Checks every class: described
    /// members must account for every byte. Requires: `descriptor` lives for ever.
    static result<const Module*> from(const ModuleDescriptor& descriptor);

    /// Loads a shared library. The error says what is wrong: no such file, no module, another ABI,
    /// a class with bytes that no described member accounts for, another build of this app is
    /// loaded already. Never unloaded.
    static result<const Module*> load(const std::filesystem::path& path);

    const std::string& app() const { return app_; }
    const std::string& code_id() const { return code_id_; }
    const std::filesystem::path& path() const { return path_; }  ///< empty where linked in
    std::span<const ClassInfo* const> classes() const { return classes_; }
    const ClassInfo* find_class(std::string_view name) const;

private:
    Module() = default;
    std::string app_;
    std::string code_id_;
    std::filesystem::path path_;
    std::span<const ClassInfo* const> classes_;
};

/// Where modules are looked for: in `--modules`, then in TEATIME_MODULES, then in the folder
/// installed beside this library; folders given with --modules are remembered in
/// ~/.cache/teatime/module-paths and searched last. Each path may be a module or a folder. A path
/// inside a recording is never among them.
struct TEATIME_ISLAND_API ModulePaths {
    std::vector<std::filesystem::path> named;     ///< --modules
    std::vector<std::filesystem::path> variable;  ///< TEATIME_MODULES
    std::vector<std::filesystem::path> others;    ///< installed, then remembered
    static ModulePaths standard(std::vector<std::filesystem::path> named_by_user = {});

    /// An error where one of them is neither a folder nor a module: `--modules nowhere: there is no
    /// such folder`.
    static result<void> check(const std::vector<std::filesystem::path>& named_by_user);

    /// So that the next program finds them too; what is not there or cannot be written is not
    /// remembered.
    static void remember(const std::vector<std::filesystem::path>& named_by_user);
};

/// Finds the module of an app id, or the file itself where `app_or_path` names one, without
/// running any of its code. Who names a place means it: the first of the three lists that has the
/// module at all is the one that counts, and in it a build with exactly that code id is preferred.
/// The error lists where it looked, or is that of ModulePaths::check().
TEATIME_ISLAND_API result<std::filesystem::path> find_module(std::string_view app_or_path,
                                                             const ModulePaths& paths,
                                                             std::string_view code_id = {});

}  // namespace teatime
