// The program killed at steps of its own (src/base/step.h) between real servers: the next run reaches the end
// an undisturbed one does, and the one after that changes nothing.
//
// script/test takes every 50th step, POSTFERRY_ALL=1 all of them; POSTFERRY_KILL_EVERY=N every N-th.
#include "support/cyrus_server.h"
#include "support/dovecot_server.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <iostream>
#include <map>
#include <string_view>

namespace pf::test {
namespace {

struct Place {
  explicit Place(std::unique_ptr<MailServer> a, std::unique_ptr<MailServer> b)
      : source(std::move(a)),
        target(std::move(b)),
        at_source(oracle_of(*source, "alice")),
        at_target(oracle_of(*target, "bob")) {}

  [[nodiscard]] Ran sync(const std::vector<std::string>& options) const {
    return ferry.sync(end_at(*source, "alice"), end_at(*target, "bob"), options);
  }
  void start_over() const {
    for (auto* at : {at_source.get(), at_target.get()}) {
      if (at->select("INBOX").exists > 0) {
        at->store("1:*", "+FLAGS", "\\Deleted");
        at->expunge();
      }
      auto names = at->names();
      std::ranges::reverse(names);  // children first
      for (const auto& name : names) {
        if (name != "INBOX") at->remove(name);
      }
    }
    ferry.forget();
  }

  std::unique_ptr<MailServer> source, target;
  std::unique_ptr<ImapOracle> at_source, at_target;
  Ferry ferry;
};

using Mail = std::map<std::string, std::vector<StoredMessage>>;  // by mailbox
Mail all_mail(ImapOracle& at) {
  Mail out;
  for (const auto& name : at.names()) out[name] = at.fetch_all(name);
  return out;
}

std::string difference(const Mail& wanted, const Mail& there) {
  std::string out;
  for (const auto& [name, messages] : wanted) {
    const auto found = there.find(name);
    const auto text = found == there.end() ? "is missing" : compare(messages, found->second);
    if (!text.empty()) out += fmt::format("{}: {}\n", name, text);
  }
  for (const auto& [name, messages] : there) {
    if (!wanted.contains(name)) out += name + " is new\n";
  }
  return out;
}

struct Kind {
  std::string name;
  std::vector<std::string> options;
  std::function<void(const Place&)> prepare;
};

void fill(const Place& place) {
  const auto messages = small_messages(16);
  append_all(*place.at_source, "INBOX", std::span(messages).first(8));
  append_all(*place.at_source, "INBOX", std::span(messages).first(1));  // a twin
  place.at_source->create("Work");
  append_all(*place.at_source, "Work", std::span(messages).subspan(8, 6));
  append_all(*place.at_target, "INBOX", std::span(messages).subspan(3, 2));
  append_all(*place.at_target, "INBOX", std::span(messages).subspan(14, 2));
}

void lose(ImapOracle& at, const std::string& mailbox, std::size_t index) {
  const auto uid = std::to_string(at.fetch_all(mailbox).at(index).uid);
  at.select(mailbox);
  at.store(uid, "+FLAGS", "\\Deleted");
  at.expunge();
}

void flag(ImapOracle& at, const std::string& mailbox, std::size_t index, const std::string& flags) {
  const auto uid = std::to_string(at.fetch_all(mailbox).at(index).uid);
  at.select(mailbox);
  at.store(uid, "+FLAGS", flags);
}

void run_and_live_on(const Place& place, const std::vector<std::string>& options) {
  fill(place);
  const auto ran = place.sync(options);
  if (ran.code != 0) throw std::runtime_error(testing::PrintToString(ran));
  auto& from = *place.at_source;
  auto& to = *place.at_target;
  std::vector<AwkwardMessage> more;
  for (std::size_t i = 20; i < 28; ++i) more.push_back(small_message(i));
  append_all(from, "INBOX", std::span(more).first(3));
  append_all(to, "INBOX", std::span(more).subspan(2, 3));
  from.create("New");
  append_all(from, "New", std::span(more).subspan(5, 2));
  flag(from, "INBOX", 0, "\\Flagged");
  flag(to, "Work", 1, "\\Answered");
  lose(from, "INBOX", 1);
  lose(from, "Work", 2);
  lose(to, "Work", 3);
}

Kind kind(std::string name, const std::vector<std::string>& options, bool changes) {
  auto prepare = [options, changes](const Place& place) {
    changes ? run_and_live_on(place, options) : fill(place);
  };
  return {std::move(name), options, std::move(prepare)};
}

std::vector<Kind> kinds() {
  std::vector<Kind> out{kind("copy", {}, false), kind("changes", {}, true),
                        kind("mirror", {"--mode", "mirror", "--yes"}, true),
                        kind("two-way", {"--mode", "two-way", "--yes"}, true)};
  out.push_back({"another UIDVALIDITY", {}, [](const Place& place) {
                   run_and_live_on(place, {});
                   remake(*place.at_target, "Work");
                   const auto some = small_messages(13);
                   append_all(*place.at_target, "Work", std::span(some).last(4));
                 }});
  return out;
}

// One kind of run on one pair of servers.
class Sweep {
 public:
  Sweep(Place& place, const Kind& kind) : place_(place), kind_(kind) { learn_the_end(); }

