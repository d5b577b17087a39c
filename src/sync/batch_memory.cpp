#include "sync/batch_memory.h"

#include <algorithm>

namespace pf::sync {

BatchMemory::BatchMemory(std::size_t parts, std::size_t part_octets, std::size_t whole_octets)
    : parts_(parts), part_octets_(part_octets), whole_octets_(whole_octets) {}

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
