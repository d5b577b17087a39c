#include "store/imap/fetch_items.h"

#include "store/imap/imap_ref.h"

#include <string>

namespace pf::store {

namespace {

ObjectId object_id(const imap::FetchData& fetch, const imap::Profile& profile) {
  if (profile.object_id_item == "EMAILID" && fetch.email_id) return ObjectId(*fetch.email_id);
  if (profile.object_id_item == "X-GM-MSGID" && fetch.gm_msgid)
    return ObjectId(std::to_string(*fetch.gm_msgid));
  return {};
}

}  // namespace

imap::command::FetchItems fetch_items(ScanFields fields, const imap::Profile& profile) {
  imap::command::FetchItems items;
  items.flags = fields != ScanFields::refs;
  items.internal_date = items.size = fields == ScanFields::basic || fields == ScanFields::keys;
  if (fields == ScanFields::keys) items.header_fields = key_header_fields;
  if (items.size) {
    items.email_id = profile.object_id_item == "EMAILID";
    items.gm_msgid = profile.object_id_item == "X-GM-MSGID";
  }
  return items;
}

void add_to(Told& told, imap::FetchData& fetch, ScanFields fields, const imap::Profile& profile) {
  MessageMeta& meta = told.meta;
  if (fetch.flags) meta.flags = std::move(*fetch.flags);
  if (fetch.internal_date) meta.date = fetch.internal_date;
  if (fetch.rfc822_size) meta.size = *fetch.rfc822_size;
  if (auto id = object_id(fetch, profile); !id.empty()) meta.object_id = std::move(id);
  switch (fields) {
    case ScanFields::refs:
    case ScanFields::flags:
      told.answered = true;
      break;
    case ScanFields::basic:
      told.answered = told.answered || fetch.rfc822_size || fetch.internal_date_text;
      break;
    case ScanFields::keys:
      if (fetch.sections.empty()) break;
      meta.key = key_of_headers(as_bytes(fetch.sections.back().data), meta.size);
      told.answered = true;
      break;
  }
}

imap::UidSet to_uids(const std::vector<MessageRef>& refs) {
  std::vector<imap::UidRange> ranges;
  ranges.reserve(refs.size());
  for (const auto& ref : refs) {
    const imap::Uid uid = to_uid(ref);
    ranges.push_back({uid, uid});
  }
  return imap::UidSet::of(std::move(ranges));
}

}  // namespace pf::store
