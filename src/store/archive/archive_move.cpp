// From one mailbox of an archive to another: copied, then taken away, so that a crash in between leaves a
// message twice and never not at all.
#include "store/archive/archive_mailbox.h"
#include "store/archive/errors.h"
#include "store/archive/message_file.h"

#include <utility>

namespace pf::store {

namespace {

struct Going {
  MessageRecord record;
  FlagSet flags;
};

Status copy(MailboxFolder& from, const std::vector<Going>& messages, const std::string& mailbox,
            Stager& stager) {
  for (const auto& message : messages) {
    IncomingMessage incoming;
    incoming.flags = message.flags;
    incoming.date = message.record.date;
    incoming.uid = message.record.uid;
    incoming.uid_validity = message.record.uid_validity;
    incoming.mailbox = mailbox;
    PF_TRY(auto file, MessageFile::open(from.directory(), message.record, false));
    PF_TRYV(stager.begin(incoming));
    for (std::string piece;;) {
      PF_TRYV(file.next(piece));
      if (piece.empty()) break;
      PF_TRYV(stager.write(piece));
    }
    PF_TRYV(stager.finish());
  }
  return {};
}

}  // namespace

Task<std::vector<std::optional<MessageRef>>> ArchiveMailbox::move(const std::vector<MessageRef>& refs,
                                                                  const MailboxInfo& to) {
  PF_CO_TRYV(usable(Access::write));
  const std::string target_id = to.id;
  std::vector<std::optional<MessageRef>> out(refs.size());
  PF_CO_TRY(const auto target, co_await session_->folder(target_id));
  PF_CO_TRYV(co_await catch_up());
  std::vector<Going> going;
  std::vector<std::size_t> places;
  folder_->with([&](const MailboxLog& log) {
    for (std::size_t i = 0; i < refs.size(); ++i) {
      const LoggedMessage* const message = log.find(number_of(refs[i]));
      if (message == nullptr) continue;
      going.push_back({message->record, log.flags(*message)});
      places.push_back(i);
    }
  });
  if (going.empty()) co_return out;
  const auto stager = std::make_shared<Stager>(session_->root, places_in(target));
  auto job = [folder = folder_, going, stager,
              name = list_name(path_from_wire(target_id, archive_names))]() -> Result<void> {
    auto done = copy(*folder, going, name, *stager);
    if (!done) {
      stager->abandon();
      return of_mailbox(std::move(done).error());
    }
    return done;
  };
  PF_CO_TRYV(co_await session_->pool->call<void>(std::move(job)));
  auto copied = co_await session_->commit(target, stager->staged());
  if (!copied) co_return failed(std::move(copied).error());
  for (std::size_t i = 0; i < places.size(); ++i) out[places[i]] = ref_of(stager->staged()[i].record.n);
  stager->staged().clear();
  std::vector<MessageRef> gone;
  for (const auto& message : going) gone.push_back(ref_of(message.record.n));
  PF_CO_TRYV(co_await remove(gone));
  co_return out;
}

}  // namespace pf::store
