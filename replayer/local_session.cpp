#include "teatime/replayer/local_session.h"

#include "progress_page.h"
#include "teatime/island/class_info.h"
#include "teatime/island/module.h"
#include "teatime/state/inspect.h"

namespace teatime::replayer {
namespace {

Error no_state() {
    return wrong_usage("the session has no state yet: start() or restore() comes first");
}

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

LocalSession::LocalSession(const Module& module) : module_(module) {
    code_ = {module.app(), module.code_id(), module.path().string(),
             module.classes().front()->draw != nullptr};
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

/// Made before the message is executed: it may destroy its own target.
ExecutedInfo LocalSession::describe_next() const {
    NextMessage next = *island_->next();
    // As much of an Image as describe_message() looks at.
    Image image;
    image.app = module_.app();
    image.root = island_->find("root");
    image.time = next.time;
    Image::Message message{.time = next.time,
                           .external = next.external,
                           .order = next.order,
                           .target = next.target,
                           .selector = std::string(next.selector),
                           .arguments = std::string(next.arguments),
                           .sender = next.sender,
                           .chain = 0};
    ExecutedInfo info;
    info.mark = {BranchId{}, next.time, next.n};
    info.external = next.external;
    info.order = next.order;
    info.sender = next.sender;
    info.target = next.target;
    info.class_name = next.class_name;
    info.selector = next.selector;
    if (!next.external) {
        info.target_name = island_->name_of(next.target);
        image.names.emplace_back(info.target_name, next.target);
        if (const ClassInfo* target_class = module_.find_class(next.class_name)) {
            image.schemas.push_back(target_class->schema());
            image.objects.push_back({next.target, 0, {}});
        }
    }
    info.text = describe_message(image, message);
    std::string at = " at " + to_string(next.time);
    if (info.text.ends_with(at)) info.text.resize(info.text.size() - at.size());
    std::size_t open = info.text.find('('), close = info.text.rfind(')');
    if (open != std::string::npos && close != std::string::npos && open < close) {
        info.arguments = info.text.substr(open + 1, close - open - 1);
    }
    return info;
}

result<std::optional<ExecutedInfo>> LocalSession::step() {
    if (!island_) return no_state();
    if (!island_->next_time() || *island_->next_time() > island_->bound()) {
        return std::optional<ExecutedInfo>();
    }
    ExecutedInfo info = describe_next();
    if (page_) page_->begin(*island_->next(), island_->find("root"));
    std::optional<Executed> executed = island_->execute_next();
    if (page_) page_->set(ProgressPage::nothing);
    if (info.external && executed->target) {
        info.target = executed->target;
        info.target_name = island_->name_of(executed->target);
    }
    if (info.external) info.selector = executed->selector;
    constexpr std::uint64_t kUnknown = ~std::uint64_t{0} >> 1;  // a restored queue has no causes
    bool cause_known = executed->cause != kUnknown;
    if (!info.external && cause_known) {
        info.cause = ExecutedInfo::Cause{executed->cause_external, executed->cause};
    }
    if (executed->error) info.error = *executed->error;
    update_position();
    return std::optional<ExecutedInfo>(std::move(info));
}

result<RunResult> LocalSession::run(const RunLimit& limit) {
    if (!island_) return no_state();
    using Clock = std::chrono::steady_clock;
    using Stop = RunResult::Stop;
    constexpr std::uint64_t kMessagesPerLook = 8;  // at the clock: 25 ns against 100 ns a message
    Clock::time_point deadline = Clock::now() + limit.wall;
    ObjectId root = island_->find("root");
    RunResult done;
    for (;;) {
        std::optional<NextMessage> next = island_->next();
        if (!next || next->time > island_->bound()) {
            done.stop = Stop::bound;
            break;
        }
        if (Mark{limit.until.branch, next->time, next->n} > limit.until) {
            done.stop = Stop::until;
            break;
        }
        if (done.executed >= limit.messages) {
            done.stop = Stop::messages;
            break;
        }
        if (limit.wall.count() > 0 && done.executed > 0 && done.executed % kMessagesPerLook == 0 &&
            Clock::now() >= deadline) {
            done.stop = Stop::wall;
            break;
        }
        if (page_) page_->begin(*next, root);
        std::optional<Executed> executed = island_->execute_next();
        ++done.executed;
        if (limit.steps) done.steps.push_back({executed->time, executed->n, executed->external});
        if (executed->error) {
            ++done.error_count;
            if (done.errors.size() < RunResult::kErrorsKept) {
                done.errors.push_back(*executed->error);
            }
            if (limit.stop_after_error) {
                done.stop = Stop::error;
                break;
            }
        }
        if (executed->external && limit.stop_after_external) {
            done.stop = Stop::external;
            break;
        }
    }
    if (page_) page_->set(ProgressPage::nothing);
    update_position();
    return done;
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
