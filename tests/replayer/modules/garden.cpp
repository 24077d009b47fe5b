#include "garden.h"
