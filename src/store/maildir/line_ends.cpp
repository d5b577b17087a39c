#include "store/maildir/line_ends.h"

namespace pf::store::maildir {

void ToServed::append(Bytes file, std::string& served) {
  auto rest = as_text(file);
  while (!rest.empty()) {
    const auto lf = rest.find('\n');
    const auto line = rest.substr(0, lf);
    served += line;
    if (!line.empty()) after_cr_ = line.back() == '\r';
    if (lf == std::string_view::npos) return;
    if (!after_cr_) served += '\r';
    served += '\n';
    after_cr_ = false;
    rest.remove_prefix(lf + 1);
  }
}

std::uint64_t ToServed::size_of(Bytes file) {
  std::uint64_t size = file.size();
  auto rest = as_text(file);
  while (!rest.empty()) {
    const auto lf = rest.find('\n');
    if (lf != 0) after_cr_ = rest[(lf == std::string_view::npos ? rest.size() : lf) - 1] == '\r';
    if (lf == std::string_view::npos) break;
    if (!after_cr_) ++size;
    after_cr_ = false;
    rest.remove_prefix(lf + 1);
  }
  return size;
}

bool ToFile::append(Bytes served, std::string& file) {
  auto rest = as_text(served);
  while (!rest.empty()) {
    const auto lf = rest.find('\n');
    if (lf == std::string_view::npos) {
      if (holds_cr_) {
        file += '\r';
        after_cr_ = true;
      }
      holds_cr_ = rest.back() == '\r';
      rest.remove_suffix(holds_cr_ ? 1 : 0);
      if (rest.empty()) return true;
      file += rest;
      after_cr_ = rest.back() == '\r';
      return true;
    }
    auto line = rest.substr(0, lf);
    if (line.empty()) {
      if (!holds_cr_) return false;  // a LF of its own
    } else {
      if (line.back() != '\r') return false;
      if (holds_cr_) {
        file += '\r';
        after_cr_ = true;
      }
      line.remove_suffix(1);
      file += line;
      if (!line.empty()) after_cr_ = line.back() == '\r';
    }
    if (after_cr_) return false;  // CR CR LF
    holds_cr_ = false;
    file += '\n';
    rest.remove_prefix(lf + 1);
  }
  return true;
}

void ToFile::finish(std::string& file) {
  if (holds_cr_) file += '\r';
  holds_cr_ = false;
}

}  // namespace pf::store::maildir
