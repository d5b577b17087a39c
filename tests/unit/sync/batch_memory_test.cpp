#include "sync/batch_memory.h"

#include "support/run_task.h"

#include <gtest/gtest.h>

namespace pf::test {
namespace {

using sync::Batch;
using sync::BatchMemory;
using sync::MemorySource;

void fill(Batch& batch, const std::string& text) {
  MemorySource body(as_bytes(text));
  ASSERT_TRUE(run(batch.take({}, body)));
}

std::string text_of(const Batch& batch) {
  return std::string(as_text(batch.body(batch.messages().at(0))));
}

TEST(BatchMemory, SeveralBatchesDoNotTouchEachOther) {
  BatchMemory memory(3, 4, 8);
  EXPECT_EQ(memory.batches(), 3U);
  const auto first = memory.take();
  const auto second = memory.take();
  const auto third = memory.take();
  fill(*third, "cccc");
  fill(*first, "aaaa");
  fill(*second, "bbbb");
  EXPECT_FALSE(first->fits(1));
  EXPECT_EQ(text_of(*first), "aaaa");
  EXPECT_EQ(text_of(*second), "bbbb");
  EXPECT_EQ(text_of(*third), "cccc");
}

TEST(BatchMemory, WhatComesBackIsGivenOutEmpty) {
  BatchMemory memory(2, 4, 8);
  auto one = memory.take();
  const auto other = memory.take();
  fill(*one, "aaaa");
  memory.give_back(std::move(one));
  const auto again = memory.take();
  EXPECT_TRUE(again->empty());
  EXPECT_TRUE(again->fits(4));
}

TEST(BatchMemory, IsOneLargeBatchAndSeveralAgain) {
  BatchMemory memory(3, 4, 8);
  memory.give_back(memory.take());
  memory.lay_out(true);
  EXPECT_TRUE(memory.is_whole());
  EXPECT_EQ(memory.batches(), 1U);
  auto whole = memory.take();
  EXPECT_TRUE(whole->fits(8));
  EXPECT_FALSE(whole->fits(9));
  memory.give_back(std::move(whole));
  memory.lay_out(false);
  EXPECT_EQ(memory.batches(), 3U);
  EXPECT_FALSE(memory.take()->fits(5));
}

TEST(BatchMemory, MayBeginAsOneLargeBatch) {
  BatchMemory memory(1, 4, 8);
  memory.lay_out(true);
  const auto whole = memory.take();
  fill(*whole, "12345678");
  EXPECT_EQ(text_of(*whole), "12345678");
}

TEST(BatchMemory, ManyLanesTakeNoMoreThanSix) {
  for (const std::size_t lanes : {1, 4, 6, 9, 20}) {
    SCOPED_TRACE(lanes);
    constexpr std::size_t on_the_wire = 2, all = (std::size_t{18} * 896) << 10;
    auto memory = BatchMemory::of_a_lane(lanes, on_the_wire);
    EXPECT_EQ(memory.batches(), on_the_wire + 1);
    EXPECT_LE(lanes * memory.batches() * memory.least_octets(), all);
    EXPECT_TRUE(memory.take()->fits(std::size_t{256} << 10));
    BatchMemory whole = BatchMemory::of_a_lane(lanes, on_the_wire);
    whole.lay_out(true);
    EXPECT_TRUE(whole.take()->fits(3 * whole.least_octets()));
  }
}

}  // namespace
}  // namespace pf::test
