// Bodies of messages as they come out of UID FETCH ... (UID BODY.PEEK[]), handed over without a copy: the
// connection's reader waits in all_taken() until the consumer has taken what one read has brought, so nothing
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
  // A message whose octets come, or have come and are not all taken.
  struct Arrival {
    std::optional<imap::Uid> uid;  // nothing: it comes after the body
    std::uint64_t size = 0;
    // Not yet taken by the consumer: one of each read, in the reader's buffer; or all of `kept`.
    std::vector<Bytes> pieces;
    std::string kept;     // its uid did not come with the same read, or it was no literal
    bool given = false;   // to the consumer
    bool let_go = false;  // by the consumer, before its end
    bool ended = false;   // the reader is through with it
    bool closed = false;  // so is the response it came in, and it was one
  };
  class Body;

  Arrival& next_arrival(std::uint64_t size);
  void begin_body(std::optional<imap::Uid> uid, std::uint64_t size) override;
  void body_data(Bytes data) override;
  void end_body() override;
  asio::awaitable<void> all_taken() override;
  void on_fetch(imap::Response& response);
  void take_quoted(imap::Uid uid, std::string octets);
  static void keep(Arrival& arrival);
  [[nodiscard]] bool has_pieces() const;
  // The last to come, when its response has not ended.
  Arrival* open_arrival();
  // What came behind the body was no end of its response: the announced size was not true.
  void drop_out_of_step();

  asio::awaitable<void> send_waiting();
  Task<void> run_commands();
  void let_go();
  [[nodiscard]] bool abandoned() const { return closed_ || broken_.has_value(); }
  // The next message, if it can be given.
  [[nodiscard]] bool at_hand() const;

  Session& session_;
  Commands commands_for_;
  std::deque<imap::UidSet> waiting_;
  std::string where_;
  bool started_ = false;     // nothing is sent before somebody waits for it
  std::size_t running_ = 0;  // coroutines that still send commands
  TaskGroup commands_;
  std::optional<Error> broken_;          // the connection
  std::deque<Error> refusals_;           // of whole FETCH commands
  std::deque<Arrival> arrivals_;         // as they come; only the first is given, only the last not ended
  std::unique_ptr<MessageSource> body_;  // handed out: of the first
  bool reader_waits_ = false;            // in all_taken()
  bool closed_ = false;
  Event changed_;
};

}  // namespace pf::store
