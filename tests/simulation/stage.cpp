#include "stage.h"

TEATIME_MODULE("stage", simulation::Stage, chaos::World, chaos::Thing)
