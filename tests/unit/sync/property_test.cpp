// Small random accounts, random twins, a random misfortune at a random moment: whatever happens, one
// undisturbed run later every message is there exactly once, and a run after that has nothing to do.
#include "unit/sync/rig.h"

#include <rapidcheck/gtest.h>

namespace pf::test {
namespace {

enum class Misfortune : std::uint8_t {
  cut_before,
  cut_after,
  lose_command,
  lose_answer,
  store_late,
  state_fails,
  killed,
  power_lost,
  stopped
};

struct Story {
  std::vector<std::pair<int, int>> source;  // {mailbox, which message}
  std::vector<std::pair<int, int>> target;  // there already
  bool refs = true, batches = true, newest = false, merged = false, small_batches = false;
  std::size_t parallel = 1;
  std::vector<std::pair<Misfortune, int>> misfortunes;
};

rc::Gen<Story> any_story() {
  const auto messages = rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 3), rc::gen::inRange(0, 6)));
  const auto misfortune =
      rc::gen::pair(rc::gen::map(rc::gen::inRange(0, 9), [](int n) { return static_cast<Misfortune>(n); }),
                    rc::gen::inRange(1, 90));
  return rc::gen::build<Story>(
      rc::gen::set(&Story::source, messages), rc::gen::set(&Story::target, messages),
      rc::gen::set(&Story::refs, rc::gen::arbitrary<bool>()),
      rc::gen::set(&Story::batches, rc::gen::arbitrary<bool>()),
      rc::gen::set(&Story::newest, rc::gen::arbitrary<bool>()),
      rc::gen::set(&Story::merged, rc::gen::arbitrary<bool>()),
      rc::gen::set(&Story::small_batches, rc::gen::arbitrary<bool>()),
      rc::gen::set(&Story::parallel, rc::gen::inRange<std::size_t>(1, 4)),
      rc::gen::set(
          &Story::misfortunes,
          rc::gen::resize(3, rc::gen::container<std::vector<std::pair<Misfortune, int>>>(misfortune))));
}

void showValue(const Story& story, std::ostream& out) {
  auto list = [&](std::string_view name, const auto& pairs) {
    out << name << ":";
    for (const auto& [a, b] : pairs) out << " " << static_cast<int>(a) << "/" << static_cast<int>(b);
    out << "\n";
  };
  list("source", story.source);
  list("target", story.target);
  list("misfortunes", story.misfortunes);
  out << fmt::format("refs {} batches {} newest {} merged {} small {} parallel {}\n", story.refs,
                     story.batches, story.newest, story.merged, story.small_batches, story.parallel);
}

// Six messages with much in common: two twins by key and size, one without an id, one that is large for some.
std::string text(int which) {
  switch (which) {
    case 0:
      return mail(1, "aaaa");
    case 1:
      return mail(1, "bbbb");
    case 2:
      return mail(1, "longer");
    case 3:
      return mail_without_id(2);
    case 4:
      return mail(3, std::string(900, 'x'));
    default:
      return mail(4);
  }
}

std::string mailbox(int number) {
  return number == 0 ? "INBOX" : fmt::format("Box{}", number);
}

// Without the seconds a copy may be told apart from its twin only by its octets.
void tell(Rig& rig, const Story& story) {
  for (const auto& [box, which] : story.source) rig.from->add(mailbox(box), text(which), "", date(which));
  // One message here and one there of equal key, size and headers are taken for the same: not told here.
  const bool ambiguous = std::ranges::any_of(story.source, [](const auto& m) { return m.second == 1; });
  for (const auto& [box, which] : story.target) {
    if (which != 1 && (!ambiguous || which > 1)) rig.to->add(mailbox(box), text(which), "", date(which));
  }
  auto& options = rig.to->options;
  options.features.append_refs = story.refs;
  options.features.atomic_batch = story.batches;
  options.features.parallel = rig.from->options.features.parallel = story.parallel;
  if (story.small_batches) options.features.batch_message_bytes = 500;
  rig.from->options.chunk_bytes = story.small_batches ? 50 : 16384;
  rig.policy.connections = story.parallel;
  if (story.newest) rig.policy.order = sync::Order::newest;
  if (story.merged && rig.from->has("Box1")) rig.policy.mailboxes.map = {{"Box1", "Box2"}};
}

// What of the state is on disk for certain: the journal promises it for begin() and flush(), with all before
// them.
class Disk {
 public:
  explicit Disk(Rig& rig) : rig_(rig), durable_(*rig.state) {}

  // To be told of each call before it is done.
  void enter(std::string_view call) {
    keep_if_flushed();
    last_ = call;
  }
  void lose_power() {
    keep_if_flushed();
    rig_.state = std::make_shared<state::MemoryState>(durable_);
  }

 private:
  void keep_if_flushed() {
    if (last_ != "begin" && last_ != "flush") return;
    durable_ = *rig_.state;
    durable_.fault = nullptr;
  }

  Rig& rig_;
  state::MemoryState durable_;
  std::string last_;
};

