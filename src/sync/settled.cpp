#include "sync/settled.h"

#include "sync/patience.h"

#include <fmt/format.h>

namespace pf::sync {

namespace {

Task<void> know_status(Board& board, store::Store& store, store::MailboxInfo MappedMailbox::* side) {
  std::vector<store::MailboxInfo> ask;
  std::vector<MailboxJob*> who;
  for (auto& job : board.jobs) {
    if ((job.mapped.*side).status || job.phase == MailboxJob::Phase::done || job.creating ||
        job.report.created)
      continue;
    ask.push_back(job.mapped.*side);
    who.push_back(&job);
  }
  if (ask.empty()) co_return Status{};
  auto attempt = [&store, &ask] { return store.status(ask); };
  PF_CO_TRY(auto told, co_await patiently(board.run, store.label(), attempt));
  for (std::size_t i = 0; i < told.size(); ++i) {
    if (told[i]) (who[i]->mapped.*side).status = *told[i];
  }
  co_return Status{};
}

}  // namespace

std::string encode_settled(const store::MailboxStatus& status, bool flags_matter) {
  if (status.epoch.empty() || status.position.empty()) return {};
  if (flags_matter && status.checkpoint.empty()) return {};
  std::string out = fmt::format("{}:", status.count);
  const std::string_view fields[] = {status.epoch.bytes(), status.position.bytes(),
                                     flags_matter ? status.checkpoint.bytes() : std::string_view{}};
  for (std::string_view field : fields) {
    out += fmt::format("{}:", field.size());
    out += field;
  }
  return out;
}

Task<void> leave_settled(Board& board) {
  PF_CO_TRYV(co_await know_status(board, board.run.source, &MappedMailbox::source));
  PF_CO_TRYV(co_await know_status(board, board.run.target, &MappedMailbox::target));
  for (auto& job : board.jobs) {
    const auto& source = job.mapped.source.status;
    const auto& target = job.mapped.target.status;
    if (source) job.report.source_messages = source->count;
    if (!source || !target || job.phase == MailboxJob::Phase::done || board.run.policy.retry_failed) continue;
    PF_CO_TRY(job.record, co_await board.run.journal.mailbox(job.mapped.source.id, job.mapped.target.id));
    if (job.record.source_settled.empty() || job.record.target_settled.empty()) continue;
    if (encode_settled(*source, board.run.policy.sync_flags) != job.record.source_settled) continue;
    if (encode_settled(*target, false) != job.record.target_settled) continue;
    job.report.settled = true;
    job.report.matched = source->count;
    board.finish(job);
  }
  co_return Status{};
}

Task<void> remember_settled(Board& board) {
  std::vector<store::MailboxInfo> ask;
  std::vector<MailboxJob*> who;
  for (auto& job : board.jobs) {
    const bool through = job.phase == MailboxJob::Phase::done && !job.incomplete && !job.report.settled &&
                         !job.mapped.shares_target;
    if (!through || !board.run.policy.messages.everything()) continue;
    ask.push_back(job.mapped.target);
    who.push_back(&job);
  }
  if (ask.empty() || board.run.stopping()) co_return Status{};
  const auto answer = co_await board.run.target.status(ask);
  if (!answer) co_return Status{};  // all is done; the next run has to look, that is all
  const auto& told = *answer;
  for (std::size_t i = 0; i < told.size(); ++i) {
    if (!told[i]) continue;
    MailboxJob& job = *who[i];
    if (told[i]->epoch != job.record.target_epoch || told[i]->count != job.target_status.count + job.stored)
      continue;
    PF_CO_TRYV(co_await board.run.journal.set_settled(
        job.record.id, encode_settled(job.source_status, board.run.policy.sync_flags),
        encode_settled(*told[i], false)));
  }
  auto flushed = co_await board.run.journal.flush();
  co_return flushed;
}

}  // namespace pf::sync
