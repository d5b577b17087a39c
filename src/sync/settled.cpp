#include "sync/settled.h"

#include "async/group.h"
#include "sync/patience.h"
#include "sync/recount.h"

#include <fmt/format.h>

#include <charconv>

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

std::string encode_settled(const store::MailboxStatus& status) {
  if (status.epoch.empty() || status.position.empty()) return {};
  std::string out = fmt::format("{}:", status.count);
  for (std::string_view field : {status.epoch.bytes(), status.position.bytes(), status.checkpoint.bytes()}) {
    out += fmt::format("{}:", field.size());
    out += field;
  }
  return out;
}

namespace {

// "12:" from the front of `text`.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end == text.data() + text.size() || *end != ':') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return number;
}

std::optional<std::string> take_field(std::string_view& text) {
  const auto size = take_number(text);
  if (!size || *size > text.size()) return std::nullopt;
  std::string field(text.substr(0, *size));
  text.remove_prefix(*size);
  return field;
}

}  // namespace

std::optional<store::MailboxStatus> decode_settled(std::string_view text) {
  const auto count = take_number(text);
  if (!count) return std::nullopt;
  auto epoch = take_field(text);
  auto position = epoch ? take_field(text) : std::nullopt;
  auto checkpoint = position ? take_field(text) : std::nullopt;
  if (!checkpoint || !text.empty()) return std::nullopt;
  return store::MailboxStatus{Epoch(*std::move(epoch)), Position(*std::move(position)), *count,
                              Checkpoint(*std::move(checkpoint))};
}

bool same_messages(const store::MailboxStatus& a, const store::MailboxStatus& b) {
  return a.epoch == b.epoch && a.position == b.position && a.count == b.count;
}

bool same_messages_and_flags(const store::MailboxStatus& a, const store::MailboxStatus& b) {
  return same_messages(a, b) && !a.checkpoint.empty() && a.checkpoint == b.checkpoint;
}

namespace {

Task<bool> is_settled(Board& board, const MailboxJob& job) {
  const auto& source = job.mapped.source.status;
  const auto& target = job.mapped.target.status;
  if (!source || !target) co_return false;
  const auto then_source = decode_settled(job.record.source_settled);
  const auto then_target = decode_settled(job.record.target_settled);
  if (!then_source || !then_target) co_return false;
  const Policy& policy = board.run.policy;
  const bool source_still = policy.sync_flags ? same_messages_and_flags(*source, *then_source)
                                              : same_messages(*source, *then_source);
  const bool both_ways = policy.mode == Mode::two_way && policy.sync_flags;
  const bool target_still =
      both_ways ? same_messages_and_flags(*target, *then_target) : same_messages(*target, *then_target);
  if (!source_still || !target_still) co_return false;
  if (policy.mode == Mode::copy) co_return true;
  // A copy settles what a mode that removes would not.
  PF_CO_TRY(const std::uint64_t pairs, co_await board.run.journal.pair_count(job.record.id));
  const bool no_extra = policy.mode == Mode::mirror && !policy.removal.extra;
  co_return pairs == source->count && (no_extra || pairs == target->count);
}

}  // namespace

Task<void> leave_settled(Board& board) {
  PF_CO_TRYV(co_await know_status(board, board.run.source, &MappedMailbox::source));
  PF_CO_TRYV(co_await know_status(board, board.run.target, &MappedMailbox::target));
  for (auto& job : board.jobs) {
    const auto& source = job.mapped.source.status;
    const auto& target = job.mapped.target.status;
    if (source) job.report.source_messages = source->count;
    if (!source || !target || job.phase == MailboxJob::Phase::done || board.run.policy.retry_failed) continue;
    PF_CO_TRY(job.record, co_await board.run.recall(job.mapped.source.id, job.mapped.target.id));
    PF_CO_TRY(const bool settled, co_await is_settled(board, job));
    if (!settled) continue;
    job.report.settled = true;
    job.report.matched = source->count;
    job.source_status = *source;
    job.target_status = *target;
    board.finish(job);
  }
  co_return Status{};
}

