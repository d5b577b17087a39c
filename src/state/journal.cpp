#include "state/journal.h"

namespace pf::state {

namespace {

Error not_kept() {
  return {Errc::unsupported, Scope::run, Retry::never, "this journal does not keep that"};
}

}  // namespace

Task<std::uint64_t> Journal::pair_count(MailboxId /*mailbox*/) {
  co_return not_kept();
}
Task<std::vector<PairRow>> Journal::pairs_of(MailboxId /*mailbox*/, Side /*side*/,
                                             std::vector<MessageRef> /*refs*/) {
  co_return not_kept();
}
Task<std::vector<PairRow>> Journal::pairs_within(MailboxId /*mailbox*/, Side /*side*/, MessageRef /*first*/,
                                                 MessageRef /*last*/) {
  co_return not_kept();
}
Task<void> Journal::rename(MailboxId /*mailbox*/, const std::string& /*source_name*/,
                           const std::string& /*target_name*/) {
  co_return not_kept();
}
Task<void> Journal::drop(MailboxId /*mailbox*/) {
  co_return not_kept();
}
Task<RunId> Journal::begin_run(std::string /*mode*/) {
  co_return not_kept();
}
Task<void> Journal::plan_removals(RunId /*run*/, std::vector<RemovalRow> /*rows*/) {
  co_return not_kept();
}
Task<std::vector<RemovalRow>> Journal::removals(RunId /*run*/) {
  co_return not_kept();
}
Task<std::vector<RunRow>> Journal::runs() {
  co_return not_kept();
}
Task<std::string> Journal::fact(const std::string& /*name*/) {
  co_return not_kept();
}
Task<void> Journal::set_fact(const std::string& /*name*/, const std::string& /*value*/) {
  co_return not_kept();
}

}  // namespace pf::state
