// Bodies of messages as they come out of UID FETCH ... (UID BODY.PEEK[]), handed over chunk by chunk without
// a copy: the connection's reader waits in body_data() until the consumer has taken the chunk, so nothing
// piles up.
#pragma once

#include "async/group.h"
#include "store/imap/session.h"
#include "store/store.h"

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace pf::store {

class ImapMessageStream final : public MessageStream, private imap::BodySink {
 public:
  // Messages as the UID FETCH commands that ask for them, two of which are on the way at a time.
  using Commands = std::function<std::vector<imap::UidSet>(const std::vector<MessageRef>& refs)>;

  // `session` stays lent until close().
  ImapMessageStream(Session& session, Commands commands, std::string where);
  ~ImapMessageStream() override;

  Task<std::optional<Item>> next() override;
  [[nodiscard]] bool takes_more() const override { return true; }
  asio::awaitable<void> more(std::vector<MessageRef> refs) override;
  Task<void> close() override;

 private:
  // The message whose octets the reader is handing over.
  struct Current {
    std::optional<imap::Uid> uid;  // nothing: it comes after the body, which is kept until then
    std::uint64_t size = 0;
    bool given = false;   // to the consumer
    bool let_go = false;  // by the consumer, perhaps before its end
    bool ended = false;   // the reader is through with it
    bool closed = false;  // so is the response it came in, and it was one
  };
  // A body that had to be kept whole: its uid came last, or it came as a quoted string.
  struct Whole {
    imap::Uid uid;
    std::string octets;
  };
  class StreamedBody;
  class WholeBody;

  asio::awaitable<void> begin_body(std::optional<imap::Uid> uid, std::uint64_t size) override;
  asio::awaitable<void> body_data(Bytes data) override;
  asio::awaitable<void> end_body() override;
  void on_fetch(imap::Response& response);
  void keep(imap::Uid uid, std::string octets);
  // What came behind the body was no end of its response: the announced size was not true.
  void drop_out_of_step();

  asio::awaitable<void> send_waiting();
  Task<void> run_commands();
  void let_go();
  [[nodiscard]] bool abandoned() const { return closed_ || broken_.has_value(); }

  Session& session_;
  Commands commands_for_;
  std::deque<imap::UidSet> waiting_;
  std::string where_;
  bool started_ = false;     // nothing is sent before somebody waits for it
  std::size_t running_ = 0;  // coroutines that still send commands
  TaskGroup commands_;
  std::optional<Error> broken_;  // the connection
  std::deque<Error> refusals_;   // of whole FETCH commands
  std::optional<Current> current_;
  std::string collecting_;  // of a current message without uid
  Bytes chunk_;             // offered to the consumer
  std::deque<Whole> whole_;
  std::unique_ptr<MessageSource> body_;  // handed out
  bool in_sink_ = false;
  bool closed_ = false;
  Event changed_;
};

}  // namespace pf::store
