#include "imap/session/selected_mailbox.h"

#include <algorithm>

namespace pf::imap {

void SelectedMailbox::apply(const Response& response) {
  if (const auto* exists = std::get_if<Exists>(&response)) {
    exists_ = exists->count;
    exists_known_ = true;
  } else if (std::holds_alternative<Expunge>(response)) {
    if (exists_ > 0) --exists_;
    ++gone_;
  } else if (const auto* vanished = std::get_if<Vanished>(&response)) {
    apply_vanished(*vanished);
  } else if (const auto* flags = std::get_if<FlagsData>(&response)) {
    flags_ = flags->flags;
  } else if (const auto* status = std::get_if<StatusResponse>(&response)) {
    if (status->status == StatusKind::ok || status->status == StatusKind::no) apply_code(status->code);
  }
}

void SelectedMailbox::apply(const Tagged& completion) {
  if (completion.status != StatusKind::ok) return;
  selected_ = true;
  apply_code(completion.code);
}

void SelectedMailbox::apply_vanished(const Vanished& vanished) {
  if (vanished.earlier) return;
  note_vanished(vanished.uids);
  // RFC 7162 3.2.10.2: each of them was one message.  A server that says 1:4294967295 cannot take more than
  // there are.
  const auto count = std::min<std::uint64_t>(vanished.uids.count(), exists_);
  exists_ -= static_cast<std::uint32_t>(count);
  gone_ += count;
}

// A server may name one uid at a time and in any order, so the ranges are put together once there are many.
void SelectedMailbox::note_vanished(const UidSet& uids) {
  constexpr std::size_t most = Limits{}.max_vanished_ranges;
  if (!vanished_) return;
  vanished_->insert(vanished_->end(), uids.intervals().begin(), uids.intervals().end());
  if (vanished_->size() <= most) return;
  vanished_ = UidSet::of(std::move(*vanished_)).intervals();
  if (vanished_->size() > most / 2) vanished_.reset();
}

void SelectedMailbox::apply_code(const ResponseCode& code) {
  if (const auto* validity = code.get<UidValidity>()) {
    if (selected_ && uid_validity_ && *uid_validity_ != *validity) lost_ = true;
    uid_validity_ = *validity;
  } else if (const auto* next = code.get<Uid>()) {
    uid_next_ = *next;
  } else if (const auto* modseq = code.get<ModSeq>()) {
    highest_modseq_ = *modseq;
    no_modseq_ = false;
  } else if (const auto* flags = code.get<PermanentFlags>()) {
    rules_ = flags->rules;
  } else if (const auto* id = code.get<MailboxId>()) {
    mailbox_id_ = id->id;
  } else if (code.is(Code::no_modseq)) {
    no_modseq_ = true;
    highest_modseq_.reset();
  } else if (code.is(Code::uid_not_sticky)) {
    uid_not_sticky_ = true;
  } else if (code.is(Code::read_only)) {
    read_only_ = true;
  } else if (code.is(Code::read_write)) {
    read_only_ = false;
  } else if (code.is(Code::closed)) {
    if (selected_) {
      lost_ = true;
    } else {
      *this = SelectedMailbox{std::move(name_), examine_};
    }
  }
}

}  // namespace pf::imap
