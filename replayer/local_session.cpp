#include "teatime/replayer/local_session.h"

#include "describer.h"
#include "progress_page.h"
#include "teatime/island/class_info.h"
#include "teatime/island/input.h"
#include "teatime/island/module.h"

namespace teatime::replayer {
namespace {

/// Collects what the root's input() sends.
class Payloads : public Sender {
public:
    void send(std::string_view target, std::string_view selector,
              std::vector<Value> arguments) override {
        all.push_back(call_payload(target, selector, std::move(arguments)));
    }
    std::vector<std::string> all;
};

std::size_t memory_of(const Image& image) {
    std::size_t bytes = sizeof(Image);
    for (const Image::Object& object : image.objects) {
        bytes += sizeof object + object.fields.capacity();
    }
    for (const Image::Message& message : image.queue) {
        bytes += sizeof message + message.arguments.capacity();
    }
    return bytes + image.subscriptions.size() * sizeof(Image::Subscription);
}

}  // namespace

Error LocalSession::no_state() {
    return wrong_usage("the session has no state yet: start() or restore() comes first");
}

/// While alive, the page says what the session is doing beside executing messages.
class LocalSession::Busy {
public:
    Busy(ProgressPage* page, ProgressPage::What what) : page_(page) {
        if (page_) page_->set(what);
    }
    ~Busy() {
        if (page_) page_->set(ProgressPage::nothing);
    }
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;

private:
    ProgressPage* page_;
};

LocalSession::LocalSession(const Module& module)
    : module_(module), describer_(std::make_unique<Describer>(module)) {
    const ClassInfo& root = *module.classes().front();
    code_ = {.app = module.app(),
             .code_id = module.code_id(),
             .path = module.path().string(),
             .can_draw = root.draw != nullptr,
             .can_input = root.input != nullptr};
}
LocalSession::~LocalSession() = default;

result<std::unique_ptr<LocalSession>> LocalSession::load(const std::string& module_path) {
    auto module = Module::load(module_path);
    if (!module) return module.error();
    return std::make_unique<LocalSession>(**module);
}

result<void> LocalSession::start(const std::string& session_id) {
    Busy busy(page_, ProgressPage::start);
    auto island = Island::create(module_, session_id);
    if (!island) return island.error();
    island_ = std::move(*island);
    update_position();
    return {};
}

result<void> LocalSession::restore(const Image& image) {
    Busy busy(page_, ProgressPage::restore);
    if (auto checked = check_image(image); !checked) return checked;
    auto island = Island::restore(module_, image);
    if (!island) return island.error();
    island_ = std::move(*island);
    update_position();
    return {};
}

result<void> LocalSession::enqueue(std::vector<ExternalMessage> messages) {
    if (!island_) return no_state();
    for (ExternalMessage& message : messages) {
        if (auto queued = island_->enqueue(std::move(message)); !queued) return queued;
    }
    update_position();
    return {};
}

result<void> LocalSession::set_bound(VirtualTime bound) {
    if (!island_) return no_state();
    island_->set_bound(bound);
    return {};
}

result<std::optional<ExecutedInfo>> LocalSession::step() {
    if (!island_) return no_state();
    if (!island_->next_time() || *island_->next_time() > island_->bound()) {
        return std::optional<ExecutedInfo>();
    }
    ExecutedInfo info = describer_->next(*island_);
    if (page_) page_->begin(*island_->next(), island_->find("root"));
    std::optional<Executed> executed = island_->execute_next();
    if (page_) page_->set(ProgressPage::nothing);
    describer_->executed(*island_, *executed, info);
    update_position();
    return std::optional<ExecutedInfo>(std::move(info));
}

result<Hash128> LocalSession::hash() {
    if (!island_) return no_state();
    Busy busy(page_, ProgressPage::other);
    return island_->hash();
}

result<Image> LocalSession::image() {
    if (!island_) return no_state();
    Busy busy(page_, ProgressPage::other);
    return island_->image();
}

result<std::vector<ObjectId>> LocalSession::take_touched() {
    if (!island_) return no_state();
    return island_->take_touched();
}

result<Scene> LocalSession::draw() {
    if (!island_) return no_state();
    Busy busy(page_, ProgressPage::draw);
    Scene scene;
    island_->draw(scene);
    return scene;
}

result<std::vector<std::string>> LocalSession::input(const Input& input) {
    if (!island_) return no_state();
    Busy busy(page_, ProgressPage::input);
    Payloads payloads;
    if (auto done = island_->input(input, payloads); !done) return done.error();
    return std::move(payloads.all);
}

result<Checkpoint> LocalSession::checkpoint() {
    if (!island_) return no_state();
    Busy busy(page_, ProgressPage::other);
    Image image = island_->image();
    Checkpoint made{next_checkpoint_++, memory_of(image)};
    checkpoints_.emplace(made.id, std::move(image));
    return made;
}

result<void> LocalSession::restore_checkpoint(std::uint64_t id) {
    auto found = checkpoints_.find(id);
    if (found == checkpoints_.end()) {
        return wrong_usage("the session has no checkpoint " + std::to_string(id));
    }
    Busy busy(page_, ProgressPage::restore);
    auto island = Island::restore(module_, found->second);
    if (!island) return island.error();
    island_ = std::move(*island);
    update_position();
    return {};
}

result<void> LocalSession::drop_checkpoint(std::uint64_t id) {
    checkpoints_.erase(id);
    return {};
}

void LocalSession::update_position() {
    position_ = {island_->mark(), island_->next_time(), false, island_->seq()};
    position_.next_is_external = position_.next && island_->next_is_external();
}

}  // namespace teatime::replayer
