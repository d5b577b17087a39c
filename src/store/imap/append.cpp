#include "store/imap/append.h"

#include "async/group.h"
#include "imap/command/commands.h"
#include "store/imap/imap_ref.h"

#include <memory>

namespace pf::store {

namespace {

class Adapter final : public imap::LiteralSource {
 public:
  explicit Adapter(MessageSource& source) : source_(source) {}
  Task<Bytes> next() override { return source_.next(); }

 private:
  MessageSource& source_;
};

// One APPEND command, with one message or several.
class Append {
 public:
  Append(Session& session, const std::string& mailbox, const std::string& where, std::span<AppendItem> items)
      : session_(session), mailbox_(mailbox), where_(where), items_(items) {}

  Task<void> run(std::span<AppendOutcome> outcomes) {
    std::vector<imap::command::AppendMessage> messages;
    for (const auto& item : items_) {
      // A large one waits for the server's consent, so that a refusal costs no upload.
      const bool wait = item.body->size() > Features{}.batch_message_bytes;
      messages.push_back({item.flags, item.date, item.body->size(), wait});
      adapters_.push_back(std::make_unique<Adapter>(*item.body));
      slots_.push_back(adapters_.back().get());
    }
    auto command = imap::command::append(mailbox_, messages, session_.wire());
    if (!command) {
      Error error = command.error();
      error.at(where_);
      refuse(outcomes, error);
      co_return Status{};
    }
    imap::Handlers handlers;
    handlers.slots = slots_;
    PF_CO_TRY(const imap::Tagged tagged,
              co_await session_.connection().run(std::move(*command), std::move(handlers)));
    if (auto error = refusal(tagged, imap::CommandKind::append, where_)) {
      refuse(outcomes, *error);
    } else {
      take_uids(tagged, outcomes);
    }
    co_return Status{};
  }

 private:
  // Only a fault of one message can be hunted down by trying smaller batches.
  static void refuse(std::span<AppendOutcome> outcomes, const Error& error) {
    const bool unclear = outcomes.size() > 1 && error.scope == Scope::message;
    for (auto& outcome : outcomes) {
      outcome.kind = unclear ? AppendOutcome::Kind::batch_refused : AppendOutcome::Kind::refused;
      outcome.error = error;
    }
  }

  // An APPENDUID that cannot be right is no proof of anything: the messages are looked for instead.
  void take_uids(const imap::Tagged& tagged, std::span<AppendOutcome> outcomes) const {
    const auto* told = tagged.code.get<imap::AppendUid>();
    if (told == nullptr || told->uids.count() != outcomes.size() || !told->uids.ascending()) return;
    if (session_.profile().has(imap::Quirk::append_uid_untrusted)) return;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      const auto uid = told->uids.at(i);
      if (!uid) return;
      outcomes[i].ref = to_ref(*uid);
      outcomes[i].epoch = to_handle<Epoch>(told->validity);
    }
  }

  Session& session_;
  const std::string& mailbox_;
  const std::string& where_;
  std::span<AppendItem> items_;
  std::vector<std::unique_ptr<Adapter>> adapters_;
  std::vector<imap::LiteralSource*> slots_;
};

}  // namespace

bool appends_together(const imap::LoggedIn& session) {
  return session.capabilities.has("MULTIAPPEND") && session.wire.literals != imap::LiteralMode::synchronizing;
}

Task<std::vector<AppendOutcome>> append_messages(Session& session, std::string mailbox, std::string where,
                                                 std::span<AppendItem> items) {
  std::vector<AppendOutcome> outcomes(items.size());
  const bool together = appends_together(session.logged_in);
  const std::size_t step = together ? items.size() : 1;
  std::vector<std::unique_ptr<Append>> appends;
  TaskGroup group;
  for (std::size_t at = 0; at < items.size(); at += step) {
    appends.push_back(std::make_unique<Append>(session, mailbox, where, items.subspan(at, step)));
    co_await group.spawn(appends.back()->run(std::span(outcomes).subspan(at, step)));
  }
  auto done = co_await group.join();
  if (!done) co_return done.error();
  co_return outcomes;
}

}  // namespace pf::store
