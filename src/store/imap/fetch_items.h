// Between ScanFields and the items of FETCH.
#pragma once

#include "imap/command/fetch.h"
#include "imap/profile/profile.h"
#include "store/store.h"

namespace pf::store {

imap::command::FetchItems fetch_items(ScanFields fields, const imap::Profile& profile);

// What was said of a message so far.  A server may spread it over several responses, and when somebody
// changes the flags meanwhile, a response with nothing but them comes in between.
struct Told {
  MessageMeta meta;
  bool answered = false;  // more was said than such a change of flags
};
void add_to(Told& told, imap::FetchData& fetch, ScanFields fields, const imap::Profile& profile);

// Uids of references made by this store.
imap::UidSet to_uids(const std::vector<MessageRef>& refs);

}  // namespace pf::store
