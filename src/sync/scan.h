// All of a mailbox, page by page.
#pragma once

#include "store/store.h"

namespace pf::sync {

Task<std::vector<MessageMeta>> scan_all(store::OpenMailbox& mailbox, store::ScanFields fields);

}  // namespace pf::sync
