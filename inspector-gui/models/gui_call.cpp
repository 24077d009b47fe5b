#include "gui_call.h"

#include <QObject>
#include <mutex>

namespace teatime::inspector {

struct GuiCall::State {
    std::mutex mutex;  // while it is held, the context stays
    QObject* context;  // null: given up
};

GuiCall::GuiCall(QObject& context) : state_(std::make_shared<State>()) {
    state_->context = &context;
}

void GuiCall::operator()(std::function<void()> call) const {
    std::lock_guard lock(state_->mutex);
    if (!state_->context) return;
    QMetaObject::invokeMethod(
        state_->context,
        [state = state_, call = std::move(call)] {
            if (state->context) call();  // only this thread writes it
        },
        Qt::QueuedConnection);
}

void GuiCall::give_up() {
    std::lock_guard lock(state_->mutex);
    state_->context = nullptr;
}

}  // namespace teatime::inspector
