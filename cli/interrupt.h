#pragma once

namespace teatime::cli {

/// From now on SIGINT and SIGTERM only make interrupted() true: the verb ends by itself.
void catch_interrupts();
bool interrupted();

}  // namespace teatime::cli
