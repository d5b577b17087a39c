#include "store/maildir/delivery.h"

#include "base/os/fd_io.h"
#include "base/step.h"
#include "store/maildir/locked_file.h"
#include "store/maildir/unique_name.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::store::maildir {

namespace {

// A few files are cheaper one by one than everything the file system has to write.
constexpr std::size_t few = 4;
constexpr std::size_t piece = 262'144;

}  // namespace

Parcel::~Parcel() {
  if (!name_.empty()) ignore(folder_->tmp()->remove_file(name_));
}

Status Parcel::create() {
  const auto name = unique_name(0);
  PF_TRY(fd_, folder_->tmp()->create_file(name));
  name_ = name;
  return {};
}

Status Parcel::put(Bytes file) {
  PF_TRYV(os::write_all(fd_, file, folder_->tmp()->path() / name_));
  in_file_ += file.size();
  return {};
}

// Writes again, octet for octet, what was written with other line ends.
Status Parcel::keep_as_it_is() {
  as_it_is_ = true;
  if (in_file_ == 0) return {};
  const std::string old_name = std::exchange(name_, {});
  const auto& tmp = *folder_->tmp();
  auto written = tmp.open_file(old_name);
  Status done;
  if (!written) done = written.error();
  if (done) done = create();
  in_file_ = 0;
  ToServed back;
  std::string buffer(piece, '\0'), served;
  while (done) {
    const auto got = os::read_up_to(*written, buffer, tmp.path() / old_name);
    if (!got) done = got.error();
    if (!got || *got == 0) break;
    served.clear();
    back.append(Bytes(buffer).first(*got), served);
    done = put(as_bytes(served));
  }
  ignore(tmp.remove_file(old_name));
  return done;
}

Status Parcel::write() {
  if (name_.empty()) PF_TRYV(create());
  served_ += waiting.size();
  std::string file;
  if (!as_it_is_) {
    const ToFile before = to_file_;
    if (!to_file_.append(as_bytes(waiting), file)) {
      PF_TRYV(keep_as_it_is());
      if (before.holds_cr()) PF_TRYV(put(as_bytes("\r")));
    }
  }
  PF_TRYV(put(as_bytes(as_it_is_ ? waiting : file)));
  waiting.clear();
  return {};
}

Status Parcel::finish() {
  if (std::exchange(whole_, true)) return {};
  PF_TRYV(write());
  waiting.shrink_to_fit();  // the others of the batch are still to come
  std::string last;
  if (!as_it_is_) to_file_.finish(last);
  PF_TRYV(put(as_bytes(last)));
  if (durable_) PF_TRYV(os::sync_file(fd_, folder_->tmp()->path() / name_));
  fd_.reset();
  return {};
}

Result<MessageRef> Parcel::deliver(const Keywords& keywords, std::uint64_t& after) {
  // Only now: a date of long ago must not make somebody take the file for one of a dead program.
  if (date_) PF_TRYV(folder_->tmp()->set_modified(name_, date_->unix_seconds()));
  const auto letters = letters_of(flags_, keywords);
  // Served octets; what lone LFs add is not known without another look, and then nothing is said.
  const std::string sizes =
      as_it_is_ ? fmt::format(",S={}", in_file_) : fmt::format(",S={},W={}", in_file_, served_);
  const auto& target = folder_->place(letters.empty());
  for (int tries = 1;; ++tries) {
    const auto unique = unique_name(after);
    const auto name = unique + sizes + (letters.empty() ? "" : ":2," + letters);
    PF_STEP(file);
    const auto renamed = folder_->tmp()->rename_to_new(name_, target, name);
    if (!renamed && (renamed.error().code != Errc::exists || tries == 3)) return renamed.error();
    if (!renamed) continue;
    PF_STEP(file);
    name_.clear();
    after = std::max(after, time_of(unique));
    return ref_of(unique);
  }
}

Result<Keywords> keywords_with(const Folder& folder, const std::vector<const FlagSet*>& flags) {
  PF_TRY(Keywords now, folder.keywords());
  const auto has_all = [](const Keywords& keywords, const FlagSet& set) {
    return std::ranges::all_of(set.keywords(), [&](const auto& k) { return keywords.letter(k).has_value(); });
  };
  if (now.full() || std::ranges::all_of(flags, [&](const auto* set) { return has_all(now, *set); }))
    return now;
  // Letters that somebody uses without having said what they mean are not free.
  PF_TRY(const Listing listing, Listing::read(folder));
  const auto taken = listing.keyword_letters();
  const auto change = [&](const std::string& text) -> std::optional<std::string> {
    now = Keywords::parse(text);
    const auto before = now.to_text();
    for (const auto* set : flags) {
      for (const auto& keyword : set->keywords()) now.add(keyword, taken);
    }
    auto after = now.to_text();
    if (after == before) return std::nullopt;
    return after;
  };
  PF_TRYV(change_locked(*folder.at(), std::string(Keywords::file), Keywords::most_octets, change));
  return now;
}

namespace {

Status prepare(const Folder& folder, std::deque<Parcel>& parcels) {
  const bool alone = parcels.size() <= few && std::ranges::none_of(parcels, &Parcel::whole);
  for (auto& parcel : parcels) {
    if (alone) parcel.make_durable();
    PF_TRYV(parcel.finish());
  }
  if (alone) return {};
  return folder.tmp()->sync_file_system();
}

std::vector<Delivered> all_refused(std::size_t count, const Error& error) {
  return std::vector<Delivered>(count, Delivered{std::nullopt, error});
}

std::vector<std::string> without_letter(const std::vector<const FlagSet*>& flags, const Keywords& keywords) {
  FlagSet lost;
  for (const auto* set : flags) {
    for (const auto& keyword : set->keywords()) {
      if (!keywords.letter(keyword)) lost.add(keyword);
    }
  }
  return lost.keywords();
}

}  // namespace

Result<Delivery> deliver(const std::shared_ptr<const Folder>& folder, std::deque<Parcel>& parcels,
                         std::uint64_t& after) {
  std::vector<const FlagSet*> flags;
  for (const auto& parcel : parcels) flags.push_back(&parcel.flags());
  PF_STEP(file);
  if (const auto ready = prepare(*folder, parcels); !ready)
    return Delivery{all_refused(parcels.size(), ready.error()), {}};
  const auto keywords = keywords_with(*folder, flags);
  if (!keywords) return Delivery{all_refused(parcels.size(), keywords.error()), {}};
  Delivery out{{}, without_letter(flags, *keywords)};
  bool in_cur = false, in_new = false;
  for (auto& parcel : parcels) {
    auto ref = parcel.deliver(*keywords, after);
    if (!ref) {
      // The rest would have the same reason, and would be out of order.
      const auto failed = all_refused(parcels.size() - out.messages.size(), ref.error());
      out.messages.insert(out.messages.end(), failed.begin(), failed.end());
      break;
    }
    (parcel.fresh(*keywords) ? in_new : in_cur) = true;
    out.messages.push_back({*std::move(ref), std::nullopt});
  }
  if (in_cur) PF_TRYV(folder->cur()->sync());
  if (in_new) PF_TRYV(folder->fresh()->sync());
  return out;
}

}  // namespace pf::store::maildir
