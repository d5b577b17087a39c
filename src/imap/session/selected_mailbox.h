// What is known about the mailbox that is selected: fed with every response from the moment SELECT or EXAMINE
// is sent. RFC 3501 6.3.1, 7.1, 7.3, 7.4; RFC 7162 3.1.2, 3.2.
#pragma once

#include "imap/grammar/response.h"
#include "imap/types.h"
#include "mail/flag.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pf::imap {

class SelectedMailbox {
 public:
  // `examine`: read-only by our own wish.
  SelectedMailbox(std::string name, bool examine) : name_(std::move(name)), examine_(examine) {}

  // Untagged data, of the command or unsolicited.  What does not concern a selected mailbox is ignored; what
  // came before a [CLOSED] belonged to the mailbox selected before and is forgotten (RFC 7162 3.2.11).
  void apply(const Response& response);
  // The tagged OK of SELECT or EXAMINE ([READ-ONLY], [READ-WRITE]).
  void apply(const Tagged& completion);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool exists_known() const { return exists_known_; }
  [[nodiscard]] std::uint32_t exists() const { return exists_; }
  [[nodiscard]] std::optional<UidValidity> uid_validity() const { return uid_validity_; }
  [[nodiscard]] std::optional<Uid> uid_next() const { return uid_next_; }
  // Absent: none told, [NOMODSEQ], or 0.
  [[nodiscard]] std::optional<ModSeq> highest_modseq() const { return highest_modseq_; }
  [[nodiscard]] bool no_modseq() const { return no_modseq_; }
  [[nodiscard]] bool uids_sticky() const { return !uid_not_sticky_; }
  [[nodiscard]] bool read_only() const { return examine_ || read_only_; }
  [[nodiscard]] const FlagSet& flags() const {
    return flags_;
  }  // FLAGS: applicable, not all of them permanent
  // PERMANENTFLAGS; `known` is false when the server sent none.
  [[nodiscard]] const FlagRules& flag_rules() const { return rules_; }
  [[nodiscard]] const std::string& mailbox_id() const { return mailbox_id_; }  // RFC 8474; empty: unknown
  // UIDVALIDITY changed under our feet, or the server said [CLOSED] for this mailbox after the SELECT had
  // ended.
  [[nodiscard]] bool lost() const { return lost_; }

  // Messages gone since the mailbox was selected (EXPUNGE and VANISHED, not VANISHED (EARLIER)).
  [[nodiscard]] std::uint64_t gone() const { return gone_; }
  // What VANISHED named since the mailbox was selected, in any order; VANISHED (EARLIER) belongs to the
  // command that asked for it.  Nothing when it was more than anybody should keep.
  [[nodiscard]] const std::optional<std::vector<UidRange>>& vanished() const { return vanished_; }

 private:
  void apply_code(const ResponseCode& code);
  void apply_vanished(const Vanished& vanished);
  void note_vanished(const UidSet& uids);

  std::string name_;
  bool examine_;
  bool exists_known_ = false;
  std::uint32_t exists_ = 0;
  std::optional<UidValidity> uid_validity_;
  std::optional<Uid> uid_next_;
  std::optional<ModSeq> highest_modseq_;
  bool no_modseq_ = false;
  bool uid_not_sticky_ = false;
  bool read_only_ = false;
  bool selected_ = false;  // the tagged OK came
  bool lost_ = false;
  FlagSet flags_;
  FlagRules rules_;
  std::string mailbox_id_;
  std::uint64_t gone_ = 0;
  std::optional<std::vector<UidRange>> vanished_{std::in_place};
};

}  // namespace pf::imap