namespace {

// What is remembered of one side: as it was told after the run, but with the checkpoint of before, so that
// changes others made meanwhile are seen.  Empty when our own doings do not explain the number of messages.
std::string explained(const store::MailboxStatus& before, const store::MailboxStatus& told,
                      const MailboxJob::Doings& ours, const Epoch& epoch, bool flags) {
  if (told.epoch != epoch || told.count + ours.removed != before.count + ours.stored) return {};
  store::MailboxStatus out = told;
  out.checkpoint = flags ? before.checkpoint : Checkpoint{};
  return encode_settled(out);
}

Task<void> ask_status(store::Store& store, const std::vector<store::MailboxInfo>& mailboxes,
                      std::vector<Result<store::MailboxStatus>>& out) {
  if (mailboxes.empty()) co_return Status{};
  PF_CO_TRY(out, co_await store.status(mailboxes));
  co_return Status{};
}

// The last questions of a run, and the goodbye behind them.
asio::awaitable<bool> ask_last(RunContext& run, const std::vector<store::MailboxInfo>& sources,
                               std::vector<Result<store::MailboxStatus>>& at_source,
                               const std::vector<store::MailboxInfo>& targets,
                               std::vector<Result<store::MailboxStatus>>& at_target) {
  TaskGroup asking;
  co_await asking.spawn(ask_status(run.source, sources, at_source));
  co_await asking.spawn(ask_status(run.target, targets, at_target));
  co_await run.source.farewell();
  co_await run.target.farewell();
  const auto told = co_await asking.join();
  co_return told.ok();
}

}  // namespace

Task<void> remember_settled(Board& board) {
  std::vector<store::MailboxInfo> sources, targets;
  std::vector<MailboxJob*> who;
  const bool everything = board.run.policy.messages.everything();
  for (auto& job : board.jobs) {
    const bool through =
        job.phase == MailboxJob::Phase::done && !job.report.settled && !job.mapped.shares_target;
    const bool settles = everything && !job.incomplete;
    if (!through || (!settles && job.at_target.stored == 0)) continue;
    sources.push_back(job.mapped.source);
    targets.push_back(job.mapped.target);
    who.push_back(&job);
  }
  if (targets.empty() || board.run.stopping()) co_return Status{};
  const bool both_ways = board.run.policy.mode == Mode::two_way;
  if (!both_ways) sources.clear();
  std::vector<Result<store::MailboxStatus>> at_source, at_target;
  const bool told = co_await ask_last(board.run, sources, at_source, targets, at_target);
  if (!told) co_return Status{};  // all is done; the next run has to look, that is all
  const bool flags = board.run.policy.sync_flags;
  for (std::size_t i = 0; i < who.size(); ++i) {
    MailboxJob& job = *who[i];
    if (!at_target[i] || (both_ways && !at_source[i])) continue;
    PF_CO_TRYV(co_await recount_target(board.run, job, *at_target[i]));
    if (!everything || job.incomplete) continue;
    std::string target =
        explained(job.target_status, *at_target[i], job.at_target, job.record.target_epoch, flags);
    store::MailboxStatus as_seen = job.source_status;
    if (!flags) as_seen.checkpoint = {};
    std::string source =
        both_ways ? explained(job.source_status, *at_source[i], job.at_source, job.record.source_epoch, flags)
                  : encode_settled(as_seen);
    if (source.empty() || target.empty()) continue;
    // More pairs than messages: some pair is not true.
    PF_CO_TRY(const std::uint64_t pairs, co_await board.run.journal.pair_count(job.record.id));
    if (pairs > at_target[i]->count) continue;
    PF_CO_TRYV(co_await board.run.journal.set_settled(job.record.id, source, target));
  }
  auto flushed = co_await board.run.journal.flush();
  co_return flushed;
}

}  // namespace pf::sync
