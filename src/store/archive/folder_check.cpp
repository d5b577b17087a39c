#include "store/archive/folder_check.h"

#include "store/archive/message_file.h"
#include "store/archive/sidecar.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace pf::store {

namespace {

using Kind = ArchiveFinding::Kind;

// A batch is a moment's work for one thread.
constexpr std::size_t batch_messages = 256;
constexpr std::uint64_t batch_octets = std::uint64_t{8} << 20;

Kind kind_of(const Error& error) {
  if (error.code == Errc::not_found) return Kind::missing;
  return error.code == Errc::permission ? Kind::refused : Kind::damaged;
}

// What an error says of a file, without the file.
std::string said(const Error& error, const std::string& path) {
  if (error.code == Errc::not_found) return "is not there";
  const auto at = error.context.find(path);
  if (at == std::string::npos) return error.context;
  std::string out = error.context;
  out.erase(at, path.size() + (at == 0 ? 1U : 0U));
  return out;
}

// Files of a folder that are not the owner's alone: one finding for all of them.
class Shared {
 public:
  void look(const os::Directory& folder, const std::string& name) {
    const auto status = folder.status(name);
    if (!status || (status->mode & beyond_owner) == 0) return;
    if (count_++ > 0) return;
    first_ = name;
    mode_ = status->mode;
  }
  void tell(const std::string& folder, ArchiveFindings& out) const {
    if (count_ == 0) return;
    std::string text = shared_text(mode_);
    if (count_ > 1) text += fmt::format(", and {} more here", count_ - 1);
    out.add({Kind::note, folder + "/" + first_, std::move(text)});
  }

 private:
  std::uint64_t count_ = 0;
  std::string first_;
  std::uint32_t mode_ = 0;
};

std::vector<Stem> stems_of(MailboxFolder& folder) {
  std::vector<Stem> out;
  folder.with([&](const MailboxLog& log) {
    out.reserve(static_cast<std::size_t>(log.status().count));
    for (const auto* at = log.first_from(0); at != nullptr; at = log.first_from(at->record.n + 1))
      out.push_back(at->record.stem());
  });
  std::ranges::sort(out);
  return out;
}

std::optional<Stem> stem_of(std::string_view file) {
  for (const std::string_view ending : {".eml", ".json"}) {
    if (file.ends_with(ending)) return Stem::parse(file.substr(0, file.size() - ending.size()));
  }
  return std::nullopt;
}

void tell_unknown(const CheckedFolder& folder, const os::Entry& entry, bool of_message,
                  ArchiveFindings& out) {
  const bool link = entry.kind == os::Entry::Kind::link;
  const bool other = entry.kind == os::Entry::Kind::other;
  std::string text = "no file of an archive";
  if (of_message)
    text = "belongs to no message of the mailbox: put there, or left by an export that was killed";
  if (link || other) text = link ? "a symbolic link" : "no regular file";
  out.add({link || other ? Kind::refused : Kind::unknown, folder.name + "/" + entry.name, std::move(text)});
}

Status look_at_files(CheckedFolder& folder) {
  const auto known = stems_of(*folder.folder);
  const os::Directory& directory = folder.folder->directory();
  Shared shared;
  auto walked = directory.each([&](const os::Entry& entry) -> Status {
    const auto stem = stem_of(entry.name);
    const bool of_known = stem && std::ranges::binary_search(known, *stem);  // looked at with its message
    if (of_known || entry.name == manifest_file)
      shared.look(directory, entry.name);
    else
      tell_unknown(folder, entry, stem.has_value(), folder.findings);
    return {};
  });
  shared.tell(folder.name, folder.findings);
  return walked;
}

void check_sidecar(const CheckedFolder& folder, const MessageRecord& record, const std::string& flags,
                   ArchiveFindings& out) {
  const std::string name = sidecar_file(record.stem().to_string());
  const std::string file = folder.name + "/" + name;
  const auto text = folder.folder->directory().read_file(name, sidecar_limit);
  if (!text) {
    out.add(text.error(), folder.folder->directory().path() / name, file);
    return;
  }
  const auto parsed = parse_sidecar(*text);
  if (!parsed) {
    out.add({Kind::damaged, file, "is not what was written: no such object"});
  } else if (*text == sidecar_text(parsed->mailbox, record, flags)) {
    return;
  } else if (*text == sidecar_text(parsed->mailbox, record, parsed->flags)) {
    // It is written before the line that says so.
    out.add({Kind::note, file,
             "has other flags than the manifest: a change was cut off; the next makes it again"});
  } else {
    out.add({Kind::damaged, file, "is not what was written: it and the manifest differ"});
  }
}

void check_octets(const CheckedFolder& folder, const MessageRecord& record, ArchiveFindings& out) {
  auto file = MessageFile::open(folder.folder->directory(), record, false);
  Status done = file ? Status{} : Status(file.error());
  if (file && file->size() <= MessageFile::whole_limit) {
    auto whole = file->whole();
    if (!whole) done = std::move(whole).error();
  } else if (file) {
    done = file->check();
  }
  if (done) return;
  const std::string name = message_file(record.stem().to_string());
  out.add(done.error(), folder.folder->directory().path() / name, folder.name + "/" + name);
}

}  // namespace

