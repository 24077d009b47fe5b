#include "teatime/island/module.h"

#include <dlfcn.h>

#include <algorithm>
#include <boost/dll/shared_library.hpp>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <set>

#include "teatime/island/class_info.h"

namespace teatime {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSymbol = "teatime_module";
constexpr const char* kSuffix = ".so";

/// Modules of this process by app id. Never shrinks: code that ran once may still be referred to.
struct Registry {
    std::mutex mutex;
    std::map<std::string, const Module*> modules;
    std::vector<std::unique_ptr<boost::dll::shared_library>> libraries;
};
Registry& registry() {
    static Registry* registry = new Registry;  // outlives every static destructor
    return *registry;
}

/// Where two classes would be mixed up or bytes be lost, loading is refused.
std::string check_class(const ClassInfo& info) {
    std::set<std::string_view> names;
    for (const FunctionInfo& function : info.functions) {
        if (!names.insert(function.name).second) {
            return std::string(info.name) + " describes the message " + std::string(function.name) +
                   " twice, itself or in its base; make it virtual and describe it in the base "
                   "only";
        }
    }
    return info.check_layout();
}

fs::path remembered_paths_file() {
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache) {
        return fs::path(cache) / "teatime" / "module-paths";
    }
    const char* home = std::getenv("HOME");
    return home && *home ? fs::path(home) / ".cache" / "teatime" / "module-paths" : fs::path();
}

std::vector<fs::path> remembered_paths() {
    std::vector<fs::path> paths;
    std::ifstream file(remembered_paths_file());
    for (std::string line; std::getline(file, line);) {
        if (!line.empty()) paths.emplace_back(line);
    }
    return paths;
}

bool contains(const fs::path& path, std::string_view text) {
    std::ifstream file(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), {}};
    return bytes.find(text) != std::string::npos;
}

bool is_module_file(const fs::path& path) {
    std::error_code ignored;
    return path.extension() == kSuffix && fs::is_regular_file(path, ignored);
}

bool is_place(const fs::path& path) {
    std::error_code ignored;
    return is_module_file(path) || fs::is_directory(path, ignored);
}

/// Of one app, in the order of `places`.
std::vector<fs::path> modules_in(const std::vector<fs::path>& places,
                                 const std::string& file_name) {
    std::vector<fs::path> found;
    for (const fs::path& place : places) {
        fs::path candidate = is_module_file(place) ? place : place / file_name;
        if (candidate.filename() == file_name && is_module_file(candidate)) {
            found.push_back(candidate);
        }
    }
    return found;
}

}  // namespace

result<const Module*> Module::from(const ModuleDescriptor& descriptor) {
    if (std::memcmp(descriptor.abi, kModuleAbi, sizeof kModuleAbi) != 0) {
        std::string abi(descriptor.abi, strnlen(descriptor.abi, sizeof descriptor.abi));
        return unreadable("the module was built for \"" + abi + "\", this program for \"" +
                          kModuleAbi + "\"; build it again against the installed headers");
    }
    Registry& all = registry();
    std::lock_guard lock(all.mutex);
    auto known = all.modules.find(descriptor.app);
    if (known != all.modules.end()) {
        if (known->second->classes_.data() == descriptor.classes) return known->second;
        return wrong_usage("another build of " + std::string(descriptor.app) +
                           " is loaded in this process already; one process holds one build");
    }
    auto module = new Module;
    module->app_ = descriptor.app;
    module->code_id_ = descriptor.code_id;
    module->classes_ = {descriptor.classes, descriptor.class_count};
    for (const ClassInfo* info : module->classes_) {
        if (std::string problem = check_class(*info); !problem.empty()) {
            delete module;
            return wrong_usage(problem);
        }
    }
    all.modules.emplace(module->app_, module);
    return module;
}

