// Between ScanFields and the items of FETCH.
#pragma once

#include "imap/command/fetch.h"
#include "imap/profile/profile.h"
#include "store/store.h"

namespace pf::store {

imap::command::FetchItems fetch_items(ScanFields fields, const imap::Profile& profile);
// Nothing when the response lacks the uid.
std::optional<MessageMeta> to_meta(imap::FetchData& fetch, ScanFields fields, const imap::Profile& profile);
// Uids of references made by this store.
imap::UidSet to_uids(const std::vector<MessageRef>& refs);

}  // namespace pf::store
