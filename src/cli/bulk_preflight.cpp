// `postferry bulk preflight`: every account is logged in to at both ends and measured, each server is looked
// at closely once.
#include "cli/bulk_run.h"
#include "cli/exit_status.h"
#include "cli/render/summary_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace pf::cli {
namespace {

std::string server_of(const config::BulkEnd& end) {
  return fmt::format("{}:{}", end.account.host, end.account.port);
}

bool was_let_in(const fleet::AccountResult& result) {
  return result.phase == fleet::Phase::done;
}

}  // namespace

BulkRun::Stopped BulkRun::examine() {
  log_.info("Running preflight ...");
  const BulkLabel label{.name = "preflight", .terse = true};
  const auto looked = work(label, policy(fleet::Work::measure), [&](auto i) {
    const auto& account = setup_.config.accounts[i];
    return pair(i, account.source, setup_.config.two_servers ? account.target : archive(i));
  });
  if (looked.summary.interrupted || looked.summary.fatal) return judge(label, looked);
  examine_accounts(looked);
  examine_disk(looked);
  if (const auto stopped = examine_servers(looked)) return stopped;
  if (issues_.empty()) {
    log_.info("Preflight passed");
    return std::nullopt;
  }
  log_.error(fmt::format("Preflight found {} issue(s):", issues_.size()));
  for (const auto& text : issues_) log_.error(fmt::format("[preflight] {}", text));
  return static_cast<int>(Exit::differs);
}

void BulkRun::issue(std::string text) {
  issues_.push_back(std::move(text));
}

void BulkRun::examine_accounts(const Worked& looked) {
  for (const auto& result : looked.summary.accounts) {
    const auto& email = setup_.config.accounts[looked.accounts[result.pair]].email;
    const auto& found = result.summary;
    if (found.fatal) issue(fmt::format("{}: {}", email, found.fatal->describe()));
    for (const auto& failure : found.failures) issue(fmt::format("{}: {}", email, failure_text(failure)));
    if (found.fatal) continue;
    log_.info(fmt::format("[preflight] {}: estimated_source_bytes={} mailboxes={} messages={}", email,
                          found.source_bytes, found.mailboxes, found.source_messages));
    if (setup_.config.two_servers) examine_room(email, found);
  }
  if (rooms_not_known_ > 0)
    log_.warning(fmt::format(
        "[preflight] target.available_bytes not configured, and the server tells no quota: whether "
        "the mail of {} account(s) fits is not known",
        rooms_not_known_));
}

// `available_bytes` is what each target account takes, and the quota what the server says of it.
void BulkRun::examine_room(const std::string& email, const sync::Summary& found) {
  const auto& configured = setup_.config.target_available_bytes;
  const auto& told = found.target_room;
  if (!configured && !told) ++rooms_not_known_;
  if (configured && found.source_bytes > *configured)
    issue(fmt::format("{}: estimated source bytes {} exceed target.available_bytes {}", email,
                      found.source_bytes, *configured));
  if (!told || found.source_bytes <= *told) return;
  const auto text = fmt::format("{}: estimated source bytes {} exceed the {} that the target's quota leaves",
                                email, found.source_bytes, *told);
  // What is there already is not sent again.
  const bool full = *told == 0 && found.source_messages > found.target_messages;
  if (found.target_messages == 0 || full)
    issue(text);
  else
    log_.warning(fmt::format("[preflight] {}: it fits only if much of it is there already", text));
}

// Of the archives that are still to be made; what others lack is not known.
void BulkRun::examine_disk(const Worked& looked) {
  std::uint64_t needed = 0;
  std::error_code error;
  for (const auto& result : looked.summary.accounts) {
    if (!std::filesystem::exists(setup_.archives[looked.accounts[result.pair]], error))
      needed += result.summary.source_bytes;
  }
  const auto free = free_space(setup_.root);
  if (!free) return issue(free.error().describe());
  const auto text = fmt::format("archives to be made need {} bytes, {} are free at {}", needed, *free,
                                setup_.root.string());
  log_.info(fmt::format("[preflight] {}", text));
  if (static_cast<double>(needed) + command_.min_free_gib * bytes_a_gib > static_cast<double>(*free))
    issue(fmt::format("Insufficient free disk space: {}, of which {:.2f} GiB must stay free", text,
                      command_.min_free_gib));
}

// By an account that the server lets in, where there is one.
BulkRun::Stopped BulkRun::examine_servers(const Worked& looked) {
  std::set<std::string> seen;
  for (const bool let_in : {true, false}) {
    for (const auto& result : looked.summary.accounts) {
      if (was_let_in(result) != let_in) continue;
      const auto& account = setup_.config.accounts[looked.accounts[result.pair]];
      for (const auto* end : {&account.source, &account.target}) {
        if (seen.insert(server_of(*end)).second) examine_server(*end);
        if (world_.stop->load() != 0) {
          log_.warning("Stopped on request");
          return exit_status(Error(Errc::cancelled, Scope::run, Retry::never, "stopped"),
                             world_.stop_signal());
        }
      }
    }
  }
  return std::nullopt;
}

void BulkRun::examine_server(const config::BulkEnd& end) {
  const auto server = server_of(end);
  auto password =
      end.password.empty() ? world_.engine.read_password(end.account) : Result<Secret>(end.password);
  if (!password) return issue(fmt::format("{}: {}", server, password.error().describe()));
  bool told = false;
  const auto report = [&](const app::Finding& finding) {
    const auto text = fmt::format("{}: {}: {}{}{}", server, finding.topic, finding.text,
                                  finding.remedy.empty() ? "" : ": ", finding.remedy);
    const auto line = fmt::format("[preflight] {}", text);
    if (finding.level == app::Finding::Level::failure) {
      told = true;
      issue(text);
    } else if (finding.level == app::Finding::Level::warning) {
      log_.warning(line);
    } else {
      log_.info(line);
    }
  };
  const app::Endpoint endpoint{end.account, *std::move(password)};
  const auto done = world_.engine.run_doctor(endpoint, environment_, report, *world_.stop);
  if (!done && !told) issue(fmt::format("{}: {}", server, done.error().describe()));
}

}  // namespace pf::cli
