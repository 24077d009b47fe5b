#define GARDEN_SKIPPED_TICK 21  // at 500 ms
#include "garden.h"
