#include "sync/pace.h"

#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace pf::sync {

namespace {

constexpr double part_kept = 0.5;       // of the rate, at a complaint
constexpr double part_regained = 0.01;  // of what was left, each second without one
constexpr Rates slowest{0.1, 1024};     // a server that wants less than this had better say when
constexpr Duration window = std::chrono::seconds(5);
constexpr Duration shortest_window = std::chrono::seconds(1);
// Commands that were on their way at a complaint are answered within that.
constexpr Duration echo = std::chrono::seconds(2);
// Time in which nothing passed proves nothing beyond this.
constexpr Duration most_earned = std::chrono::seconds(10);
constexpr std::int64_t remembered_seconds = std::int64_t{24} * 60 * 60;
constexpr double fastest = 1e9;

double lower(double a, double b) {
  if (a == 0 || b == 0) return std::max(a, b);
  return std::min(a, b);
}

double halved(double borne, double measured, double least) {
  const double base = lower(borne, measured);
  return base == 0 ? 0 : std::max(least, base * part_kept);
}

std::uint64_t whole(double rate) {
  return static_cast<std::uint64_t>(std::clamp(rate, 0.0, fastest));
}

// From the front of `text`, up to a blank or the end.
template <class T>
std::optional<T> take_number(std::string_view& text) {
  T number{};
  const char* const end_of_text = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || (end != end_of_text && *end != ' ')) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.empty()) text.remove_prefix(1);
  return number;
}

bool sane(double rate) {
  return std::isfinite(rate) && rate >= 0 && rate <= fastest;
}

}  // namespace

std::string encode_pace(const Rates& rates, std::int64_t wall_seconds) {
  return fmt::format("{} {:.3f} {:.0f}", wall_seconds, std::min(rates.messages, fastest),
                     std::min(rates.octets, fastest));
}

std::optional<Rates> decode_pace(std::string_view text, std::int64_t wall_seconds) {
  const auto when = take_number<std::int64_t>(text);
  const auto messages = when ? take_number<double>(text) : std::nullopt;
  const auto octets = messages ? take_number<double>(text) : std::nullopt;
  if (!octets || !text.empty() || !sane(*messages) || !sane(*octets)) return std::nullopt;
  // A clock that was set back does not make it younger than it is.
  if (*when < 0 || *when > wall_seconds || wall_seconds - *when > remembered_seconds) return std::nullopt;
  return Rates{*messages, *octets};
}

Pace::Pace(std::string who, Rates most, Stopping stopping, Say say)
    : who_(std::move(who)),
      most_(most),
      stopping_(std::move(stopping)),
      say_(std::move(say)),
      limited_(most != Rates{}),
      messages_(0, MonoClock::now()),
      octets_(0, MonoClock::now()) {
  seen_.since = MonoClock::now();
  before_ = seen_;
  set_buckets(seen_.since);
}

Rates Pace::effective() const {
  return {lower(most_.messages, borne_.messages), lower(most_.octets, borne_.octets)};
}

void Pace::set_buckets(TimePoint now) {
  const Rates rates = effective();
  messages_.set_rate(whole(rates.messages * 1000), now);
  octets_.set_rate(whole(rates.octets), now);
}

std::uint64_t Pace::messages_at_once() const {
  const double rate = effective().messages;
  return rate == 0 ? UINT64_MAX : std::max<std::uint64_t>(1, whole(rate));
}

std::uint64_t Pace::octets_at_once() const {
  const double rate = effective().octets;
  return rate == 0 ? UINT64_MAX : std::max<std::uint64_t>(1, whole(rate));
}

// ---- passing

asio::awaitable<bool> Pace::pass(std::uint64_t messages, std::uint64_t octets) {
  if (limited_) {
    const auto turn = co_await turn_.lock();
    const bool messages_paid = co_await pay(messages_, messages * 1000);
    if (!messages_paid) co_return false;
    const bool octets_paid = co_await pay(octets_, octets);
    if (!octets_paid) co_return false;
  }
  note(messages, octets, MonoClock::now());
  co_return true;
}

asio::awaitable<bool> Pace::ready() {
  if (!limited_) co_return true;
  const bool go_on = co_await wait(Duration::zero());
  co_return go_on;
}