// One disturbed run.
void suffer(Rig& rig, Misfortune what, int at) {
  Disk disk(rig);
  int calls = 0;
  auto strikes = [&calls, at] { return ++calls == at; };
  auto cut = [&](const MemoryCall&) -> std::optional<Error> {
    return strikes() ? std::optional(connection_cut()) : std::nullopt;
  };
  auto count = [&](const MemoryCall&) -> std::optional<Error> {
    ++calls;
    return std::nullopt;
  };
  const auto append_fault = what == Misfortune::lose_command  ? AppendFault::lose_command
                            : what == Misfortune::lose_answer ? AppendFault::lose_answer
                                                              : AppendFault::store_late;
  switch (what) {
    case Misfortune::cut_before:
      rig.from->options.before = rig.to->options.before = cut;
      break;
    case Misfortune::cut_after:
      rig.from->options.after = rig.to->options.after = cut;
      break;
    case Misfortune::lose_command:
    case Misfortune::lose_answer:
    case Misfortune::store_late:
      rig.to->options.append_fault = append_fault_at(1 + at % 5, append_fault);
      break;
    case Misfortune::state_fails:
      rig.state->fault = [&](std::string_view) -> std::optional<Error> {
        if (!strikes()) return std::nullopt;
        return Error(Errc::state, Scope::run, Retry::never, "disk full");
      };
      break;
    case Misfortune::killed:
    case Misfortune::power_lost:
    case Misfortune::stopped:
      rig.from->options.before = rig.to->options.before = rig.to->options.after = count;
      rig.state->fault = [&](std::string_view call) -> std::optional<Error> {
        disk.enter(call);
        ++calls;
        return std::nullopt;
      };
      break;
  }
  if (what == Misfortune::killed || what == Misfortune::power_lost) {
    const bool died = rig.copy_until([&] { return calls >= at; });
    if (died && what == Misfortune::power_lost) disk.lose_power();
  } else if (what == Misfortune::stopped) {
    rig.from->options.before = [&](const MemoryCall&) -> std::optional<Error> {
      if (++calls >= at) rig.stop = 1;
      return std::nullopt;
    };
    (void)rig.copy();
    rig.stop = 0;
  } else {
    (void)rig.copy();
  }
  for (const auto& server : {rig.from, rig.to}) server->options.before = server->options.after = nullptr;
  rig.to->options.append_fault = nullptr;
  rig.state->fault = nullptr;
  (void)rig.to->deliver_late();
}

using Counts = std::map<std::string, std::size_t>;
Counts counts(const store::MemoryServer& server, const std::string& path) {
  Counts out;
  for (const auto& m : server.messages(path)) ++out[*m.bytes];
  return out;
}

// What must be there in the end: of each message as many as the source has, or as the target had.
std::map<std::string, Counts> expected(const Rig& rig) {
  std::map<std::string, Counts> out;
  for (const auto& id : rig.from->mailbox_ids()) {
    std::string there = id;
    for (const auto& [from, to] : rig.policy.mailboxes.map) {
      if (from == id) there = to;
    }
    for (const auto& [bytes, n] : counts(*rig.from, id)) out[there][bytes] += n;
  }
  for (const auto& id : rig.to->mailbox_ids()) {
    for (const auto& [bytes, n] : counts(*rig.to, id)) out[id][bytes] = std::max(out[id][bytes], n);
  }
  std::erase_if(out, [](const auto& entry) { return entry.second.empty(); });
  return out;
}

std::map<std::string, Counts> held(const Rig& rig) {
  std::map<std::string, Counts> out;
  for (const auto& id : rig.to->mailbox_ids()) {
    if (auto all = counts(*rig.to, id); !all.empty()) out[id] = std::move(all);
  }
  return out;
}

RC_GTEST_PROP(Property, WhateverHappensEveryMessageIsThereExactlyOnce, ()) {
  const auto story = *any_story();
  Rig rig;
  tell(rig, story);
  const auto wanted = expected(rig);
  for (const auto& [what, at] : story.misfortunes) suffer(rig, what, at);
  const auto healing = rig.copy();
  if (healing.outcome != sync::Outcome::ok) RC_FAIL(text_of(healing));
  const auto there = held(rig);
  for (const auto& [box, all] : wanted) {
    const auto found = there.find(box);
    for (const auto& [bytes, n] : all) {
      const auto got = found == there.end() || !found->second.contains(bytes) ? 0U : found->second.at(bytes);
      if (got != n) RC_FAIL(fmt::format("{}: {} of {} copies of\n{:.200}", box, got, n, bytes));
    }
  }
  RC_ASSERT(there.size() == wanted.size());

  const auto before = rig.to->writes().total();
  const auto idle = rig.copy();
  if (idle.outcome != sync::Outcome::ok) RC_FAIL(text_of(idle));
  RC_ASSERT(rig.to->writes().total() == before);
  RC_ASSERT(rig.from->violations().empty());
  RC_ASSERT(rig.to->violations().empty());
}

}  // namespace
}  // namespace pf::test
