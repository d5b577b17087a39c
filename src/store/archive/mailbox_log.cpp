#include "store/archive/mailbox_log.h"

#include "base/big_endian.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace pf::store {

namespace {

std::optional<std::uint64_t> number_of_size(std::string_view bytes, std::size_t octets) {
  if (bytes.size() != octets) return std::nullopt;
  return from_big_endian(bytes);
}

constexpr std::size_t reference_octets = 4;
constexpr std::size_t checkpoint_octets = 8;

}  // namespace

MessageRef ref_of(std::uint32_t n) {
  return MessageRef(big_endian(n, reference_octets));
}

std::uint32_t number_of(const MessageRef& ref) {
  return static_cast<std::uint32_t>(number_of_size(ref.bytes(), reference_octets).value_or(0));
}

std::optional<std::uint64_t> lines_of(const Checkpoint& checkpoint) {
  return number_of_size(checkpoint.bytes(), checkpoint_octets);
}

Status MailboxLog::say(std::string_view what) const {
  return Error{Errc::io, Scope::mailbox, Retry::never,
               fmt::format("line {} of {}: {}", lines_, manifest_file, what)};
}

Status MailboxLog::apply(std::string_view text) {
  ++lines_;
  if (text.size() > manifest_line_limit) return say("it is too long");
  ManifestLine line;
  if (!parser_.parse(text, line)) return say(parser_.reason());
  const bool header = line.kind == ManifestLine::Kind::mailbox;
  if (header && has_header() && line.header.epoch != header_.epoch) return say("it is of another mailbox");
  if (header) {
    header_ = std::move(line.header);
    return {};
  }
  if (!has_header()) return say("the mailbox is not named before");
  return line.kind == ManifestLine::Kind::message ? add(line) : change(line);
}

Result<std::uint32_t> MailboxLog::set_of(std::string_view text) {
  const std::string key(text);
  if (const auto known = flag_index_.find(key); known != flag_index_.end()) return known->second;
  flag_octets_ += text.size();
  if (flag_octets_ > most_flag_octets) return say("there are too many different flags").error();
  const auto index = static_cast<std::uint32_t>(flag_sets_.size());
  flag_sets_.push_back(FlagSet::parse(text));
  flag_index_.emplace(key, index);
  return index;
}

Status MailboxLog::add(const ManifestLine& line) {
  const MessageRecord& record = line.message;
  if (record.n < next_ || record.n == std::numeric_limits<std::uint32_t>::max())
    return say("the number is not above those before");
  if (messages_.size() == most_messages) return say("there are too many messages");
  PF_TRY(const std::uint32_t flags, set_of(line.flags));
  messages_.push_back({record, flags, lines_, false});
  next_ = record.n + 1;
  ++live_;
  if (names_) names_->used.insert(record.stem());
  return {};
}

Status MailboxLog::change(const ManifestLine& line) {
  const auto known = place(line.message.n);
  if (known == messages_.end() || known->record.n != line.message.n || known->gone)
    return say("there is no such message");
  LoggedMessage& message = messages_[static_cast<std::size_t>(known - messages_.begin())];
  if (line.kind == ManifestLine::Kind::flags) {
    PF_TRY(message.flags, set_of(line.flags));
    message.changed = lines_;
    return {};
  }
  message.gone = true;
  --live_;
  gone_.push_back({lines_, message.record.n, message.record.stem()});
  give_back(message.record.stem());
  forget_some();
  return {};
}

// Now and then, so that it costs nothing in the mean.
void MailboxLog::forget_some() {
  if (messages_.size() - live_ <= live_ + 1000) return;
  std::erase_if(messages_, [](const LoggedMessage& m) { return m.gone; });
}

MailboxStatus MailboxLog::status() const {
  return {Epoch(header_.epoch), Position(big_endian(next_, reference_octets)), live_,
          Checkpoint(big_endian(lines_, checkpoint_octets))};
}

std::vector<LoggedMessage>::const_iterator MailboxLog::place(std::uint32_t n) const {
  return std::ranges::lower_bound(messages_, n, {}, [](const LoggedMessage& m) { return m.record.n; });
}

const LoggedMessage* MailboxLog::find(std::uint32_t n) const {
  const auto at = place(n);
  return at != messages_.end() && at->record.n == n && !at->gone ? &*at : nullptr;
}

const LoggedMessage* MailboxLog::first_from(std::uint32_t n) const {
  auto at = place(n);
  while (at != messages_.end() && at->gone) ++at;
  return at == messages_.end() ? nullptr : &*at;
}

MessageMeta MailboxLog::meta(const LoggedMessage& message, ScanFields fields) const {
  MessageMeta out;
  out.ref = ref_of(message.record.n);
  if (fields >= ScanFields::flags) out.flags = flags(message);
  if (fields >= ScanFields::basic) {
    out.date = message.record.date;
    out.size = message.record.size;
  }
  if (fields == ScanFields::keys) out.key = message.record.key;
  return out;
}

Changes MailboxLog::changes_since(std::uint64_t lines) const {
  Changes out;
  for (const auto& message : messages_) {
    if (!message.gone && message.changed > lines) out.changed.push_back(meta(message, ScanFields::flags));
  }
  std::vector<std::uint32_t> gone;
  for (auto at = gone_.rbegin(); at != gone_.rend() && at->line > lines; ++at) gone.push_back(at->n);
  std::ranges::sort(gone);
  std::uint32_t last = 0;
  for (const std::uint32_t n : gone) {
    if (out.vanished.empty() || last + 1 != n) out.vanished.push_back({ref_of(n), {}});
    out.vanished.back().last = ref_of(n);
    last = n;
  }
  return out;
}

// ---- names

MailboxLog::Names& MailboxLog::names() {
  if (names_) return *names_;
  names_.emplace();
  names_->used.reserve(live_);
  for (const auto& message : messages_) {
    if (!message.gone) names_->used.insert(message.record.stem());
  }
  return *names_;
}

std::uint32_t MailboxLog::take_ordinal(std::int64_t seconds, std::uint64_t prefix) {
  Names& known = names();
  const Stem all{seconds, prefix, 0};
  const auto from = known.first_free.find(all);
  Stem stem{seconds, prefix, from == known.first_free.end() ? 1 : from->second};
  while (known.used.contains(stem)) ++stem.ordinal;
  if (stem.ordinal > 1) known.first_free[all] = stem.ordinal;
  known.used.insert(stem);
  return stem.ordinal;
}

void MailboxLog::give_back(const Stem& stem) {
  if (!names_ || names_->used.erase(stem) == 0) return;
  const auto from = names_->first_free.find({stem.seconds, stem.prefix, 0});
  if (from != names_->first_free.end()) from->second = std::min(from->second, stem.ordinal);
}

std::vector<Stem> MailboxLog::just_gone() {
  std::vector<Stem> out;
  std::uint64_t line = lines_;
  for (auto gone = gone_.rbegin(); gone != gone_.rend() && gone->line == line; ++gone, --line) {
    if (!names().used.contains(gone->stem)) out.push_back(gone->stem);
  }
  return out;
}

}  // namespace pf::store
