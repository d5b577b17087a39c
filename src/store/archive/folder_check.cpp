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
// Of one folder, but for its messages, so that nobody's rubbish takes all memory.
constexpr std::size_t most_findings = 100'000;

Kind kind_of(const Error& error) {
  if (error.code == Errc::not_found) return Kind::missing;
  return error.code == Errc::permission ? Kind::refused : Kind::damaged;
}

// What an error says of a file, without the file.
std::string said(const Error& error, const os::Directory& folder, const std::string& name) {
  if (error.code == Errc::not_found) return "is not there";
  const std::string path = (folder.path() / name).native();
  const auto at = error.context.find(path);
  if (at == std::string::npos) return error.context;
  std::string out = error.context;
  out.erase(at, path.size() + (at == 0 ? 1U : 0U));
  return out;
}

class Findings {
 public:
  explicit Findings(CheckedFolder& folder) : folder_(folder) {}

  void add(Kind kind, std::string_view file, std::string text) {
    auto& all = folder_.findings;
    if (all.size() < most_findings)
      all.push_back({kind, fmt::format("{}/{}", folder_.name, file), std::move(text)});
    else if (all.size() == most_findings)
      all.push_back({kind, folder_.name, "there is more of this than is worth telling"});
  }

 private:
  CheckedFolder& folder_;
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

Status find_unknown_files(MailboxFolder& folder, Findings& findings) {
  const auto known = stems_of(folder);
  return folder.directory().each([&](const os::Entry& entry) -> Status {
    if (entry.name == manifest_file) return {};
    const auto stem = stem_of(entry.name);
    if (stem && std::ranges::binary_search(known, *stem)) return {};  // looked at with its message
    const bool link = entry.kind == os::Entry::Kind::link;
    const bool other = entry.kind == os::Entry::Kind::other;
    if (link || other)
      findings.add(Kind::refused, entry.name, link ? "a symbolic link" : "no regular file");
    else if (stem)
      findings.add(Kind::unknown, entry.name,
                   "belongs to no message of the mailbox: put there, or left by an export that was killed");
    else
      findings.add(Kind::unknown, entry.name, "no file of an archive");
    return {};
  });
}

void check_sidecar(const CheckedFolder& folder, const MessageRecord& record, const std::string& flags,
                   ArchiveFindings& out) {
  const std::string name = sidecar_file(record.stem().to_string());
  const std::string file = folder.name + "/" + name;
  const auto text = folder.folder->directory().read_file(name, sidecar_limit);
  if (!text) {
    out.push_back({kind_of(text.error()), file, said(text.error(), folder.folder->directory(), name)});
    return;
  }
  const auto parsed = parse_sidecar(*text);
  if (!parsed)
    out.push_back({Kind::damaged, file, "is not what was written: no such object"});
  else if (*text != sidecar_text(parsed->mailbox, record, flags))
    out.push_back({Kind::damaged, file, "is not what was written: it and the manifest differ"});
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
  out.push_back({kind_of(done.error()), folder.name + "/" + name,
                 said(done.error(), folder.folder->directory(), name)});
}

}  // namespace

CheckedFolder check_folder(const os::Directory& root, const std::string& name) {
  CheckedFolder out;
  out.name = name;
  Findings findings(out);
  auto directory = root.open_below(name);
  if (!directory) {
    out.findings.push_back({kind_of(directory.error()), name, directory.error().context});
    return out;
  }
  MailboxFolder::Options options;
  options.complain = [&findings](const Error& error) {
    findings.add(Kind::damaged, manifest_file, error.context);
  };
  auto folder = MailboxFolder::load(*std::move(directory), std::move(options));
  if (!folder) {
    const bool gone = folder.error().code == Errc::not_found;
    findings.add(kind_of(folder.error()), manifest_file,
                 gone ? "is not there: what is in this folder cannot be checked" : folder.error().context);
    return out;
  }
  out.folder = *std::move(folder);
  out.header = out.folder->with([](const MailboxLog& log) { return log.header(); });
  if (const auto torn = out.folder->torn_octets(); torn && *torn > 0)
    findings.add(
        Kind::damaged, manifest_file,
        fmt::format("ends with {} octets of a line that was cut off; the next export removes them", *torn));
  if (auto walked = find_unknown_files(*out.folder, findings); !walked)
    out.findings.push_back({kind_of(walked.error()), name, walked.error().context});
  return out;
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
