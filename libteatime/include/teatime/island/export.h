#pragma once

/// Marks what the shared island library offers to modules and tools.
#define TEATIME_ISLAND_API __attribute__((visibility("default")))