result<const Module*> Module::load(const fs::path& path) {
    std::error_code ignored;
    if (!fs::exists(path, ignored)) {
        return wrong_usage("there is no module " + path.string());
    }
    auto library = std::make_unique<boost::dll::shared_library>();
    boost::dll::fs::error_code error;
    library->load(fs::absolute(path), error, boost::dll::load_mode::rtld_now);
    if (error) {
        const char* why = dlerror();
        return unreadable(path.string() +
                          " cannot be loaded: " + (why ? std::string(why) : error.message()));
    }
    if (!library->has(kSymbol)) {
        return unreadable(path.string() + " is no Island module: it has no TEATIME_MODULE");
    }
    result<const Module*> loaded = from(library->get<const ModuleDescriptor>(kSymbol));
    if (!loaded) {
        return Error{loaded.error().kind, path.string() + ": " + loaded.error().message};
    }
    const_cast<Module*>(*loaded)->path_ = fs::absolute(path);
    // Kept for ever: objects of its classes may outlive any owner we could name.
    std::lock_guard lock(registry().mutex);
    registry().libraries.push_back(std::move(library));
    return loaded;
}

const ClassInfo* Module::find_class(std::string_view name) const {
    auto found = std::find_if(classes_.begin(), classes_.end(),
                              [&](const ClassInfo* info) { return info->name == name; });
    return found == classes_.end() ? nullptr : *found;
}

ModulePaths ModulePaths::standard(std::vector<fs::path> named_by_user) {
    ModulePaths result;
    result.named = std::move(named_by_user);
    if (const char* variable = std::getenv("TEATIME_MODULES")) {
        std::string_view rest = variable;
        while (!rest.empty()) {
            std::string_view path = rest.substr(0, rest.find(':'));
            if (!path.empty()) result.variable.emplace_back(path);
            rest.remove_prefix(std::min(rest.size(), path.size() + 1));
        }
    }
    Dl_info self;
    if (dladdr(reinterpret_cast<void*>(&remembered_paths_file), &self) && self.dli_fname) {
        fs::path folder = fs::absolute(self.dli_fname).parent_path();
        result.others.push_back(folder / "teatime" / "modules");    // installed
        result.others.push_back(folder.parent_path() / "modules");  // in a build folder
    }
    for (fs::path& path : remembered_paths()) result.others.push_back(std::move(path));
    return result;
}

result<void> ModulePaths::check(const std::vector<fs::path>& named_by_user) {
    for (const fs::path& path : named_by_user) {
        if (is_place(path)) continue;
        std::error_code ignored;
        bool file = path.extension() == kSuffix;
        return wrong_usage("--modules " + path.string() + ": " +
                           (fs::exists(path, ignored) ? "neither a folder nor a module (*.so)"
                            : file                    ? "there is no such file"
                                                      : "there is no such folder"));
    }
    return {};
}

void ModulePaths::remember(const std::vector<fs::path>& named_by_user) {
    fs::path file = remembered_paths_file();
    if (file.empty() || named_by_user.empty()) return;
    std::vector<fs::path> paths = remembered_paths();
    std::error_code ignored;
    for (const fs::path& named : named_by_user) {
        fs::path path = fs::absolute(named, ignored);
        if (!is_place(path)) continue;
        if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
    }
    fs::create_directories(file.parent_path(), ignored);
    std::ofstream out(file);
    for (const fs::path& path : paths) out << path.string() << '\n';
}

result<fs::path> find_module(std::string_view app_or_path, const ModulePaths& paths,
                             std::string_view code_id) {
    if (auto checked = ModulePaths::check(paths.named); !checked) return checked.error();
    fs::path direct(app_or_path);
    if (direct.has_parent_path() || direct.extension() == kSuffix) {
        if (is_module_file(direct)) return direct;
        std::error_code ignored;
        if (fs::exists(direct, ignored))
            return wrong_usage(direct.string() + " is no module, which is a file *.so");
        return wrong_usage("there is no module file " + direct.string());
    }
    std::string file_name = std::string(app_or_path) + kSuffix;
    std::string looked;
    for (const std::vector<fs::path>* places : {&paths.named, &paths.variable, &paths.others}) {
        std::vector<fs::path> found = modules_in(*places, file_name);
        for (const fs::path& candidate : found) {
            if (!code_id.empty() && contains(candidate, code_id)) return candidate;
        }
        if (!found.empty()) return found.front();
        for (const fs::path& place : *places) {
            looked += (looked.empty() ? "" : ", ") + place.string();
        }
    }
    return wrong_usage("no module " + file_name + " for the app \"" + std::string(app_or_path) +
                       "\"; looked in " + looked + "; name its folder with --modules");
}

}  // namespace teatime
