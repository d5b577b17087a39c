// All of a mailbox, page by page.
#pragma once

#include "store/store.h"
#include "sync/patience.h"

#include <memory>
#include <vector>

namespace pf::sync {

Task<std::vector<MessageMeta>> scan_all(store::OpenMailbox& mailbox, store::ScanFields fields);

struct Scanned {
  std::unique_ptr<store::OpenMailbox> mailbox;
  std::vector<MessageMeta> messages;
};
// Of a mailbox that is yet to be opened.
Task<Scanned> open_and_scan_all(Patience& patience, store::Store& store, const store::MailboxInfo& mailbox,
                                store::Access access, store::ScanFields fields);

}  // namespace pf::sync
