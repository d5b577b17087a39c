// What changes a mailbox on disk.
#include "base/step.h"
#include "store/archive/errors.h"
#include "store/archive/mailbox_folder.h"
#include "store/archive/sidecar.h"

#include <algorithm>
#include <map>

namespace pf::store {

// ---- new messages

Status MailboxFolder::place(StagedMessage& staged) const {
  const std::string stem = staged.record.stem().to_string();
  // What is at these names belongs to no message: a writer was killed between this and the manifest.
  PF_TRYV(staged.at->move(staged.message, directory_, message_file(stem)));
  PF_STEP(file);
  PF_TRYV(staged.at->move(staged.sidecar, directory_, sidecar_file(stem)));
  PF_STEP(file);
  return {};
}

void MailboxFolder::Publication::place() {
  done_ = folder_.begin_change();
  if (!done_) return;
  folder_.with([&](MailboxLog& log) {
    std::uint32_t n = log.next_number();
    for (auto* message : messages_) {
      MessageRecord& record = message->record;
      record.n = n++;
      record.ordinal = log.take_ordinal(record.date.unix_seconds(), digest_prefix(record.sha256));
      append_line(lines_, record, message->flags);
    }
  });
  numbered_ = true;
  while (done_ && placed_ < messages_.size()) done_ = folder_.place(*messages_[placed_++]);
}

void MailboxFolder::Publication::sync_names() {
  if (done_) done_ = folder_.directory_.sync();
}

Status MailboxFolder::Publication::list() {
  if (done_) done_ = folder_.write_lines(lines_);
  if (done_ || done_.error().scope == Scope::connection) return done_;
  if (numbered_) take_back();
  return of_mailbox(std::move(done_).error());
}

void MailboxFolder::Publication::take_back() {
  for (std::size_t i = 0; i < messages_.size(); ++i) {
    const Stem stem = messages_[i]->record.stem();
    if (i < placed_) {
      ignore(folder_.directory_.remove_file(message_file(stem.to_string())));
      ignore(folder_.directory_.remove_file(sidecar_file(stem.to_string())));
    }
    folder_.with([&](MailboxLog& log) { log.give_back(stem); });
  }
}

// ---- flags

std::string MailboxFolder::sidecar_mailbox(std::string_view stem) {
  const auto text = directory_.read_file(sidecar_file(stem), sidecar_limit);
  const auto parsed = text ? parse_sidecar(*text) : std::nullopt;
  if (parsed && !parsed->mailbox.empty()) return parsed->mailbox;
  const std::string id = with([](MailboxLog& log) { return log.header().mailbox; });
  return list_name(path_from_wire(id, archive_names));
}

// Before the manifest: what a crash leaves half done is done again, because there it still says the old.
Status MailboxFolder::rewrite_sidecars(StagingDirectory& at,
                                       std::span<const std::pair<MessageRecord, std::string>> messages) {
  std::vector<std::pair<StagedFile, std::string>> moves;
  for (const auto& [record, flags] : messages) {
    const std::string stem = record.stem().to_string();
    PF_TRY(auto file, at.make(sidecar_text(sidecar_mailbox(stem), record, flags)));
    moves.emplace_back(std::move(file), sidecar_file(stem));
  }
  if (!moves.empty()) PF_TRYV(directory_.sync_file_system());
  PF_STEP(file);
  for (auto& [file, name] : moves) {
    PF_TRYV(at.move(file, directory_, name));
    PF_STEP(file);
  }
  return {};
}

Result<MailboxFolder::FlagsChanged> MailboxFolder::change_flags(StagingDirectory& at,
                                                                std::span<const FlagChange> changes,
                                                                std::optional<std::uint64_t> since) {
  PF_TRYV(begin_change());
  FlagsChanged out;
  std::map<std::uint32_t, FlagSet> wanted;
  std::vector<std::pair<MessageRecord, std::string>> changed;
  with([&](MailboxLog& log) {
    for (const auto& change : changes) {
      const LoggedMessage* const message = log.find(number_of(change.ref));
      if (message == nullptr) continue;
      if (since && message->changed > *since) {
        out.left_alone.push_back(change.ref);
        continue;
      }
      FlagSet& flags = wanted.try_emplace(message->record.n, log.flags(*message)).first->second;
      flags = flags.unite(change.add).without(change.remove);
    }
    for (const auto& [n, flags] : wanted) {
      const LoggedMessage* const message = log.find(n);
      if (!(log.flags(*message) == flags)) changed.emplace_back(message->record, flags.to_string());
      out.now.push_back(log.meta(*message, ScanFields::refs));
      out.now.back().flags = flags;
    }
  });
  if (changed.empty()) return out;
  std::string lines;
  for (const auto& [record, flags] : changed) {
    if (flags.size() > archive_flags_limit)
      return Error{Errc::invalid_flag, Scope::mailbox, Retry::never, "a message has too many flags"};
    append_flags_line(lines, record.n, flags);
  }
  auto done = rewrite_sidecars(at, changed);
  if (done) done = write_lines(lines);
  if (done) return out;
  if (done.error().scope == Scope::connection) return std::move(done).error();
  return of_mailbox(std::move(done).error());
}

// ---- removal, description

Status MailboxFolder::remove(std::span<const MessageRef> refs) {
  PF_TRYV(begin_change());
  std::string lines;
  std::map<std::uint32_t, Stem> going;
  with([&](MailboxLog& log) {
    for (const auto& ref : refs) {
      if (const LoggedMessage* const message = log.find(number_of(ref)))
        going.emplace(message->record.n, message->record.stem());
    }
  });
  if (going.empty()) return {};
  for (const auto& [n, stem] : going) append_gone_line(lines, n);
  auto done = write_lines(lines);
  for (auto at = going.begin(); done && at != going.end(); ++at) {
    const std::string stem = at->second.to_string();
    done = directory_.remove_file(message_file(stem));
    PF_STEP(file);
    if (done) done = directory_.remove_file(sidecar_file(stem));
    PF_STEP(file);
  }
  if (done || done.error().scope == Scope::connection) return done;
  return of_mailbox(std::move(done).error());
}

Status MailboxFolder::describe(const MailboxHeader& header) {
  PF_TRYV(begin_change());
  std::string line;
  append_line(line, header);
  auto done = write_lines(line);
  if (done || done.error().scope == Scope::connection) return done;
  return of_mailbox(std::move(done).error());
}

}  // namespace pf::store
