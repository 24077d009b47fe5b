#define GARDEN_VISITOR std::uint32_t
#include "garden.h"
