#include "store/archive/mailbox_list.h"

#include "store/archive/archive_root.h"
#include "store/archive/flat_json.h"
#include "store/archive/manifest.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace pf::store {

namespace {

constexpr std::string_view format_name = "postferry-mailboxes";
constexpr std::uint64_t format_version = 1;
constexpr std::size_t new_list_limit = 4096;

std::string header_line() {
  std::string out;
  FlatJsonWriter(out).text("format", format_name).number("version", format_version).end();
  out += '\n';
  return out;
}

void append_line(std::string& out, const ListedMailbox& mailbox) {
  FlatJsonWriter(out).text("epoch", mailbox.epoch).text("mailbox", mailbox.mailbox).end();
  out += '\n';
}

void append_gone_line(std::string& out, const std::string& epoch) {
  FlatJsonWriter(out).text("epoch", epoch).truth("gone", true).end();
  out += '\n';
}

// Which members a line has.
enum Seen : std::uint32_t { format = 1, version = 2, epoch = 4, mailbox = 8, gone = 16 };

// One member into its place.  0: it is none of ours; nothing: it is not what it must be.
std::optional<std::uint32_t> take_member(const JsonMember& m, ListedMailbox& out) {
  using Kind = JsonMember::Kind;
  const auto when = [](bool fine, Seen which) {
    return fine ? std::optional<std::uint32_t>(which) : std::nullopt;
  };
  const bool text = m.kind == Kind::text;
  if (m.key == "format") return when(text && m.text == format_name, format);
  if (m.key == "version") return when(m.kind == Kind::number && m.number == format_version, version);
  if (m.key == "gone") return when(m.kind == Kind::truth && m.truth, gone);
  if (m.key == "epoch") {
    out.epoch = m.text;
    return when(text && !m.text.empty() && m.text.size() <= epoch_limit, epoch);
  }
  if (m.key == "mailbox") {
    out.mailbox = m.text;
    return when(text && !m.text.empty() && m.text.size() <= mailbox_name_limit, mailbox);
  }
  return 0;
}

}  // namespace

// ---- reading

Status MailboxList::say(std::string_view what) const {
  return Error{Errc::io, Scope::account, Retry::never,
               fmt::format("line {} of {}: {}", lines_, list_file, what)};
}

Status MailboxList::apply(std::string_view line, bool sound) {
  ++lines_;
  if (line.size() > manifest_line_limit) return say("it is too long");
  ListedMailbox found;
  std::uint32_t seen = 0;
  FlatJsonReader reader(line);
  JsonMember member;
  while (reader.next(member)) {
    const auto which = take_member(member, found);
    if (!which) return say(fmt::format("\"{}\" has no sense", member.key));
    if ((seen & *which) != 0) return say(fmt::format("\"{}\" stands there twice", member.key));
    seen |= *which;
  }
  if (!reader.ok()) return say("this is no line of a list");
  if (seen == (format | version)) {
    if (std::exchange(has_header_, true)) return say("the beginning stands there twice");
  } else if (seen == (epoch | mailbox)) {
    if (entries_.size() == most_mailboxes && !entries_.contains(found.epoch))
      return say("there are too many mailboxes");
    entries_[found.epoch] = {std::move(found.mailbox), false};
  } else if (seen == (epoch | gone)) {
    const auto known = entries_.find(found.epoch);
    if (known == entries_.end() || known->second.gone) return say("there is no such mailbox");
    known->second = {{}, true};
  } else {
    return say("members are missing");
  }
  if (!sound) return say("it, or the line before, is not what was written: the sum is wrong");
  return {};
}

void MailboxList::take(std::string_view lines, const Complain& complain) {
  ignore(chain_.take_each(lines, [&](std::string_view line, bool sound) -> Status {
    if (auto taken = apply(line, sound); !taken) {
      damaged_ = true;
      if (complain) complain(taken.error());
    }
    return {};
  }));
}

Result<MailboxList> MailboxList::load(const os::Directory& root, const Complain& complain) {
  MailboxList list;
  PF_TRYV(list.file_.read(root, [&](std::string_view lines) -> Status {
    list.take(lines, complain);
    return {};
  }));
  if (!list.has_header_ && !list.damaged_) {
    list.damaged_ = true;
    const Error error(Errc::io, Scope::account, Retry::never,
                      fmt::format("{} has lost its beginning", list_file));
    if (complain) complain(error);
  }
  return list;
}

bool MailboxList::is_new(const os::Directory& root) {
  const auto text = root.read_file(list_file, new_list_limit);
  return text && *text == ManifestChain().sealed(header_line());
}

MailboxList::State MailboxList::state(const std::string& epoch) const {
  const auto known = entries_.find(epoch);
  if (known == entries_.end()) return State::unknown;
  return known->second.gone ? State::gone : State::listed;
}

std::string_view MailboxList::name_of(const std::string& epoch) const {
  const auto known = entries_.find(epoch);
  return known == entries_.end() ? std::string_view() : std::string_view(known->second.mailbox);
}

std::vector<ListedMailbox> MailboxList::listed() const {
  std::vector<ListedMailbox> out;
  for (const auto& [epoch, entry] : entries_) {
    if (!entry.gone) out.push_back({epoch, entry.mailbox});
  }
  return out;
}

Result<std::uint64_t> MailboxList::torn_octets(const os::Directory& root) const {
  return file_.torn_octets(root);
}

// ---- writing

Status MailboxList::make(const os::Directory& root, std::span<const ListedMailbox> mailboxes) {
  std::string lines = header_line();
  for (const auto& mailbox : mailboxes) append_line(lines, mailbox);
  return make_whole_file(root, list_file, ManifestChain().sealed(lines));
}

Status MailboxList::write(const os::Directory& root, std::string_view unsealed) {
  const LineFile::Take take_all = [this](std::string_view lines) -> Status {
    take(lines, {});
    return {};
  };
  PF_TRYV(file_.read(root, take_all));  // nobody else writes: it says when the file is another, or gone
  return file_.append(root, chain_.sealed(unsealed), take_all);
}

Status MailboxList::add(const os::Directory& root, std::span<const ListedMailbox> mailboxes) {
  std::string lines;
  for (const auto& mailbox : mailboxes) append_line(lines, mailbox);
  return lines.empty() ? Status{} : write(root, lines);
}

Status MailboxList::remove(const os::Directory& root, const std::string& epoch) {
  if (state(epoch) != State::listed) return {};
  std::string line;
  append_gone_line(line, epoch);
  return write(root, line);
}

}  // namespace pf::store
