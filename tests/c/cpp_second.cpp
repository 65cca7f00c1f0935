// The headers a second time in the same program, and twice in one unit, in either order.
#include "viralnow.h"
#include "viralnow.hpp"
#include "viralnow.h"
#include "viralnow.hpp"

std::string version_elsewhere();
std::string version_elsewhere() { return viralnow::version(); }