  // False: the run ended by itself before step `step`.
  bool kill_at(std::size_t step, int signal) {
    // A server that has not the processor for so long commits what a killed run had sent later than the next
    // run waits for it: only what goes wrong with the settle time of the product, too, is wrong.
    place_.ferry.settle = "300ms";
    auto found = judge(step, signal);
    if (!found.wrong.empty()) {
      std::cout << "once more with the usual settle time: " << found.wrong << "\n";
      place_.ferry.settle.clear();
      found = judge(step, signal);
    }
    EXPECT_EQ(found.wrong, "");
    return found.struck;
  }

 private:
  struct Found {
    bool struck = false;
    std::string wrong;  // empty: nothing
  };
  Found judge(std::size_t step, int signal) {
    start();
    place_.ferry.environment = {{"POSTFERRY_STOP_AT_STEP", std::to_string(step)}};
    if (signal != 0)
      place_.ferry.environment.emplace_back("POSTFERRY_STOP_BY_SIGNAL", std::to_string(signal));
    const auto killed = place_.sync(kind_.options);
    place_.ferry.environment.clear();
    Found found{.struck = signal == 0 ? killed.code == 137 : killed.code != code_, .wrong = {}};
    const auto expect = [&](bool right, std::string_view what, const Ran& after) {
      if (!right) found.wrong += fmt::format("{}\n{}", what, testing::PrintToString(after));
    };
    expect(found.struck || killed.code == code_, "the run that was to be killed", killed);
    const auto next = place_.sync(kind_.options);
    expect(next.code == code_, "the next run", next);
    const auto at_target = difference(to_, all_mail(*place_.at_target));
    expect(at_target.empty(), "the target after the next run: " + at_target, next);
    const auto at_source = difference(from_, all_mail(*place_.at_source));
    expect(at_source.empty(), "the source after the next run: " + at_source, next);
    const auto state = states();
    const auto again = place_.sync(kind_.options);
    expect(again.code == code_, "the run after it", again);
    const auto changed = states();
    expect(changed == state, "what the run after it changed: " + state + "\nbecame\n" + changed, again);
    return found;
  }
  void start() {
    place_.start_over();
    kind_.prepare(place_);
  }
  void learn_the_end() {
    start();
    const auto whole = place_.sync(kind_.options);
    code_ = whole.code;
    // A server that cannot remove single messages withholds all removals.
    if (code_ != 0 && code_ != withheld) throw std::runtime_error(testing::PrintToString(whole));
    from_ = all_mail(*place_.at_source);
    to_ = all_mail(*place_.at_target);
  }
  [[nodiscard]] std::string states() const {
    return state_of(*place_.at_source, place_.at_source->names(), Recent::ignored) + "\n" +
           state_of(*place_.at_target, place_.at_target->names(), Recent::ignored);
  }

