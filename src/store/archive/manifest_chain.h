// The sums of a manifest's lines.  Each line ends with one over itself and the sum of the line before, so
// that nothing in a manifest can be changed, left out, put in or exchanged without somebody noticing:
//   {"n":1,"gone":true,"sum":"0123456789abcdef"}
#pragma once

#include "base/digest.h"
#include "base/result.h"

#include <string>
#include <string_view>

namespace pf::store {

class ManifestChain {
 public:
  // `lines`, as append_line() writes them, with the sums they get behind the last line taken.
  [[nodiscard]] std::string sealed(std::string_view lines) const;
  // The next line of a file, without its end: whether it is as it was written, and behind the line it was
  // written behind.  Whatever it is, the one after it is compared with what it says.
  bool take(std::string_view line);
  // Whole lines, each with its end: gives `use` each without it, and whether take() found it sound.
  template <class Use>
  Status take_each(std::string_view lines, Use use) {
    while (!lines.empty()) {
      const auto end = lines.find('\n');
      const auto line = lines.substr(0, end);
      PF_TRYV(use(line, take(line)));
      lines.remove_prefix(end + 1);
    }
    return {};
  }

 private:
  std::string last_;
  Sha256 digest_;
};

}  // namespace pf::store
