#include "sync/scan.h"

#include <algorithm>
#include <iterator>

namespace pf::sync {

namespace {

// `page`, and all that comes behind it.
Task<std::vector<MessageMeta>> scan_on(store::OpenMailbox& mailbox, store::ScanFields fields,
                                       store::ScanPage page) {
  std::vector<MessageMeta> all = std::move(page.messages);
  while (page.more) {
    PF_CO_TRY(page, co_await mailbox.scan(page.next, fields));
    std::ranges::move(page.messages, std::back_inserter(all));
  }
  co_return all;
}

}  // namespace

Task<std::vector<MessageMeta>> scan_all(store::OpenMailbox& mailbox, store::ScanFields fields) {
  PF_CO_TRY(store::ScanPage first, co_await mailbox.scan({}, fields));
  auto all = co_await scan_on(mailbox, fields, std::move(first));
  co_return all;
}

Task<Scanned> open_and_scan_all(Patience& patience, store::Store& store, const store::MailboxInfo& mailbox,
                                store::Access access, store::ScanFields fields) {
  Scanned out;
  PF_CO_TRY(auto opened, co_await patience.open_and_scan(store, mailbox, access, fields));
  out.mailbox = std::move(opened.mailbox);
  PF_CO_TRY(out.messages, co_await scan_on(*out.mailbox, fields, std::move(opened.page)));
  co_return out;
}

}  // namespace pf::sync
