#include "sync/policy.h"

namespace pf::sync {

std::string_view name(Mode mode) {
  switch (mode) {
    case Mode::copy:
      return "copy";
    case Mode::mirror:
      return "mirror";
    case Mode::two_way:
      return "two-way";
  }
  return "copy";
}

}  // namespace pf::sync
