// A writer of an archive that is killed at any of its steps: nothing acknowledged is lost, nothing half is
// there, and whoever goes on comes to the same files.
#include "base/os/disk_fault.h"
#include "base/step.h"
#include "store/archive/archive_check.h"
#include "support/few_open_files.h"
#include "sweep/world.h"
#include "unit/store/archive/archive_rig.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <iostream>
#include <set>
#include <sys/mman.h>
#include <sys/wait.h>

namespace pf::test {
namespace {

namespace fs = std::filesystem;
using store::Access;

// By mailbox: octets and flags of each message, and "subscribed".
using Contents = std::map<std::string, std::multiset<std::pair<std::string, std::string>>>;

std::unique_ptr<store::ArchiveStore> store_at(const fs::path& directory) {
  store::ArchiveOptions options;
  options.directory = directory;
  auto out = std::make_unique<store::ArchiveStore>(std::move(options));
  must(out->connect());
  return out;
}

std::optional<store::MailboxInfo> find(store::Store& store, const std::string& name) {
  for (auto& mailbox : must(store.list())) {
    if (mailbox.id == name) return mailbox;
  }
  return std::nullopt;
}

// What the archive holds; throws when anything in it is damaged.
Contents contents_of(const fs::path& directory) {
  Contents out;
  const auto store = store_at(directory);
  for (const auto& info : must(store->list())) {
    auto& messages = out[info.id];
    if (info.subscribed) messages.emplace("subscribed", "");
    const auto mailbox = must(store->open(info, Access::read));
    std::map<MessageRef, std::string> flags;
    std::vector<MessageRef> refs;
    for (const auto& m : must(mailbox->scan({}, store::ScanFields::flags)).messages) {
      flags[m.ref] = m.flags.to_string();
      refs.push_back(m.ref);
    }
    const auto stream = must(mailbox->read(refs));
    for (auto& m : must(read_stream(*stream))) {
      if (m.error) throw std::runtime_error(m.error->describe());
      messages.emplace(m.text, flags[m.ref]);
    }
    must(stream->close());
    must(mailbox->close());
  }
  return out;
}

// ---- what is done to it, one change after the other

using Change = std::function<void(store::Store&)>;

std::unique_ptr<store::OpenMailbox> open(store::Store& store, const std::string& name) {
  return must(store.open(*find(store, name), Access::write));
}

Change creating(const std::string& name) {
  return [name](store::Store& store) {
    must(store.create(MailboxPath::from_display(name), name, SpecialUse::none));
  };
}

Change appending(const std::string& name, const std::vector<int>& numbers) {
  return [name, numbers](store::Store& store) {
    const auto mailbox = open(store, name);
    std::vector<std::unique_ptr<PieceSource>> bodies;
    std::vector<store::AppendItem> items;
    for (const int number : numbers) {
      bodies.push_back(std::make_unique<PieceSource>(a_message(number)));
      items.push_back({FlagSet::parse(number % 2 == 0 ? "\\Seen" : ""),
                       InternalDate(number, 0),
                       bodies.back().get(),
                       {}});
    }
    for (const auto& outcome : must(mailbox->append(items))) {
      if (outcome.error) throw std::runtime_error(outcome.error->describe());
    }
    must(mailbox->close());
  };
}

// The references of those messages that are there.
std::vector<MessageRef> refs_of(store::OpenMailbox& mailbox, const std::vector<int>& numbers) {
  std::vector<MessageRef> out;
  for (const auto& m : must(mailbox.scan({}, store::ScanFields::keys)).messages) {
    for (const int number : numbers) {
      const auto text = a_message(number);
      if (m.key == key_of_headers(as_bytes(text), text.size())) out.push_back(m.ref);
    }
  }
  return out;
}

Change flagging(const std::string& name, const std::vector<int>& numbers) {
  return [name, numbers](store::Store& store) {
    const auto mailbox = open(store, name);
    std::vector<store::FlagChange> changes;
    for (const auto& ref : refs_of(*mailbox, numbers))
      changes.push_back({ref, FlagSet::parse("\\Flagged $Done"), FlagSet::parse("\\Seen")});
    must(mailbox->change_flags(changes));
    must(mailbox->close());
  };
}

Change removing(const std::string& name, const std::vector<int>& numbers) {
  return [name, numbers](store::Store& store) {
    const auto mailbox = open(store, name);
    must(mailbox->remove(refs_of(*mailbox, numbers)));
    must(mailbox->close());
  };
}

// Copying and taking away are two: after the first the message is at both places.  Whoever finds it so takes
// it away.
Change moving(const std::string& from, const std::string& to, int number) {
  return [from, to, number](store::Store& store) {
    const auto target = open(store, to);
    const bool there = !refs_of(*target, {number}).empty();
    must(target->close());
    const auto mailbox = open(store, from);
    const auto refs = refs_of(*mailbox, {number});
    if (there) {
      must(mailbox->remove(refs));
    } else {
      must(mailbox->move(refs, *find(store, to)));
    }
    must(mailbox->close());
  };
}

std::vector<Change> changes() {
  return {creating("INBOX"),
          creating("Work"),
          appending("INBOX", {1, 2, 1}),
          appending("Work", {4}),
          appending("INBOX", {5, 6}),
          flagging("INBOX", {1, 2}),
          moving("INBOX", "Work", 2),
          removing("Work", {4}),
          appending("Work", {4}),
          [](store::Store& store) { must(store.subscribe(*find(store, "Work"))); },
          [](store::Store& store) { must(store.rename(*find(store, "Work"), {{"Play"}}, "Play")); },
          creating("Gone"),
          appending("Gone", {7, 8}),
          [](store::Store& store) { must(store.remove(*find(store, "Gone"))); },
          removing("INBOX", {5, 6})};
}

// ---- what a check makes of it

std::vector<store::ArchiveFinding> findings_of(const fs::path& directory) {
  std::vector<store::ArchiveFinding> out;
  store::ArchiveCheck check;
  check.directory = directory;
  check.found = [&out](const store::ArchiveFinding& finding) { out.push_back(finding); };
  const auto checked = run(check_archive(std::move(check)));
  // Cut off before it was made, there is none.
  if (!checked) EXPECT_TRUE(checked.error().code == Errc::usage || checked.error().code == Errc::not_found);
  return out;
}

// Nothing was damaged or lost, and nobody must say so.  `files_left`: those of a message without a line.
void expect_no_alarm(const fs::path& directory, bool files_left) {
  using Kind = store::ArchiveFinding::Kind;
  for (const auto& f : findings_of(directory)) {
    const bool left = files_left && f.kind == Kind::unknown && f.file.find("/19700101T") != std::string::npos;
    EXPECT_TRUE(left || f.kind == Kind::note) << name(f.kind) << " " << f.file << ": " << f.text;
  }
}

// ---- killing

// Shared with the child: how many changes have been acknowledged.
struct Progress {
  std::atomic<std::size_t> done;
  std::atomic<long> steps;
};

Progress* shared_progress() {
  void* const memory =
      ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("no shared memory");
  return new (memory) Progress;
}

Progress* progress = nullptr;
long last_step = 0;

void count_step(Step kind) {
  if (kind != Step::file) return;
  if (++progress->steps == last_step) ::_exit(137);
}

// All changes in a process of its own that ends at step `last`; the status it ended with.
int run_until(const fs::path& directory, long last) {
  progress->done = 0;
  progress->steps = 0;
  last_step = last;
  const pid_t child = ::fork();
  if (child == 0) {
    set_step_hook(count_step);
    try {
      const auto store = store_at(directory);
      for (const auto& change : changes()) {
        change(*store);
        ++progress->done;
      }
      must(store->close());
    } catch (const std::exception& error) {
      std::cerr << error.what() << "\n";
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

// Names of all files.
std::set<std::string> names_below(const fs::path& directory) {
  std::set<std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    out.insert(fs::relative(entry.path(), directory));
  return out;
}

struct Undisturbed {
  std::vector<Contents> after{1};  // [k]: after k changes
  std::set<std::string> names;
};

Undisturbed undisturbed() {
  const ScratchDir scratch;
  const auto directory = scratch.path() / "archive";
  Undisturbed out;
  const auto store = store_at(directory);
  for (const auto& change : changes()) {
    change(*store);
    out.after.push_back(contents_of(directory));
  }
  must(store->close());
  out.names = names_below(directory);
  return out;
}

// Goes on where the other was killed.
void finish(const fs::path& directory, std::size_t done, const Undisturbed& wanted) {
  const auto store = store_at(directory);
  const auto all = changes();
  if (done < all.size() && contents_of(directory) == wanted.after[done + 1]) ++done;
  for (; done < all.size(); ++done) all[done](*store);
  flagging("INBOX", {})(*store);  // whoever writes next takes away what was left
  must(store->close());
}

bool at_both(const Contents& found, const Contents& before, const Contents& after) {
  auto both = after;
  for (const auto& [name, messages] : before) {
    auto& there = both[name];
    for (const auto& m : messages) {
      if (!there.contains(m)) there.insert(m);
    }
  }
  return found == both;
}

// Files come to their places from nowhere, or from a directory beside them, where not enough can be open.
class ArchiveSweep : public testing::TestWithParam<bool> {
  const std::unique_ptr<FewOpenFiles> few_ = GetParam() ? std::make_unique<FewOpenFiles>() : nullptr;
};

INSTANTIATE_TEST_SUITE_P(Files, ArchiveSweep, testing::Bool(), [](const auto& tested) {
  return std::string(tested.param ? "WithNamesAtOnce" : "WithNamesAtLast");
});

TEST_P(ArchiveSweep, AWriterMayBeKilledAtEachStep) {
  progress = shared_progress();
  const Undisturbed wanted = undisturbed();
  const std::size_t all = changes().size();
  long step = 1;
  for (;; ++step) {
    SCOPED_TRACE("killed at step " + std::to_string(step));
    const ScratchDir scratch;
    const auto directory = scratch.path() / "archive";
    const int status = run_until(directory, step);
    const std::size_t done = progress->done;
    if (status == 0) {
      EXPECT_EQ(done, all);
      break;
    }
    ASSERT_EQ(status, 137);
    const auto found = contents_of(directory);
    EXPECT_TRUE(found == wanted.after[done] || found == wanted.after[done + 1] ||
                at_both(found, wanted.after[done], wanted.after[done + 1]))
        << "after change " << done;
    expect_no_alarm(directory, true);
    finish(directory, done, wanted);
    EXPECT_EQ(contents_of(directory), wanted.after.back());
    EXPECT_EQ(names_below(directory), wanted.names);
    EXPECT_TRUE(findings_of(directory).empty());
    if (HasFailure()) break;
  }
  std::cout << "steps: " << step - 1 << "\n";
  EXPECT_GE(step, 60);
}

// ---- a full disk

std::atomic<long> disk_calls;
long full_from = 0;

bool count_disk_call() {
  return ++disk_calls >= full_from;
}

// All changes up to the first that finds no room; how many were done.
std::size_t change_until_full(const fs::path& directory, long from) {
  disk_calls = 0;
  full_from = from;
  os::set_disk_hook(count_disk_call);
  std::size_t done = 0;
  {
    const auto store = store_at(directory);
    try {
      for (const auto& change : changes()) {
        change(*store);
        ++done;
      }
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find("No space left on device"), std::string::npos) << error.what();
    }
    must(store->close());
  }
  os::set_disk_hook([] { return false; });
  return done;
}

// T21: nothing acknowledged is lost, nothing half is under a final name, and who goes on comes to the same
// files; the one after that writes nothing.
TEST_P(ArchiveSweep, ADiskMayBeFullFromAnyWriteOn) {
  os::set_disk_hook([] { return false; });
  const Undisturbed wanted = undisturbed();
  const std::size_t all = changes().size();
  long call = 1;
  for (;; ++call) {
    SCOPED_TRACE("full from call " + std::to_string(call));
    const ScratchDir scratch;
    const auto directory = scratch.path() / "archive";
    const std::size_t done = change_until_full(directory, call);
    if (done == all) break;
    const auto found = contents_of(directory);
    EXPECT_TRUE(found == wanted.after[done] || found == wanted.after[done + 1] ||
                at_both(found, wanted.after[done], wanted.after[done + 1]))
        << "after change " << done;
    expect_no_alarm(directory, false);
    finish(directory, done, wanted);
    EXPECT_EQ(contents_of(directory), wanted.after.back());
    EXPECT_EQ(names_below(directory), wanted.names);
    EXPECT_TRUE(findings_of(directory).empty());
    const auto before = tree_of(directory);
    finish(directory, all, wanted);
    EXPECT_EQ(tree_of(directory), before);
    if (HasFailure()) break;
  }
  os::set_disk_hook(nullptr);
  std::cout << "calls: " << call - 1 << "\n";
  EXPECT_GE(call, 100);
}

}  // namespace
}  // namespace pf::test
