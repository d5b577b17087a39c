#include "sync/append_batch.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::sync {

namespace {

std::int64_t seconds(const std::optional<InternalDate>& date) {
  return date ? date->unix_seconds() : 0;
}

state::IntentItem intent_item(const Outgoing& m) {
  return {m.item.ref, m.key, m.size, seconds(m.item.date), m.item.all_flags()};
}

// The last body of a batch: notes when its last octet was taken.  What comes after is the target's commit,
// what went before is the road.  That octet is a piece of its own, because a store asks for a piece when it
// has sent those before.
class LastBody final : public store::MessageSource {
 public:
  explicit LastBody(store::MessageSource& body) : body_(body), left_(body.size()) {}

  [[nodiscard]] std::uint64_t size() const override { return body_.size(); }
  Task<Bytes> next() override {
    if (rest_.empty()) {
      PF_CO_TRY(rest_, co_await body_.next());
    }
    const bool ends = rest_.size() == left_ && left_ > 1;
    const Bytes piece = rest_.first(rest_.size() - (ends ? 1 : 0));
    rest_ = rest_.subspan(piece.size());
    left_ -= std::min<std::uint64_t>(left_, piece.size());
    if (!piece.empty()) taken_ = MonoClock::now();
    co_return piece;
  }
  [[nodiscard]] TimePoint taken() const { return taken_; }

 private:
  store::MessageSource& body_;
  Bytes rest_;
  std::uint64_t left_;
  TimePoint taken_ = MonoClock::now();
};

// A body that is sent no faster than its account bears.
class PacedBody final : public store::MessageSource {
 public:
  PacedBody(store::MessageSource& body, Pace& pace) : body_(body), pace_(pace) {}

  [[nodiscard]] std::uint64_t size() const override { return body_.size(); }
  Task<Bytes> next() override {
    if (rest_.empty()) {
      PF_CO_TRY(rest_, co_await body_.next());
    }
    const Bytes piece = rest_.first(std::min<std::uint64_t>(rest_.size(), pace_.octets_at_once()));
    rest_ = rest_.subspan(piece.size());
    if (!piece.empty()) co_await pace_.pass(0, piece.size());  // who stops is done sooner without a wait
    co_return piece;
  }

 private:
  store::MessageSource& body_;
  Pace& pace_;
  Bytes rest_;
};

bool throttled(const store::AppendOutcome& outcome) {
  return outcome.kind != store::AppendOutcome::Kind::stored && outcome.error &&
         outcome.error->code == Errc::throttled;
}

// The target account as a whole takes nothing more.
bool stops_appends(const Error& error) {
  return error.code == Errc::over_quota && error.scope != Scope::message;
}

}  // namespace

Task<void> BatchAppend::send(std::vector<Outgoing> messages) {
  for (const auto& m : messages) report_lost_flags(m.item.flags.without(job_.rules.kept(m.item.flags)));
  const auto begun = co_await run_.journal.begin(job_.record.id, intent_of(messages));
  if (!begun) {
    put_back(messages);
    co_return begun.error();
  }
  intent_ = *begun;
  auto done = co_await append(Part(messages));
  const std::size_t unanswered = lost_.size();
  lost_.insert(lost_.end(), unacknowledged_.begin(), unacknowledged_.end());
  if (lost_.empty()) {
    PF_CO_TRYV(co_await run_.journal.finish(intent_, std::move(pairs_), std::move(parked_)));
    co_return done;
  }
  // The intent stays open: somebody has to look for these messages.
  job_.unresolved.push_back(unresolved(unanswered));
  if (!pairs_.empty()) PF_CO_TRYV(co_await run_.journal.record(job_.record.id, std::move(pairs_)));
  if (!parked_.empty()) PF_CO_TRYV(co_await run_.journal.park(job_.record.id, std::move(parked_)));
  co_return done;
}

Unresolved BatchAppend::unresolved(std::size_t unanswered) const {
  Unresolved open;
  open.unanswered = unanswered;
  open.intent = intent_of({});
  open.intent.id = intent_;
  for (const Outgoing* m : lost_) {
    open.intent.items.push_back(intent_item(*m));
    open.items.push_back(m->item);
  }
  return open;
}

