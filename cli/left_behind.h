#pragma once

#include <string>

#include "teatime/timegraph/reader.h"

namespace teatime::cli {

/// Where a recording has branches, or tables of another program: a remark that what is made of it
/// has only its trunk.
void tell_of_left_behind(const timegraph::Reader& recording);

/// The same of one that is yet to be opened; one that cannot be says nothing here.
void tell_of_left_behind(const std::string& path);

}  // namespace teatime::cli
