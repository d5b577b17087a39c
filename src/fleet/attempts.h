// An account that was held and went on later had several attempts; to those who read the report it was one
// run.
#pragma once

#include "sync/report.h"

namespace pf::fleet {

// What was done adds up; what was found, and how it ended, is as the later one saw it.
sync::Summary together(const sync::Summary& earlier, sync::Summary later);

}  // namespace pf::fleet