state::IntentRow BatchAppend::intent_of(const std::vector<Outgoing>& messages) const {
  state::IntentRow intent;
  intent.target_epoch = job_.target_status.epoch;
  intent.target_position = job_.target_status.position;
  intent.wall_seconds = wall_seconds();
  for (const auto& m : messages) intent.items.push_back(intent_item(m));
  return intent;
}

Task<void> BatchAppend::append(Part part) {
  Pace& pace = *run_.target_pace;
  const bool piecewise = part.front().memory == nullptr && pace.limited();
  std::uint64_t octets = 0;
  for (const auto& m : part) octets += m.size;
  const bool go_on = co_await pace.pass(part.size(), piecewise ? 0 : octets);
  if (!go_on) {
    put_back(part);
    co_return Status{};
  }
  std::vector<store::AppendItem> items;
  const std::string epoch = run_.source.epoch_text(job_.source_status.epoch);
  for (auto& m : part) {
    if (m.memory != nullptr) m.memory->rewind();
    items.push_back({job_.rules.kept(m.item.flags), m.item.date, m.body, {}});
    if (epoch.empty()) continue;
    items.back().origin = {epoch, run_.source.ref_text(m.item.ref), job_.mapped.source.id};
  }
  PacedBody paced(*items.back().body, pace);
  if (piecewise) items.back().body = &paced;
  LastBody last(*items.back().body);
  items.back().body = &last;
  auto outcomes = co_await target_.append(items);
  took_ = MonoClock::now() - last.taken();
  if (!outcomes) {
    lose(part);
    co_return outcomes.error();
  }
  auto settled = co_await settle(part, *outcomes);
  co_return settled;
}

Task<void> BatchAppend::settle(Part part, const std::vector<store::AppendOutcome>& outcomes) {
  using Kind = store::AppendOutcome::Kind;
  if (part.size() > 1 &&
      std::ranges::any_of(outcomes, [](const auto& o) { return o.kind == Kind::batch_refused; })) {
    // Somewhere in it is the culprit: halves, until it is alone.
    const auto half = part.size() / 2;
    auto first = co_await append(part.first(half));
    const auto rest = part.subspan(half);
    if (!first && first.error().scope == Scope::connection) {
      lose(rest);
      co_return first;
    }
    if (!first || run_.appends_stopped || run_.stopping()) {
      put_back(rest);
      co_return first;
    }
    auto second = co_await append(rest);
    co_return second;
  }
  std::optional<Error> worst;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (outcomes[i].kind == Kind::stored) {
      stored(part[i], outcomes[i]);
      continue;
    }
    Status handled;
    if (throttled(outcomes[i])) {
      const std::size_t first = i;
      while (i + 1 < part.size() && throttled(outcomes[i + 1])) ++i;
      handled = co_await slowed_down(part.subspan(first, i - first + 1), *outcomes[first].error);
    } else {
      handled = co_await refused(part[i], *outcomes[i].error);
    }
    if (!handled && !worst) worst = handled.error();
  }
  if (worst) co_return *worst;
  co_return Status{};
}

// Nothing is wrong with the messages.  They go again when the target wants to hear of them.
Task<void> BatchAppend::slowed_down(Part part, Error error) {
  const bool at_hand = part.front().memory != nullptr;
  Patience& patience = at_hand ? throttled_ : patience_;
  const bool again = co_await patience.wait(error, run_.target.label());
  if (again && at_hand) {
    auto sent = co_await append(part);
    co_return sent;
  }
  held_back_ = true;
  put_back(part);
  if (!again && !run_.stopping() && !run_.appends_stopped) run_.appends_stopped = error;
  co_return Status{};
}

