#include "store/archive/mailbox_folder.h"

#include "base/os/fd_io.h"
#include "base/step.h"
#include "store/archive/errors.h"

#include <fmt/format.h>

#include <algorithm>

namespace pf::store {

namespace {

constexpr std::uint64_t manifest_limit = std::uint64_t{4} << 30;  // octets
constexpr std::size_t most_complaints = 20;

}  // namespace

MailboxFolder::MailboxFolder(os::Directory directory, Options options)
    : directory_(std::move(directory)),
      options_(std::move(options)),
      manifest_(manifest_file, manifest_limit),
      take_([this](std::string_view lines) { return take_lines(lines); }) {}

Status MailboxFolder::make(const os::Directory& root, std::string_view name, const MailboxHeader& header) {
  const std::string temporary = temporary_name();
  PF_TRY(const os::Directory folder, root.open_or_make_below(temporary));
  std::string text;
  append_line(text, header);
  text = ManifestChain().sealed(text);
  {
    const auto path = folder.path() / manifest_file;
    PF_TRY(const os::Fd fd, folder.create_file(manifest_file));
    PF_TRYV(os::write_all(fd, as_bytes(text), path));
    PF_TRYV(os::sync_file(fd, path));
  }
  PF_TRYV(folder.sync());
  PF_STEP(file);
  auto renamed = root.rename_to_new(temporary, root, name);
  if (!renamed) {
    ignore(folder.remove_file(manifest_file));
    ignore(root.remove_directory(temporary));
    return renamed;
  }
  PF_STEP(file);
  return root.sync();
}

Result<std::shared_ptr<MailboxFolder>> MailboxFolder::load(os::Directory directory, Options options) {
  std::shared_ptr<MailboxFolder> folder(new MailboxFolder(std::move(directory), std::move(options)));
  PF_TRYV(folder->catch_up());
  if (folder->log_.has_header()) return folder;
  return Error{
      Errc::io, Scope::mailbox, Retry::never,
      fmt::format("{} does not name its mailbox", (folder->directory_.path() / manifest_file).native())};
}

Status MailboxFolder::catch_up() {
  if (retired_)
    return Error{Errc::disconnected, Scope::connection, Retry::now,
                 fmt::format("{} is no longer the mailbox it was", directory_.path().native())};
  const std::scoped_lock guard(reading_);
  auto done = manifest_.read(directory_, take_);
  if (!done && done.error().scope != Scope::connection) return of_mailbox(std::move(done).error());
  return done;
}

Result<std::uint64_t> MailboxFolder::torn_octets() const {
  return manifest_.torn_octets(directory_);
}

Status MailboxFolder::take_lines(std::string_view text) {
  const std::scoped_lock guard(log_mutex_);
  return chain_.take_each(text, [this](std::string_view line, bool sound) -> Status {
    auto taken = log_.apply(line);
    if (taken && !sound)
      taken = log_.say("it, or the line before, is not what was written: the sum is wrong");
    return taken ? Status{} : damaged(std::move(taken).error());
  });
}

Status MailboxFolder::damaged(Error error) {
  if (options_.complain) {
    options_.complain(error);
    return {};
  }
  error.at(directory_.path().native());
  if (!options_.allow_damaged) return error;
  if (options_.log && ++complaints_ <= most_complaints) options_.log(LogLevel::warning, error.describe());
  return {};
}

Status MailboxFolder::begin_change() {
  PF_TRYV(catch_up());
  if (std::exchange(swept_, true)) return {};
  for (const Stem& stem : with([](MailboxLog& log) { return log.just_gone(); })) {
    PF_TRYV(directory_.remove_file(message_file(stem.to_string())));
    PF_TRYV(directory_.remove_file(sidecar_file(stem.to_string())));
  }
  return {};
}

Status MailboxFolder::write_lines(std::string_view unsealed) {
  const std::string lines = with([&](const MailboxLog&) { return chain_.sealed(unsealed); });
  const std::scoped_lock guard(reading_);
  return manifest_.append(directory_, lines, take_);
}

}  // namespace pf::store
