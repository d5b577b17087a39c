#include "sync/make_mailboxes.h"

#include "async/group.h"
#include "sync/patience.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::sync {

namespace {

class Maker {
 public:
  Maker(Board& board, const std::vector<store::MailboxInfo>& target_mailboxes)
      : board_(board), target_mailboxes_(target_mailboxes) {}

  Task<void> run() {
    TaskGroup group;
    for (auto& job : board_.jobs) {
      if (job.creating && job.predecessor == SIZE_MAX) co_await group.spawn(create(job));
    }
    auto created = co_await group.join();
    for (auto& job : board_.jobs) {
      if (job.predecessor != SIZE_MAX) {
        job.mapped.exists = board_.jobs[job.predecessor].mapped.exists;
        job.mapped.target.id = board_.jobs[job.predecessor].mapped.target.id;
      }
      job.creating = false;
      job.changed.notify_all();
    }
    if (!created) {
      if (!board_.run.fatal) board_.run.fatal = created.error();
      co_return created;
    }
    TaskGroup subscribing;
    for (auto& job : board_.jobs) {
      const bool wanted = job.mapped.source.subscribed && !job.mapped.target.subscribed && job.mapped.exists;
      if (wanted && board_.run.target.features().subscriptions) co_await subscribing.spawn(subscribe(job));
    }
    auto subscribed = co_await subscribing.join();
    co_return subscribed;
  }

 private:
  // One that was made although the answer got lost exists the next time, which is as good.
  Task<void> create(MailboxJob& job) {
    auto attempt = [this, &job] { return create_one(job); };
    auto created = co_await patiently(board_.run, job.report.target, attempt);
    co_return created;
  }

  Task<void> subscribe(MailboxJob& job) {
    auto attempt = [this, &job] { return subscribe_one(job); };
    auto subscribed = co_await patiently(board_.run, job.report.target, attempt);
    co_return subscribed;
  }

  Task<void> create_one(MailboxJob& job) {
    auto& target = job.mapped.target;
    const SpecialUse use = special_use_for(job);
    auto created = co_await board_.run.target.create(target.path, target.id, use);
    if (!created && created.error().code != Errc::exists && use != SpecialUse::none &&
        created.error().scope == Scope::mailbox) {
      created = co_await board_.run.target.create(target.path, target.id, SpecialUse::none);
    }
    if (!created && created.error().scope == Scope::mailbox && created.error().code != Errc::exists) {
      created = co_await create_under_safe_name(job, created.error());
    }
    if (!created && created.error().code != Errc::exists) {
      if (created.error().scope != Scope::mailbox) co_return created.error();
      board_.fail(job, created.error());
      co_return Status{};
    }
    job.mapped.exists = true;
    job.report.created = created.ok();
    job.creating = false;
    job.changed.notify_all();
    co_return Status{};
  }

  // One special use an account: not when the target has a mailbox for it already.
  SpecialUse special_use_for(const MailboxJob& job) const {
    const SpecialUse use = job.mapped.source.special_use;
    const bool taken =
        std::ranges::any_of(target_mailboxes_, [&](const auto& m) { return m.special_use == use; });
    return taken ? SpecialUse::none : use;
  }

  // The server refuses the name for a reason of its own: letters, digits and a few marks it will take.
  Task<store::MailboxInfo> create_under_safe_name(MailboxJob& job, const Error& refusal) {
    MailboxPath path = job.mapped.target.path;
    for (auto& part : path.parts) {
      for (char& c : part) {
        const auto u = static_cast<unsigned char>(c);
        const bool plain = (u >= '0' && u <= '9') || (u >= 'A' && u <= 'Z') || (u >= 'a' && u <= 'z') ||
                           c == '-' || c == '_' || c == ' ';
        if (!plain && u < 0x80) c = '_';
      }
      while (part.ends_with(' ')) part.back() = '_';
      if (part.starts_with(' ')) part.front() = '_';
    }
    if (path == job.mapped.target.path) co_return refusal;
    const WireName name = wire_from_path(path, board_.run.target.name_rules());
    for (const auto& other : board_.jobs) {
      if (other.mapped.target.id == name.wire) co_return refusal;
    }
    auto created = co_await board_.run.target.create(path, name.wire, SpecialUse::none);
    if (!created && created.error().scope == Scope::connection) co_return created;
    if (!created && created.error().code != Errc::exists) co_return refusal;
    board_.run.warn(fmt::format("the target refuses the name \"{}\" ({}); it is called \"{}\" there",
                                printable(job.report.target), printable(refusal.server_text),
                                printable(path.display())));
    job.mapped.target.path = path;
    job.mapped.target.id = name.wire;
    job.report.target = path.display();
    co_return created;
  }

  Task<void> subscribe_one(MailboxJob& job) {
    auto done = co_await board_.run.target.subscribe(job.mapped.target);
    if (!done && done.error().scope != Scope::mailbox) co_return done;
    if (!done)
      board_.run.warn(
          fmt::format("{}: not subscribed: {}", printable(job.report.target), done.error().describe()));
    co_return Status{};
  }

  Board& board_;
  const std::vector<store::MailboxInfo>& target_mailboxes_;
};

}  // namespace

Task<void> make_mailboxes(Board& board, const std::vector<store::MailboxInfo>& target_mailboxes) {
  Maker maker(board, target_mailboxes);
  auto made = co_await maker.run();
  co_return made;
}

}  // namespace pf::sync
