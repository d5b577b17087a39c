// Messages on their way into a folder: written to tmp/, on the disk before anybody sees them, then given
// their names in cur/ or new/.  Everything here blocks, and one thread at a time is in it.
#pragma once

#include "mail/flag.h"
#include "mail/internal_date.h"
#include "store/maildir/folder.h"
#include "store/maildir/line_ends.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pf::store::maildir {

// One message; its file goes with it unless it was delivered.
class Parcel {
 public:
  Parcel(std::shared_ptr<const Folder> folder, FlagSet flags, std::optional<InternalDate> date)
      : flags_(std::move(flags)), date_(date), folder_(std::move(folder)) {}
  ~Parcel();
  Parcel(const Parcel&) = delete;
  Parcel& operator=(const Parcel&) = delete;

  // finish() brings the octets to the disk, too; else somebody has to sync the file system.
  void make_durable() { durable_ = true; }

  // Octets as served that wait to be written; filled by whoever has them.
  std::string waiting;

  // Writes what waits.
  Status write();
  // Writes the rest, once; the file is whole and closed.
  Status finish();
  // Under its final name, later than `after`, which then is its time; tells the reference.
  Result<MessageRef> deliver(const Keywords& keywords, std::uint64_t& after);

  [[nodiscard]] bool whole() const { return whole_; }
  [[nodiscard]] const FlagSet& flags() const { return flags_; }
  // In new/ it goes, as a message that nobody has seen: Dovecot stores an APPEND without flags there, too.
  [[nodiscard]] bool fresh(const Keywords& keywords) const { return letters_of(flags_, keywords).empty(); }

 private:
  Status create();
  Status put(Bytes file);
  Status keep_as_it_is();

  FlagSet flags_;
  std::optional<InternalDate> date_;
  std::shared_ptr<const Folder> folder_;
  std::string name_;  // in tmp/; empty: there is none
  os::Fd fd_;
  ToFile to_file_;
  bool as_it_is_ = false, whole_ = false, durable_ = false;
  std::uint64_t in_file_ = 0, served_ = 0;
};

// Keywords of `flags` that have no letter yet get one, as long as there are any.
Result<Keywords> keywords_with(const Folder& folder, const std::vector<const FlagSet*>& flags);

struct Delivered {
  std::optional<MessageRef> ref;
  std::optional<Error> error;  // when not
};
struct Delivery {
  std::vector<Delivered> messages;
  std::vector<std::string> lost_keywords;  // for which there was no letter, each once
};
// All of them, in order.  An Error: nothing of what was delivered is sure to last.  Where the first cannot be
// delivered, none is.
Result<Delivery> deliver(const std::shared_ptr<const Folder>& folder, std::deque<Parcel>& parcels,
                         std::uint64_t& after);

}  // namespace pf::store::maildir