std::string shared_text(std::uint32_t mode) {
  return fmt::format("others than its owner may read or change it (mode {:04o})", mode);
}

void ArchiveFindings::add(ArchiveFinding finding) {
  // Apart, so that notes hide no problem.
  std::size_t& count = finding.kind == Kind::note ? notes_ : problems_;
  if (count > most) return;
  if (count++ == most) {
    finding.file.erase(std::min(finding.file.find('/'), finding.file.size()));
    finding.text = "there is more of this than is worth telling";
  }
  all_.push_back(std::move(finding));
}

void ArchiveFindings::add(const Error& error, const std::filesystem::path& path, std::string file) {
  add({kind_of(error), std::move(file), said(error, path.native())});
}

CheckedFolder check_folder(const os::Directory& root, const std::string& name) {
  CheckedFolder out;
  out.name = name;
  out.damaged = true;
  auto directory = root.open_below(name);
  if (!directory) {
    out.findings.add(directory.error(), root.path() / name, name);
    return out;
  }
  const std::string manifest = fmt::format("{}/{}", name, manifest_file);
  bool damaged = false;
  MailboxFolder::Options options;
  options.complain = [&](const Error& error) {
    damaged = true;
    out.findings.add({Kind::damaged, manifest, error.context});
  };
  auto folder = MailboxFolder::load(*std::move(directory), std::move(options));
  if (!folder) {
    const bool gone = folder.error().code == Errc::not_found;
    out.findings.add(
        {kind_of(folder.error()), manifest,
         gone ? "is not there: what is in this folder cannot be checked" : folder.error().context});
    return out;
  }
  out.damaged = damaged;
  out.folder = *std::move(folder);
  out.header = out.folder->with([](const MailboxLog& log) { return log.header(); });
  if (const auto torn = out.folder->torn_octets(); torn && *torn > 0)
    out.findings.add({Kind::damaged, manifest, torn_text(*torn)});
  if (auto walked = look_at_files(out); !walked)
    out.findings.add({kind_of(walked.error()), name, walked.error().context});
  return out;
}

std::string torn_text(std::uint64_t octets) {
  return fmt::format("ends with {} octets of a line that was cut off; the next export removes them", octets);
}

MessageBatch batch_from(MailboxFolder& folder, std::uint32_t first) {
  MessageBatch out;
  std::uint64_t octets = 0;
  folder.with([&](const MailboxLog& log) {
    const LoggedMessage* at = log.first_from(first);
    while (at != nullptr && out.messages.size() < batch_messages && octets < batch_octets) {
      out.messages.emplace_back(at->record, log.flags(*at).to_string());
      octets += at->record.size;
      at = log.first_from(at->record.n + 1);
    }
    out.next = at == nullptr ? 0 : at->record.n;
  });
  return out;
}

ArchiveFindings check_messages(const CheckedFolder& folder, const MessageBatch& batch) {
  ArchiveFindings out;
  for (const auto& [record, flags] : batch.messages) {
    check_octets(folder, record, out);
    check_sidecar(folder, record, flags, out);
  }
  return out;
}

}  // namespace pf::store
