// Changes to messages that are there: other names, other folders, gone.  Everything here blocks.
#pragma once

#include "store/maildir/look.h"

#include <memory>
#include <optional>
#include <vector>

namespace pf::store::maildir {

// What the messages have afterwards; those that are gone are left out.
Result<std::vector<MessageMeta>> change_flags(std::shared_ptr<const Folder> folder,
                                              const std::vector<FlagChange>& changes);
Status remove(std::shared_ptr<const Folder> folder, const std::vector<MessageRef>& refs);
// With new names, later than what `to` holds; in the order asked.
Result<std::vector<std::optional<MessageRef>>> move(std::shared_ptr<const Folder> folder,
                                                    const std::vector<MessageRef>& refs, const Folder& to);

}  // namespace pf::store::maildir
