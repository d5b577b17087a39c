#include "bulk_append.h"

#include "support/message_factory.h"
#include "support/socket.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

namespace pf::bench {

namespace {

std::string literal_of(const test::AwkwardMessage& message) {
  return fmt::format(" ({}) \"{}\" {{{}+}}\r\n", fmt::join(message.flags, " "), message.date,
                     message.bytes.size());
}

// Hands out batches so that as few connections as possible write to one mailbox at a time: the server locks
// it.
class Queue {
 public:
  explicit Queue(const Load& load) : waiting_(load.mailboxes.size()), writers_(load.mailboxes.size()) {
    for (const auto& batch : load.batches) waiting_[batch.mailbox].push_back(&batch);
    for (auto& batches : waiting_) std::ranges::reverse(batches);
  }

  // `mailbox`: the one this connection wrote to last, updated.
  const Batch* take(std::optional<std::size_t>& mailbox) {
    const std::scoped_lock lock(mutex_);
    if (!mailbox || waiting_[*mailbox].empty()) {
      if (mailbox) --writers_[*mailbox];
      mailbox.reset();
      for (std::size_t i = 0; i < waiting_.size(); ++i) {
        if (!waiting_[i].empty() && (!mailbox || writers_[i] < writers_[*mailbox])) mailbox = i;
      }
      if (!mailbox) return nullptr;
      ++writers_[*mailbox];
    }
    const auto* batch = waiting_[*mailbox].back();
    waiting_[*mailbox].pop_back();
    return batch;
  }

 private:
  std::mutex mutex_;
  std::vector<std::vector<const Batch*>> waiting_;
  std::vector<int> writers_;
};

class Connection {
 public:
  explicit Connection(const Target& target)
      : socket_(test::Socket::connect(target.port)), window_(target.window) {
    socket_.set_read_timeout(std::chrono::minutes(5));
    send(fmt::format("LOGIN {} {}", target.user, target.password));
    finish();
  }

  void send(std::string_view command) {
    socket_.send_all(fmt::format("a{} ", ++sent_));
    socket_.send_all(command);
    socket_.send_all("\r\n");
    while (sent_ - answered_ > window_) read_answer();
  }
  void finish() {
    while (answered_ < sent_) read_answer();
  }

 private:
  void read_answer() {
    const auto expected = fmt::format("a{} ", answered_ + 1);
    while (true) {
      const auto line = read_line();
      if (line.starts_with("* BYE")) throw std::runtime_error(line);
      if (!line.starts_with(expected)) continue;
      // A mailbox that exists already is as good as one just made.
      if (!line.starts_with(expected + "OK") && line.find("[ALREADYEXISTS]") == std::string::npos) {
        throw std::runtime_error(line);
      }
      ++answered_;
      return;
    }
  }
  std::string read_line() {
    std::size_t end = 0;
    while ((end = unread_.find("\r\n")) == std::string::npos) {
      std::array<char, 16384> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): read into
      const auto n = socket_.receive(chunk);
      if (n == 0) throw std::runtime_error("the server closed the connection");
      unread_.append(chunk.data(), n);
    }
    auto line = unread_.substr(0, end);
    unread_.erase(0, end + 2);
    return line;
  }

  test::Socket socket_;
  std::size_t window_;
  std::size_t sent_ = 0;
  std::size_t answered_ = 0;
  std::string unread_;
};

void create_mailboxes(const Load& load, const Target& target) {
  Connection connection(target);
  for (const auto& mailbox : load.mailboxes) {
    if (mailbox != "INBOX") connection.send("CREATE " + mailbox);
  }
  connection.finish();
}

}  // namespace

Load make_load(const LoadOptions& options) {
  if (options.mailboxes == 0) throw std::runtime_error("no mailboxes to fill");
  Load load;
  for (std::size_t m = 0; m < options.mailboxes; ++m) load.mailboxes.push_back(fmt::format("m{:02}", m + 1));
  std::vector<std::optional<Batch>> open(options.mailboxes);
  const auto close = [&](std::size_t mailbox) {
    if (open[mailbox]) load.batches.push_back(std::move(*open[mailbox]));
    open[mailbox].reset();
  };
  for (std::size_t i = 0; i < options.messages; ++i) {
    const auto message = test::ordinary_message(options.seed, i);
    const auto mailbox = i % options.mailboxes;
    auto& batch = open[mailbox];
    if (!batch) batch = Batch{.mailbox = mailbox, .command = "APPEND " + load.mailboxes[mailbox]};
    batch->command += literal_of(message) + message.bytes;
    load.bytes += message.bytes.size();
    if (++batch->messages == options.batch || batch->command.size() > options.batch_bytes) close(mailbox);
  }
  for (std::size_t m = 0; m < options.mailboxes; ++m) close(m);
  return load;
}

Load make_single(std::size_t size) {
  const auto message = test::message_of_size(size);
  Load load{.mailboxes = {"INBOX"}, .batches = {}, .bytes = size};
  load.batches.push_back(
      {.mailbox = 0, .command = "APPEND INBOX" + literal_of(message) + message.bytes, .messages = 1});
  return load;
}

double append_all(const Load& load, const Target& target) {
  const auto start = std::chrono::steady_clock::now();
  create_mailboxes(load, target);
  Queue queue(load);
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      Connection connection(target);
      std::optional<std::size_t> mailbox;
      while (const auto* batch = queue.take(mailbox)) connection.send(batch->command);
      connection.finish();
    } catch (...) {
      const std::scoped_lock lock(mutex);
      failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    threads.reserve(target.connections);
    for (std::size_t i = 0; i < target.connections; ++i) threads.emplace_back(work);
  }
  if (failure) std::rethrow_exception(failure);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace pf::bench
