#include "sync/scan.h"

#include <algorithm>
#include <iterator>

namespace pf::sync {

Task<std::vector<MessageMeta>> scan_all(store::OpenMailbox& mailbox, store::ScanFields fields) {
  std::vector<MessageMeta> all;
  MessageRef from;
  for (;;) {
    PF_CO_TRY(store::ScanPage page, co_await mailbox.scan(from, fields));
    if (all.empty()) {
      all = std::move(page.messages);
    } else {
      std::ranges::move(page.messages, std::back_inserter(all));
    }
    if (!page.more) break;
    from = page.next;
  }
  co_return all;
}

}  // namespace pf::sync
