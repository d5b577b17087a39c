#include "sync/batch_memory.h"

#include <algorithm>

namespace pf::sync {

namespace {

constexpr std::size_t octets_of_all_lanes = (std::size_t{18} * 896) << 10;
constexpr std::size_t most_octets = std::size_t{896} << 10, fewest_octets = std::size_t{256} << 10;
constexpr std::size_t parts_of_a_whole = 3;

}  // namespace

BatchMemory::BatchMemory(std::size_t parts, std::size_t part_octets, std::size_t whole_octets)
    : parts_(parts), part_octets_(part_octets), whole_octets_(whole_octets) {}

BatchMemory BatchMemory::of_a_lane(std::size_t lanes, std::size_t on_the_wire) {
  const std::size_t parts = on_the_wire + 1;
  const std::size_t each = std::clamp(octets_of_all_lanes / lanes / parts, fewest_octets, most_octets);
  return {parts, each, parts_of_a_whole * each};
}

void BatchMemory::lay_out(bool whole) {
  if (whole == whole_) return;
  whole_ = whole;
  if (memory_) cut();
}

void BatchMemory::cut() {
  const std::size_t each = whole_ ? whole_octets_ : part_octets_;
  free_.clear();
  for (std::size_t i = batches(); i-- > 0;)
    free_.push_back(std::make_unique<Batch>(std::span(memory_.get() + i * each, each)));
}

std::unique_ptr<Batch> BatchMemory::take() {
  if (!memory_) {
    memory_ = std::make_unique_for_overwrite<char[]>(std::max(parts_ * part_octets_, whole_octets_));
    cut();
  }
  auto batch = std::move(free_.back());
  free_.pop_back();
  return batch;
}

void BatchMemory::give_back(std::unique_ptr<Batch> batch) {
  batch->clear();
  free_.push_back(std::move(batch));
}

}  // namespace pf::sync