void BatchAppend::stored(const Outgoing& message, const store::AppendOutcome& outcome) {
  throttled_.progress();
  job_.report.bytes_copied += message.size;
  ++(message.item.restored ? job_.report.restored : job_.report.copied);
  run_.meter.done(job_.report.source, 1, message.size);
  const bool certain = outcome.ref && (!outcome.epoch || *outcome.epoch == job_.target_status.epoch);
  if (!certain) {
    unacknowledged_.push_back(&message);
    return;
  }
  ++job_.at_target.stored;
  state::PairRow row;
  row.source = message.item.ref;
  row.target = *outcome.ref;
  row.key = message.key;
  row.size = message.size;
  row.date_seconds = seconds(message.item.date);
  row.flags = message.item.all_flags();
  row.normalised = row.flags.without(job_.rules.kept(message.item.flags));
  pairs_.push_back(std::move(row));
}

Task<void> BatchAppend::refused(Outgoing& message, Error error) {
  error.at(fmt::format("{}, uid {}", job_.report.source, run_.source.ref_text(message.item.ref)));
  if (stops_appends(error)) {
    if (!run_.appends_stopped) run_.appends_stopped = error;
    job_.requeue(message.item);
    co_return Status{};
  }
  if (error.code == Errc::invalid_flag && !message.item.flags.empty()) {
    // Keywords first, then the rest: each flag that goes is named once.
    FlagSet fewer;
    for (const auto f : {SystemFlag::answered, SystemFlag::flagged, SystemFlag::deleted, SystemFlag::seen,
                         SystemFlag::draft}) {
      if (message.item.flags.has(f)) fewer.add(f);
    }
    if (fewer == message.item.flags) fewer = {};
    const FlagSet refused = message.item.flags.without(fewer);
    report_lost_flags(refused);
    message.item.flags = fewer;
    message.item.refused_flags = message.item.refused_flags.unite(refused);
    auto again = co_await send_again(message);
    co_return again;
  }
  // Nothing is wrong with the message, and the next would hear the same.
  const bool of_all = error.scope == Scope::account && error.retry == Retry::never;
  if (of_all || error.scope == Scope::mailbox || error.scope == Scope::run) {
    job_.requeue(message.item);
    co_return error;
  }
  const bool patient = error.retry != Retry::never && ++message.item.attempts < max_attempts;
  if (patient) {
    const bool again = co_await patience_.wait(error, job_.report.target);
    if (again) {
      auto sent = co_await send_again(message);
      co_return sent;
    }
    if (run_.stopping()) {
      job_.requeue(message.item);
      co_return Status{};
    }
  }
  give_up(message, error, error.retry == Retry::never);
  co_return Status{};
}

Task<void> BatchAppend::send_again(Outgoing& message) {
  if (message.memory == nullptr) {
    // Its octets have passed by: read it again from the source.
    job_.requeue(message.item);
    co_return Status{};
  }
  auto sent = co_await append(Part(&message, 1));
  co_return sent;
}

void BatchAppend::lose(Part part) {
  for (const auto& m : part) lost_.push_back(&m);
}

// They never left: back to where they came from, in their order.
void BatchAppend::put_back(Part part) {
  std::vector<CopyItem> items;
  for (const auto& m : part) items.push_back(m.item);
  job_.requeue(std::move(items), run_.policy.order);
}

void BatchAppend::give_up(const Outgoing& message, const Error& error, bool park) {
  ++job_.report.failed;
  job_.incomplete = true;
  run_.meter.done(job_.report.source, 1, message.size);
  auto failure = failure_of(job_.report.source, run_.source.ref_text(message.item.ref), error);
  failure.set_aside = park;
  run_.fail(std::move(failure));
  if (!park) return;
  state::ParkedRow row;
  row.source = message.item.ref;
  row.reason = name(error.code);
  row.server_text = error.server_text;
  row.size = message.item.size;
  row.limit = run_.target.features().max_message_bytes.value_or(0);
  parked_.push_back(std::move(row));
}

void BatchAppend::report_lost_flags(const FlagSet& lost) {
  const std::string text = lost.to_string();
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = std::min(rest.find(' '), rest.size());
    ++run_.lost_flags[{job_.report.target, std::string(rest.substr(0, end))}];
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

}  // namespace pf::sync
