#include "cli/bulk_run.h"

#include "base/os/file.h"
#include "cli/exit_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <thread>

namespace pf::cli {
namespace {

constexpr int status_usage = static_cast<int>(Exit::usage);
constexpr int status_failed = static_cast<int>(Exit::unexpected);
constexpr int status_no_login = static_cast<int>(Exit::no_login);
constexpr int status_differs = static_cast<int>(Exit::differs);

std::size_t workers(std::size_t wanted) {
  constexpr std::size_t least = 4;
  return wanted > 0 ? wanted : std::max<std::size_t>(least, std::thread::hardware_concurrency());
}

}  // namespace

int BulkRun::run() {
  auto stopped = prepare();
  if (!stopped) {
    switch (command_.mode) {
      case BulkMode::exporting:
        stopped = export_mail();
        break;
      case BulkMode::importing:
        stopped = import_mail();
        break;
      case BulkMode::validate:
        stopped = validate();
        break;
      case BulkMode::test:
        stopped = connect();
        if (!stopped) log_.info("Test completed successfully.");
        break;
      case BulkMode::audit:
        stopped = audit(true);
        break;
      case BulkMode::preflight:
        stopped = examine();
        break;
    }
  }
  const int partly = command_.ignore_errors ? static_cast<int>(Exit::some_failed) : status_failed;
  const int status = stopped.value_or(some_failed_ ? partly : 0);
  if (status == 0)
    log_.info(fmt::format("Done. Log file: {}", log_.path().string()));
  else
    log_.error(fmt::format("Ended with exit status {}. Log file: {}", status, log_.path().string()));
  return status;
}

BulkRun::Stopped BulkRun::prepare() {
  auto config = load_bulk_config(command_, log_);
  if (!config) {
    log_.error(config.error().describe());
    return status_usage;
  }
  auto setup = set_up_archives(*std::move(config), command_);
  if (!setup) {
    log_.error(setup.error().describe());
    return status_usage;
  }
  setup_ = *std::move(setup);
  left_out_.assign(setup_.config.accounts.size(), false);
  if (writes_archives(command_.mode)) {
    if (const auto space = check_free_space(setup_.root, command_.min_free_gib); !space) {
      log_.error(fmt::format("Environment/dependency check failed: {}", space.error().describe()));
      return status_usage;
    }
  }
  for (const auto account : setup_.without_archive)
    leave_out(account, name(command_.mode),
              fmt::format("Input account directory not found: {}", setup_.archives[account].string()));
  const bool nothing_left = setup_.without_archive.size() == left_out_.size();
  if (!setup_.without_archive.empty() && (nothing_left || !command_.ignore_errors)) return status_usage;
  return std::nullopt;
}

// Every account, before any work.
BulkRun::Stopped BulkRun::connect() {
  if (!command_.connectivity_test) {
    log_.info("Skipping connectivity tests due to --no-connectivity-test");
    return std::nullopt;
  }
  log_.info("Running connectivity tests ...");
  const bool to_server = command_.mode == BulkMode::importing || command_.mode == BulkMode::validate;
  const bool both = setup_.config.two_servers && command_.mode == BulkMode::test;
  // As the work will be: so the archives are looked at, too, and made by none of it.
  const auto worked = work({.name = "test", .terse = true}, policy(fleet::Work::check), [&](auto i) {
    const auto& account = setup_.config.accounts[i];
    if (to_server) return pair(i, archive(i), account.target);
    return pair(i, account.source, both ? account.target : archive(i));
  });
  return judge_login(worked);
}

BulkRun::Stopped BulkRun::judge_login(const Worked& worked) {
  const auto& summary = worked.summary;
  if (summary.interrupted || summary.fatal) return judge({.name = "test"}, worked);
  std::vector<std::string> failed;
  bool about_servers = false;
  for (const auto& result : summary.accounts) {
    if (result.phase == fleet::Phase::done) continue;
    const auto& fatal = result.summary.fatal;
    about_servers = about_servers || !fatal || exit_status(*fatal, 0) == status_no_login;
    const auto account = worked.accounts[result.pair];
    left_out_[account] = true;
    failed.push_back(setup_.config.accounts[account].email);
  }
  if (failed.empty()) {
    log_.info("Connectivity tests passed for all accounts");
    return std::nullopt;
  }
  log_.error(fmt::format("Connectivity tests failed for {} of {} accounts: {}", failed.size(),
                         summary.accounts.size(), fmt::join(failed, ", ")));
  const bool works = command_.mode != BulkMode::test;
  const bool nobody = std::ranges::find(left_out_, false) == left_out_.end();
  if (!command_.ignore_errors || !works || nobody) return about_servers ? status_no_login : status_failed;
  some_failed_ = true;
  return std::nullopt;
}

BulkRun::Stopped BulkRun::export_mail() {
  if (const auto stopped = connect()) return stopped;
  if (!setup_.config.two_servers) write_import_template(setup_.config, log_);
  if (const auto made = os::make_private_dir(setup_.root); !made) {
    log_.error(made.error().describe());
    return status_failed;
  }
  const BulkLabel label{.name = "export", .arrow = "->"};
  const auto worked = work(label, policy(fleet::Work::sync),
                           [&](auto i) { return pair(i, setup_.config.accounts[i].source, archive(i)); });
  if (const auto stopped = judge(label, worked)) return stopped;
  log_.info(fmt::format("Export finished. Data stored under: {}", setup_.root.string()));
  return command_.audit_after_export ? audit(command_.audit_offline) : std::nullopt;
}

BulkRun::Stopped BulkRun::import_mail() {
  if (const auto stopped = connect()) return stopped;
  const BulkLabel label{.name = "import", .arrow = "<-"};
  const auto worked = work(label, policy(fleet::Work::sync),
                           [&](auto i) { return pair(i, archive(i), setup_.config.accounts[i].target); });
  if (const auto stopped = judge(label, worked)) return stopped;
  log_.info(
      fmt::format("Import finished into server {}", setup_.config.accounts.front().target.account.host));
  return std::nullopt;
}

BulkRun::Stopped BulkRun::validate() {
  if (const auto stopped = connect()) return stopped;
  const auto from_archive = [&](auto i) { return pair(i, archive(i), setup_.config.accounts[i].target); };
  const auto compare = [&] { return work({.name = "validate"}, policy(fleet::Work::verify), from_archive); };
  auto compared = compare();
  if (const auto stopped = judge({.name = "validate"}, compared)) return stopped;
  auto differing = tell_differences(compared, false);
  if (differing > 0 && command_.resync_missing) {
    log_.info("Sending what is missing ...");
    const BulkLabel label{.name = "resync", .arrow = "<-"};
    std::set<std::size_t> lacking;
    for (const auto& result : compared.summary.accounts)
      if (result.summary.missing > 0) lacking.insert(compared.accounts[result.pair]);
    auto kept = left_out_;
    for (std::size_t i = 0; i < left_out_.size(); ++i) left_out_[i] = !lacking.contains(i);
    const auto sent = work(label, policy(fleet::Work::sync), from_archive);
    std::swap(left_out_, kept);
    if (const auto stopped = judge(label, sent)) return stopped;
    compared = compare();
    if (const auto stopped = judge({.name = "validate"}, compared)) return stopped;
    differing = tell_differences(compared, false);
  }
  if (differing > 0 || not_compared()) return status_differs;
  if (!some_failed_)
    log_.info(
        "Validation successful: local export matches the server, message by message, for all accounts.");
  return std::nullopt;
}

// `files`: all of an archive is read and compared with its manifest.  After an export only when wanted: what
// it wrote reached the disk a moment ago.
BulkRun::Stopped BulkRun::audit(bool files) {
  log_.info(
      fmt::format("Running export audit ({})...", command_.audit_offline ? "local-only" : "local + remote"));
  if (files) {
    if (const auto stopped = audit_files()) return stopped;
  }
  if (!command_.audit_offline) {
    const BulkLabel label{.name = "audit"};
    const auto compared = work(label, policy(fleet::Work::verify),
                               [&](auto i) { return pair(i, setup_.config.accounts[i].source, archive(i)); });
    if (const auto stopped = judge(label, compared)) return stopped;
    if (tell_differences(compared, true) > 0 || not_compared()) return status_differs;
  }
  if (!some_failed_) log_.info("Audit passed: exported data looks consistent for all accounts");
  return std::nullopt;
}

// All of it but the mail itself: what cannot be read at all ends the audit of this account, as damage does.
BulkRun::Stopped BulkRun::audit_files() {
  bool damaged = false;
  for (std::size_t i = 0; i < setup_.archives.size(); ++i) {
    if (left_out_[i]) continue;
    const auto& email = setup_.config.accounts[i].email;
    const auto tell = [&](const app::ArchiveFinding& finding) {
      const auto line =
          fmt::format("[audit] {}: {}: {}: {}", email, finding.kind, finding.file, finding.text);
      finding.problem ? log_.error(line) : log_.warning(line);
    };
    const auto counts =
        world_.engine.check_archive(setup_.archives[i].string(), environment_, tell, *world_.stop);
    if (!counts && counts.error().code == Errc::cancelled)
      return exit_status(counts.error(), world_.stop_signal());
    if (!counts && counts.error().code == Errc::unsupported) {  // one of the reference's
      log_.warning(fmt::format("[audit] {}: files not checked: {}", email, counts.error().context));
      continue;
    }
    if (!counts) log_.error(fmt::format("[audit] {}: FAILED: {}", email, counts.error().describe()));
    if (counts)
      log_.info(fmt::format("[audit] {}: {} messages in {} mailboxes, {} problems", email, counts->messages,
                            counts->mailboxes, counts->problems));
    damaged = damaged || !counts || counts->problems > 0;
  }
  if (!damaged) return std::nullopt;
  log_.error("Audit found damaged archives");
  return status_differs;
}

BulkRun::Worked BulkRun::work(BulkLabel label, const app::FleetPolicy& policy, const MakePair& make) {
  Worked worked;
  std::vector<fleet::Pair> pairs;
  for (std::size_t i = 0; i < setup_.config.accounts.size(); ++i) {
    if (left_out_[i]) continue;
    pairs.push_back(make(i));
    worked.accounts.push_back(i);
  }
  BulkWatch watch(log_, label, pairs);
  const auto observer = [&](const fleet::Event& event) { watch.event(event); };
  worked.summary = world_.engine.run_fleet(pairs, policy, environment_, observer, *world_.stop, {});
  worked.differences = std::move(watch.differences);
  return worked;
}

// What a piece of work means for the run.
BulkRun::Stopped BulkRun::judge(const BulkLabel& label, const Worked& worked) {
  const auto& summary = worked.summary;
  for (const auto& warning : summary.warnings) log_.warning(warning);
  if (summary.fatal) {
    log_.error(fmt::format("Fatal error: {}", summary.fatal->describe()));
    return exit_status(*summary.fatal, world_.stop_signal());
  }
  std::size_t failed = 0;
  for (const auto& result : summary.accounts) {
    const auto account = worked.accounts[result.pair];
    if (result.phase == fleet::Phase::failed) {
      ++failed;
      left_out_[account] = true;
    } else if (result.phase == fleet::Phase::not_done) {
      log_.warning(fmt::format("[{}] {}: not done", label.name, setup_.config.accounts[account].email));
    }
  }
  if (summary.interrupted) {
    log_.warning("Stopped on request: the same command goes on where it stopped");
    return exit_status(Error(Errc::cancelled, Scope::run, Retry::never, "stopped"), world_.stop_signal());
  }
  if (failed == 0) return std::nullopt;
  some_failed_ = true;
  log_.warning(fmt::format("[{}] Completed with errors ({} accounts). See logs.", label.name, failed));
  // The comparison goes on to the end in any case, as that of the reference does.
  const bool compares = label.name == "validate" || label.name == "audit";
  if (!command_.ignore_errors && !compares) return status_failed;
  return std::nullopt;
}

// What could not be compared has not passed.
bool BulkRun::not_compared() const {
  return some_failed_ && !command_.ignore_errors;
}

std::size_t BulkRun::tell_differences(const Worked& worked, bool audit) {
  const auto prefix = audit ? std::string("[audit] ") : std::string();
  std::size_t differing = 0;
  std::set<std::size_t> told;
  for (const auto& result : worked.summary.accounts) {
    const auto& sum = result.summary;
    // What is gone from the server since stays in an archive.
    const bool differs = audit ? sum.missing + sum.different > 0 : sum.verify_differs;
    if (!differs) continue;
    if (differing++ == 0) log_.warning(audit ? "Audit found differences:" : "Validation mismatches found:");
    told.insert(result.pair);
    const auto& email = setup_.config.accounts[worked.accounts[result.pair]].email;
    for (const auto& box : sum.per_mailbox) {
      if (box.missing + box.extra + box.different == 0) continue;
      const auto local = audit ? box.target_messages : box.source_messages;
      const auto remote = audit ? box.source_messages : box.target_messages;
      log_.warning(fmt::format("{}{} | {} | local={} remote={}", prefix, email, box.source, local, remote));
      log_.warning(fmt::format("{}{} | {} | missing={} extra={} different={}", prefix, email, box.source,
                               box.missing, box.extra, box.different));
    }
  }
  for (const auto& [pair, what] : worked.differences) {
    if (!told.contains(pair) || what.kind == "normalised" || (audit && what.kind == "extra")) continue;
    log_.warning(fmt::format("{}{} | {} | {}{}{}: {}", prefix,
                             setup_.config.accounts[worked.accounts[pair]].email, what.mailbox, what.kind,
                             what.ref.empty() ? "" : " ", what.ref, what.detail));
  }
  return differing;
}

void BulkRun::leave_out(std::size_t account, std::string_view label, std::string_view why) {
  left_out_[account] = true;
  some_failed_ = true;
  log_.error(fmt::format("[{}] {}: FAILED: {}", label, setup_.config.accounts[account].email, why));
}

fleet::Pair BulkRun::pair(std::size_t account, const config::BulkEnd& from, const config::BulkEnd& to) const {
  return {.name = setup_.config.accounts[account].email,
          .row = account + 1,
          .from = from.account,
          .to = to.account,
          .from_password = from.password,
          .to_password = to.password};
}

config::BulkEnd BulkRun::archive(std::size_t account) const {
  config::BulkEnd end;
  end.account.scheme = config::Scheme::archive;
  end.account.directory = setup_.archives[account].string();
  return end;
}

app::FleetPolicy BulkRun::policy(fleet::Work work) const {
  app::FleetPolicy policy;
  policy.work = work;
  policy.limits.accounts = workers(command_.max_workers);
  policy.fail_fast = work == fleet::Work::sync && !command_.ignore_errors;
  // An archive keeps the names of the source.
  const bool to_server = command_.mode == BulkMode::importing || command_.mode == BulkMode::validate;
  if (to_server) policy.sync.mailboxes.map = policy.verify.mailboxes.map = setup_.config.folder_map;
  policy.sync.pace.bytes_per_second = setup_.config.bytes_per_second;
  policy.verify.content = command_.content;
  return policy;
}

}  // namespace pf::cli