  Place& place_;
  const Kind& kind_;
  static constexpr int withheld = 5;
  int code_ = 0;
  Mail from_, to_;
};

struct Servers {
  std::string name;
  std::function<std::unique_ptr<MailServer>()> make;
};
void PrintTo(const Servers& servers, std::ostream* out) {
  *out << servers.name;
}

class ProgramSweep : public testing::TestWithParam<Servers> {};

TEST_P(ProgramSweep, EveryStepMayBeTheLast) {
  const auto every = number_from_environment("POSTFERRY_KILL_EVERY", everything_wanted() ? 1 : 50);
  Place place(GetParam().make(), GetParam().make());
  std::size_t offset = 0;
  std::size_t killed = 0;
  for (const auto& kind : kinds()) {
    Sweep sweep(place, kind);
    offset += 7;  // not the same steps of each
    std::size_t step = 1 + offset % every;
    for (; !HasFailure(); step += every) {
      SCOPED_TRACE(fmt::format("{}, killed at step {}", kind.name, step));
      if (!sweep.kill_at(step, 0)) break;
      ++killed;
    }
    std::cout << kind.name << ": fewer than " << step << " steps\n" << std::flush;
  }
  EXPECT_GE(killed, kinds().size());
}

TEST(ProgramStop, ASignalAtAStepKeepsWhatIsKnown) {
  Place place(std::make_unique<DovecotServer>(), std::make_unique<DovecotServer>());
  const auto all = kinds();
  std::size_t struck = 0;
  for (const int signal : {SIGINT, SIGTERM}) {
    Sweep sweep(place, all.at(signal == SIGINT ? 0 : 3));
    for (const std::size_t step : {5U, 22U, 40U}) {
      SCOPED_TRACE(fmt::format("signal {} at step {}", signal, step));
      if (sweep.kill_at(step, signal)) ++struck;
    }
  }
  EXPECT_GE(struck, 3U);
}

INSTANTIATE_TEST_SUITE_P(
    Servers, ProgramSweep,
    testing::Values(Servers{"Dovecot", [] { return std::make_unique<DovecotServer>(); }},
                    Servers{"DovecotWithLittle",
                            [] {
                              return std::make_unique<DovecotServer>(
                                  DovecotOptions{.capability = "IMAP4rev1 LITERAL+ NAMESPACE"});
                            }},
                    Servers{"DovecotWithoutMove",
                            [] {
                              return std::make_unique<DovecotServer>(DovecotOptions{
                                  .capability = "IMAP4rev1 LITERAL+ UIDPLUS NAMESPACE CONDSTORE ENABLE"});
                            }},
                    Servers{"Cyrus", [] { return std::make_unique<CyrusServer>(); }}),
    [](const auto& info) { return info.param.name; });

TEST(TwoRuns, OfOnePairOneWorksAndTheOtherSaysSo) {
  const DovecotServer source;
  const DovecotServer target;
  const auto at_source = oracle_of(source, "alice");
  const auto at_target = oracle_of(target, "bob");
  at_source->create("Work");
  append_all(*at_source, "Work", small_messages(20));
  const Ferry ferry;
  const auto from = end_at(source, "alice");
  const auto to = end_at(target, "bob");
  std::size_t refused = 0;
  for (int i = 0; i < 50 && !HasFailure(); ++i) {
    SCOPED_TRACE(i);
    at_target->select("INBOX");
    if (at_target->names().size() > 1) at_target->remove("Work");
    ferry.forget();
    const auto one = ferry.start_sync(from, to);
    const auto other = ferry.start_sync(from, to);
    const auto first = Ferry::finish(*one);
    const auto second = Ferry::finish(*other);
    // Both work only when one begins after the other has ended.
    const bool both = first.code == 0 && second.code == 0;
    EXPECT_TRUE(both || first.code + second.code == 7) << first << second;
    if (!both) ++refused;
    if (both) EXPECT_EQ(std::min(first["copied"], second["copied"]), 0U) << first << second;
    EXPECT_EQ(difference(*at_source, "Work", *at_target, "Work"), "");
  }
  EXPECT_GT(refused, 0U);  // how often they meet is for the machine to decide
}

}  // namespace
}  // namespace pf::test
