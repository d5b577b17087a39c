// What every store promises (store/store.h), as one suite: a store joins by instantiating StoreContract with
// a maker of fresh sites (see memory_store_contract_test.cpp).
#pragma once

#include "async/group.h"
#include "store/store.h"
#include "support/run_task.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pf::test {

// A server (or directory) with nothing in it but what it cannot be without: an empty INBOX.
class StoreSite {
 public:
  virtual ~StoreSite() = default;
  // One more store looking at it, not yet connected.
  virtual std::unique_ptr<store::Store> store() = 0;
};

// What a store may do and still be one.
struct StoreManners {
  bool picky = false;  // refuses messages without a header or with 8-bit octets in it
  // Internal dates beyond these are refused or replaced.
  std::int64_t first_date = std::numeric_limits<std::int64_t>::min();
  std::int64_t last_date = std::numeric_limits<std::int64_t>::max();
};

struct StoreKind {
  std::string name;
  std::function<std::unique_ptr<StoreSite>()> make;
  StoreManners manners{};
};

// A message out of memory, in pieces.  `fails_at`: breaks off there.
class TextSource final : public store::MessageSource {
 public:
  explicit TextSource(std::string text, std::size_t piece = 7000, std::size_t fails_at = std::string::npos)
      : text_(std::move(text)), piece_(piece), fails_at_(fails_at) {}
  [[nodiscard]] std::uint64_t size() const override { return text_.size(); }
  Task<Bytes> next() override;

 private:
  std::string text_;
  std::size_t piece_, fails_at_;
  std::size_t given_ = 0;
  std::string current_;
};

// Header with a Message-ID of its own for each number, and a body of about `body_bytes`.
std::string sample_message(int number, std::size_t body_bytes = 200);

struct ToAppend {
  std::string text;
  std::string flags{};
  std::optional<InternalDate> date{};
};

struct ReadMessage {
  MessageRef ref;
  std::string text;
};

class StoreContract : public ::testing::TestWithParam<StoreKind> {
 public:
  ~StoreContract() override;

 protected:
  StoreContract();

  // The value, or an exception that fails the test with the reason.
  template <class T>
  static T must(Task<T> task) {
    auto result = run(std::move(task));
    if (!result) throw std::runtime_error(result.error().describe());
    if constexpr (!std::is_void_v<T>) return *std::move(result);
  }

  std::unique_ptr<store::Store> connected();
  // Through `store`; `path` as displayed.
  store::MailboxInfo create(std::string_view path);
  [[nodiscard]] std::optional<store::MailboxInfo> listed(std::string_view path);
  static std::unique_ptr<store::OpenMailbox> open(store::Store& at, const store::MailboxInfo& mailbox,
                                                  store::Access access = store::Access::write);

  // In one call; every message must be stored.
  static std::vector<store::AppendOutcome> append(store::OpenMailbox& mailbox,
                                                  std::vector<ToAppend> messages);
  // All pages.
  static std::vector<MessageMeta> scan(store::OpenMailbox& mailbox,
                                       store::ScanFields fields = store::ScanFields::basic,
                                       const MessageRef& from = {});
  static std::vector<MessageRef> refs(store::OpenMailbox& mailbox);
  // Those for which `skip` says so are left unread.
  static std::vector<ReadMessage> read(store::OpenMailbox& mailbox, std::vector<MessageRef> refs,
                                       const std::function<bool(std::size_t)>& skip = {});
  // Each mailbox opened in a test must be closed before the store is.
  static void close(store::OpenMailbox& mailbox) { must(mailbox.close()); }

  std::unique_ptr<StoreSite> site;
  std::unique_ptr<store::Store> store;
};

}  // namespace pf::test
