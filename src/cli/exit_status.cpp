#include "cli/exit_status.h"

#include <set>

namespace pf::cli {
namespace {

constexpr int signal_base = 128;
constexpr int interrupt = 2;  // SIGINT: what a stop without a signal of ours looks like to a shell

int number(Exit status) {
  return static_cast<int>(status);
}

int interrupted(int stop_signal) {
  return signal_base + (stop_signal > 0 ? stop_signal : interrupt);
}

// What keeps a run from starting, seen from the network.
bool is_about_the_server(Errc code) {
  switch (code) {
    case Errc::resolve:
    case Errc::refused:
    case Errc::disconnected:
    case Errc::timeout:
    case Errc::tls:
    case Errc::certificate:
    case Errc::cleartext:
    case Errc::auth_failed:
    case Errc::auth_no_mech:
    case Errc::protocol:
    case Errc::limit:
    case Errc::rejected:
    case Errc::permission:
    case Errc::over_quota:
    case Errc::throttled:
    case Errc::unavailable:
    case Errc::too_many_connections:
    case Errc::unsupported:
      return true;
    default:
      return false;
  }
}

// What no server causes: a bug, a full disk, a damaged database.
bool is_ours(Errc code) {
  return code == Errc::unexpected || code == Errc::io || code == Errc::state;
}

}  // namespace

int exit_status(const Error& error, int stop_signal) {
  if (error.code == Errc::usage) return number(Exit::usage);
  if (error.code == Errc::cancelled) return interrupted(stop_signal);
  if (error.code == Errc::locked) return number(Exit::locked);
  if (is_about_the_server(error.code)) return number(Exit::no_login);
  return error.code == Errc::guard ? number(Exit::guard) : number(Exit::unexpected);
}

int exit_status(const sync::Summary& summary, int stop_signal) {
  using sync::Outcome;
  const auto* fatal = summary.fatal ? &*summary.fatal : nullptr;
  if (fatal != nullptr && fatal->code == Errc::usage) return number(Exit::usage);
  if (stop_signal > 0 && (summary.outcome == Outcome::interrupted || fatal != nullptr))
    return interrupted(stop_signal);
  if (fatal != nullptr && summary.nothing_done) return exit_status(*fatal, stop_signal);
  if (fatal != nullptr && fatal->code == Errc::locked) return number(Exit::locked);
  if (fatal != nullptr && is_ours(fatal->code)) return number(Exit::unexpected);
  const bool guarded = summary.outcome == Outcome::refused || summary.withheld > 0;
  if (guarded || (fatal != nullptr && fatal->code == Errc::guard)) return number(Exit::guard);
  // A run that ended before its end (a time limit, a connection lost for good) has mailboxes it did not
  // finish.
  const bool ended_early =
      fatal != nullptr || summary.outcome == Outcome::failed || summary.outcome == Outcome::interrupted;
  const bool refused_some = summary.failed > 0 || !summary.failures.empty();
  const bool partly = summary.outcome == Outcome::partial && !summary.verify_differs;
  if (ended_early || refused_some || partly) return number(Exit::some_failed);
  return number(summary.verify_differs ? Exit::differs : Exit::ok);
}

namespace {

int of_account(const fleet::AccountResult& account) {
  const int status = exit_status(account.summary, 0);
  if (account.phase == fleet::Phase::not_done) return number(Exit::some_failed);
  return account.phase == fleet::Phase::failed && status == 0 ? number(Exit::some_failed) : status;
}

}  // namespace

int exit_status(const fleet::Summary& summary, bool check, int stop_signal) {
  if (summary.interrupted && stop_signal > 0) return interrupted(stop_signal);
  if (summary.fatal) return exit_status(*summary.fatal, stop_signal);
  if (check) return number(summary.totals.failed + summary.totals.not_done > 0 ? Exit::no_login : Exit::ok);
  if (summary.stopped_early) return number(Exit::unexpected);
  std::set<int> all;
  for (const auto& account : summary.accounts)
    if (account.phase != fleet::Phase::skipped) all.insert(of_account(account));
  if (all.empty()) return number(Exit::ok);
  if (all.size() == 1) return *all.begin();
  if (all.contains(number(Exit::guard))) return number(Exit::guard);
  all.erase(number(Exit::ok));
  return all == std::set{number(Exit::differs)} ? number(Exit::differs) : number(Exit::some_failed);
}

}  // namespace pf::cli
