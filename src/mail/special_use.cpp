#include "mail/special_use.h"

#include "base/ascii.h"

#include <algorithm>
#include <array>

namespace pf {

namespace {

struct Attribute {
  std::string_view name;
  SpecialUse use;
};

// The first of each use is how we write it.  The last three are Gmail's XLIST, older than RFC 6154.
constexpr std::array attributes{
    Attribute{"\\All", SpecialUse::all},
    Attribute{"\\Archive", SpecialUse::archive},
    Attribute{"\\Drafts", SpecialUse::drafts},
    Attribute{"\\Flagged", SpecialUse::flagged},
    Attribute{"\\Important", SpecialUse::important},
    Attribute{"\\Junk", SpecialUse::junk},
    Attribute{"\\Sent", SpecialUse::sent},
    Attribute{"\\Trash", SpecialUse::trash},
    Attribute{"\\AllMail", SpecialUse::all},
    Attribute{"\\Spam", SpecialUse::junk},
    Attribute{"\\Starred", SpecialUse::flagged},
};

}  // namespace

SpecialUse parse_special_use(std::string_view attribute) {
  const auto* const found =
      std::ranges::find_if(attributes, [&](const Attribute& a) { return iequals(a.name, attribute); });
  return found == attributes.end() ? SpecialUse::none : found->use;
}

std::string_view to_wire(SpecialUse use) {
  const auto* const found = std::ranges::find(attributes, use, &Attribute::use);
  return found == attributes.end() ? std::string_view() : found->name;
}

}  // namespace pf
