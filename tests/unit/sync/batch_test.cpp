#include "sync/batch.h"

#include "support/run_task.h"

#include <gtest/gtest.h>

#include <array>

namespace pf::test {
namespace {

using sync::Batch;
using sync::CopyItem;
using sync::MemorySource;

// Gives its pieces; announces `size` octets; may break at the end.
class Pieces final : public store::MessageSource {
 public:
  Pieces(std::vector<std::string> pieces, std::uint64_t size, bool breaks = false)
      : pieces_(std::move(pieces)), size_(size), breaks_(breaks) {}
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  Task<Bytes> next() override {
    if (at_ < pieces_.size()) co_return as_bytes(pieces_[at_++]);
    if (breaks_) co_return Error(Errc::disconnected, Scope::connection, Retry::now, "cut");
    co_return Bytes{};
  }

 private:
  std::vector<std::string> pieces_;
  std::uint64_t size_;
  bool breaks_;
  std::size_t at_ = 0;
};

CopyItem item(std::string ref) {
  CopyItem out;
  out.ref = MessageRef(std::move(ref));
  return out;
}

TEST(Batch, KeepsBodiesAndKeysApart) {
  std::array<char, 1000> memory{};
  Batch batch(memory);
  EXPECT_TRUE(batch.empty());
  const std::string first = "Message-ID: <1@x>\r\n\r\none";
  const std::string second = "Subject: no id\r\n\r\ntwo";
  Pieces one({first.substr(0, 5), first.substr(5)}, first.size());
  Pieces two({second}, second.size());
  ASSERT_TRUE(run(batch.take(item("a"), one)));
  ASSERT_TRUE(run(batch.take(item("b"), two)));

  ASSERT_EQ(batch.messages().size(), 2U);
  EXPECT_EQ(batch.bytes(), first.size() + second.size());
  EXPECT_EQ(as_text(batch.body(batch.messages()[0])), first);
  EXPECT_EQ(as_text(batch.body(batch.messages()[1])), second);
  EXPECT_EQ(batch.messages()[0].key, key_of_headers(as_bytes(first), first.size()));
  EXPECT_EQ(batch.messages()[1].key, key_of_headers(as_bytes(second), second.size()));
  EXPECT_EQ(batch.messages()[1].item.ref.bytes(), "b");
}

TEST(Batch, FillsToTheLastOctet) {
  std::array<char, 10> memory{};
  Batch batch(memory);
  EXPECT_TRUE(batch.fits(10));
  EXPECT_FALSE(batch.fits(11));
  Pieces whole({"0123456789"}, 10);
  ASSERT_TRUE(run(batch.take(item("a"), whole)));
  EXPECT_TRUE(batch.fits(0));
  EXPECT_FALSE(batch.fits(1));
  Pieces nothing({}, 0);
  ASSERT_TRUE(run(batch.take(item("b"), nothing)));
  EXPECT_EQ(batch.body(batch.messages()[1]).size(), 0U);
}

TEST(Batch, TakesNothingOfAMessageThatBreaksOff) {
  std::array<char, 100> memory{};
  Batch batch(memory);
  Pieces broken({"Message-ID: <9@x>\r\n"}, 50, true);
  EXPECT_EQ(run(batch.take(item("a"), broken)).error().code, Errc::disconnected);
  EXPECT_TRUE(batch.empty());
  EXPECT_EQ(batch.bytes(), 0U);
  // Nor does it spoil the next one.
  const std::string text = "Subject: x\r\n\r\n";
  Pieces whole({text}, text.size());
  ASSERT_TRUE(run(batch.take(item("b"), whole)));
  EXPECT_EQ(as_text(batch.body(batch.messages()[0])), text);
  EXPECT_EQ(batch.messages()[0].key, key_of_headers(as_bytes(text), text.size()));
}

TEST(Batch, NeverWritesBeyondItsEnd) {
  std::array<char, 10> memory{};
  Batch batch(memory);
  Pieces liar({"01234", "56789", "X"}, 3);
  EXPECT_EQ(run(batch.take(item("a"), liar)).error().code, Errc::protocol);
  EXPECT_TRUE(batch.empty());
}

TEST(Batch, IsEmptyAgainAfterClear) {
  std::array<char, 10> memory{};
  Batch batch(memory);
  Pieces whole({"0123456789"}, 10);
  ASSERT_TRUE(run(batch.take(item("a"), whole)));
  batch.clear();
  EXPECT_TRUE(batch.empty());
  EXPECT_TRUE(batch.fits(10));
}

TEST(MemorySource, CanBeReadAgainAfterRewind) {
  MemorySource source(as_bytes("abc"));
  EXPECT_EQ(source.size(), 3U);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(as_text(run(source.next()).value()), "abc");
    EXPECT_TRUE(run(source.next()).value().empty());
    source.rewind();
  }
}

}  // namespace
}  // namespace pf::test
