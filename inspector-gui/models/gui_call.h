#pragma once

#include <functional>
#include <memory>

class QObject;

namespace teatime::inspector {

/// Calls something in the GUI's thread from any other one, until it is given up: then not even
/// what waits is called. Copies are one and the same.
class GuiCall {
public:
    /// `context`: lives in the GUI's thread, until give_up().
    explicit GuiCall(QObject& context);
    void operator()(std::function<void()> call) const;
    void give_up();  ///< from the GUI's thread

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace teatime::inspector
