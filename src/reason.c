/* See reason.h. */
#include "reason.h"
