// Which mailbox of the source belongs to which of the target, and what it will be called there.  Pure.
#pragma once

#include "store/store.h"
#include "sync/policy.h"

#include <initializer_list>
#include <string>
#include <vector>

namespace pf::sync {

struct MappedMailbox {
  store::MailboxInfo source;
  store::MailboxInfo target;  // id and path are set; the rest only when it exists
  bool exists = false;        // at the target
  bool altered = false;       // the target cannot hold the name; `target.path` is the safe one
  // Another source mailbox earlier in the list goes to the same target mailbox.
  bool shares_target = false;
};

struct Mapping {
  std::vector<MappedMailbox> mailboxes;  // INBOX first, then by path
  std::vector<std::string> warnings;     // names made safe, mailboxes merged
};

// Errors: usage, when two explicit --map targets collide or a --map source does not exist.
Result<Mapping> map_mailboxes(const std::vector<store::MailboxInfo>& source,
                              const std::vector<store::MailboxInfo>& target, const NameRules& target_rules,
                              const MailboxChoice& choice);

// A sentence for each --mailbox that takes none of the mailboxes there are: it may be misspelt.
std::vector<std::string> without_match(const MailboxChoice& choice,
                                       std::initializer_list<const std::vector<store::MailboxInfo>*> lists);

// True when `choice` takes the mailbox of this path.
bool chosen(const MailboxChoice& choice, const MailboxPath& path);

}  // namespace pf::sync