asio::awaitable<bool> Pace::pay(TokenBucket& bucket, std::uint64_t tokens) {
  for (;;) {
    const bool go_on = co_await wait(Duration::zero());
    if (!go_on) co_return false;
    const TimePoint now = MonoClock::now();
    grow(now);
    const Duration missing = bucket.take(tokens, now);
    if (missing == Duration::zero()) co_return true;
    const bool waited = co_await wait(missing);
    if (!waited) co_return false;
  }
}

// At least so long, and until the server may be asked again.  In slices, so that Ctrl-C is felt.
asio::awaitable<bool> Pace::wait(Duration time) const {
  constexpr Duration slice = std::chrono::milliseconds(100);
  const TimePoint until = MonoClock::now() + time;
  for (;;) {
    if (stopping_()) co_return false;
    const TimePoint now = MonoClock::now();
    const TimePoint end = std::max(until, resume_);
    if (now >= end) co_return true;
    co_await sleep_until(std::min(end, now + slice));
  }
}

// ---- what the server bears

void Pace::note(std::uint64_t messages, std::uint64_t octets, TimePoint now) {
  if (now - seen_.since >= window) {
    before_ = now - seen_.since >= 2 * window ? Seen{now, 0, 0} : seen_;  // what was long ago tells nothing
    seen_ = {now, 0, 0};
  }
  seen_.messages += static_cast<double>(messages);
  seen_.octets += static_cast<double>(octets);
}

// Zero: too little is known.
Rates Pace::measured(TimePoint now) const {
  const Duration length = now - before_.since;
  if (engaged() && length < shortest_window) return {};
  const double seconds = to_seconds(std::max(length, shortest_window));
  const bool two = before_.since != seen_.since;
  return {(seen_.messages + (two ? before_.messages : 0)) / seconds,
          (seen_.octets + (two ? before_.octets : 0)) / seconds};
}

void Pace::halve(TimePoint now) {
  const Rates rates = measured(now);
  const Rates allowed = effective();
  borne_ = {halved(allowed.messages, rates.messages, slowest.messages),
            halved(allowed.octets, rates.octets, slowest.octets)};
  step_ = {borne_.messages * part_regained, borne_.octets * part_regained};
  seen_ = {std::max(now, resume_), 0, 0};
  before_ = seen_;
  grown_ = seen_.since;
  set_buckets(now);
}

void Pace::grow(TimePoint now) {
  if (!engaged() || now <= grown_) return;
  const double seconds = to_seconds(std::min(now - grown_, most_earned));
  grown_ = now;
  borne_.messages = std::min(fastest, borne_.messages + step_.messages * seconds);
  borne_.octets = std::min(fastest, borne_.octets + step_.octets * seconds);
  set_buckets(now);
}

void Pace::complained(const Error& error) {
  const TimePoint now = MonoClock::now();
  limited_ = true;
  const TimePoint earlier = resume_;
  if (error.retry_after) resume_ = std::max<TimePoint>(resume_, now + *error.retry_after);
  const bool again = now < deaf_until_;
  if (!again) {
    halve(now);
  } else if (resume_ > earlier) {
    grown_ = seen_.since = before_.since = std::max(seen_.since, resume_);
  }
  if (!again || resume_ > earlier) deaf_until_ = std::max(now, resume_) + echo;
  if (!again && say_) say_(in_words(error, now));
}

void Pace::begin_with(Rates rates) {
  if (rates == Rates{}) return;
  limited_ = true;
  borne_ = rates;
  step_ = {borne_.messages * part_regained, borne_.octets * part_regained};
  grown_ = MonoClock::now();
  set_buckets(grown_);
}

std::optional<Rates> Pace::found() const {
  if (!engaged()) return std::nullopt;
  return borne_;
}

std::string Pace::in_words(const Error& error, TimePoint now) const {
  std::string text = fmt::format("{}: the server asks to slow down", who_);
  if (!error.server_text.empty()) text += fmt::format(" (\"{}\")", printable(error.server_text));
  if (resume_ > now) text += fmt::format("; waiting {:.1f} s as it wants", to_seconds(resume_ - now));
  const Rates rates = effective();
  std::string most;
  if (rates.messages != 0) most = fmt::format("{:.1f} messages", rates.messages);
  if (rates.octets != 0) most += fmt::format("{}{:.1f} kB", most.empty() ? "" : " and ", rates.octets / 1000);
  if (!most.empty()) text += fmt::format("; then at most {} a second", most);
  return text;
}

}  // namespace pf::sync
