// The memory a lane has for messages, in one block: laid out as several batches, of which one is filled while
// the others are on the wire, or as one large one.
#pragma once

#include "sync/batch.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace pf::sync {

class BatchMemory {
 public:
  // Room for `parts` batches of `part_octets` each, or for one of `whole_octets`.  Reserved at the first
  // batch, touched as far as they are filled.
  BatchMemory(std::size_t parts, std::size_t part_octets, std::size_t whole_octets);
  // What is due to each of so many lanes with so many batches on the wire: about 16 MB for all of them.
  static BatchMemory of_a_lane(std::size_t lanes, std::size_t on_the_wire);

  // How many batches there are, those that were taken included.
  [[nodiscard]] std::size_t batches() const { return whole_ ? 1 : parts_; }
  [[nodiscard]] bool is_whole() const { return whole_; }
  // Room in a batch, however the memory is laid out.
  [[nodiscard]] std::size_t least_octets() const { return part_octets_; }
  // From now on one large batch, or several.  None may be out.
  void lay_out(bool whole);

  // An empty one.  Fewer than batches() may be out.
  [[nodiscard]] std::unique_ptr<Batch> take();
  void give_back(std::unique_ptr<Batch> batch);

 private:
  void cut();

  std::size_t parts_, part_octets_, whole_octets_;
  bool whole_ = false;
  std::unique_ptr<char[]> memory_;
  std::vector<std::unique_ptr<Batch>> free_;
};

}  // namespace pf::sync
