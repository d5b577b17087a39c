// A line that is cut after every single octet of a small run, each way and at each side: whatever the server
// made of the message under way, in the end there is exactly one copy of each.
//
// script/test takes every 37th octet, POSTFERRY_ALL=1 all of them; POSTFERRY_CUT_EVERY=N every N-th.
// POSTFERRY_CUT_AT=N takes one.
#include "support/dovecot_server.h"
#include "support/fault_proxy.h"
#include "support/ferry.h"
#include "support/mailboxes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <iostream>
#include <mutex>
#include <thread>

namespace pf::test {
namespace {

struct Target {
  std::string name;
  std::string capability;
  std::uint64_t fewest_octets = 0;  // all of them together make up the sweep: fewer would be another sweep
  bool source_too = false;          // the source side is the same whatever the target is
};

inline void PrintTo(const Target& target, std::ostream* out) {
  *out << target.name;
}

struct Line {
  bool at_target = false;
  Direction direction = Direction::to_client;
  Rest rest = Rest::lost;
};

struct Point {
  Line line;
  std::uint64_t octet = 0;
};

std::string text_of(const Point& point) {
  return fmt::format("cut after octet {} to the {} of the {}, what was under way is {}", point.octet,
                     point.line.direction == Direction::to_client ? "client" : "server",
                     point.line.at_target ? "target" : "source",
                     point.line.rest == Rest::lost ? "lost" : "delivered");
}

constexpr std::array<Line, 6> lines{{{false, Direction::to_client, Rest::lost},
                                     {false, Direction::to_server, Rest::lost},
                                     {true, Direction::to_client, Rest::lost},
                                     {true, Direction::to_client, Rest::delivered},
                                     {true, Direction::to_server, Rest::lost},
                                     {true, Direction::to_server, Rest::delivered}}};

// Two accounts with three messages, proxies before both, all of its own: several work side by side.
class Place {
 public:
  explicit Place(const Target& target)
      : server_({.capability = target.capability}),
        at_source_(oracle_of(server_, "alice")),
        at_target_(oracle_of(server_, "bob")) {
    at_source_->create("Work");
    append_all(*at_source_, "Work", small_messages(3, 150));
  }

  // What a whole run sends this way, and what it has sent when it is logged in and knows what there is.
  struct Octets {
    std::uint64_t login = 0, all = 0;
  };
  Octets measure(const Line& line) {
    auto& proxy = proxy_of(line);
    start_over();
    const auto before = proxy.delivered(line.direction);
    expect_done(sync());
    const auto all = proxy.delivered(line.direction);
    expect_done(sync());
    return {.login = proxy.delivered(line.direction) - all, .all = all - before};
  }

  // What is wrong; empty when nothing is.  A server that has not the processor for 150 ms commits what was
  // cut off later than a run waits that was told to wait no longer: only what goes wrong with the settle time
  // of the product, too, is wrong.
  std::string judge(const Point& point, std::uint64_t login, bool& struck) {
    ferry_.settle = "150ms";
    auto wrong = try_point(point, login, struck);
    if (wrong.empty()) return wrong;
    std::cout << "once more with the usual settle time: " << wrong << "\n";
    ferry_.settle.clear();
    return try_point(point, login, struck);
  }

 private:
  std::string try_point(const Point& point, std::uint64_t login, bool& struck) {
    start_over();
    auto& proxy = proxy_of(point.line);
    const auto strikes = proxy.strikes();
    proxy.cut_after(point.line.direction, point.octet, point.octet % 2 == 0 ? Cut::fin : Cut::rst,
                    point.line.rest);
    auto ran = sync();
    struck = proxy.strikes() != strikes;
    proxy.release();
    // A server that cuts the very first login is one we cannot log in to.
    if (ran.code != 0 && point.octet <= login) ran = sync();
    if (ran.code != 0) return fmt::format("{}\n{}", text_of(point), testing::PrintToString(ran));
    if (auto wrong = difference(*at_source_, "Work", *at_target_, "Work"); !wrong.empty())
      return fmt::format("{}\n{}\n{}", text_of(point), wrong, testing::PrintToString(ran));
    const auto again = sync();
    if (again.code != 0 || again["copied"] + again["restored"] != 0)
      return fmt::format("{}\nthe run after it: {}", text_of(point), testing::PrintToString(again));
    if (auto wrong = difference(*at_source_, "Work", *at_target_, "Work"); !wrong.empty())
      return fmt::format("{}\nafter the run after it: {}", text_of(point), wrong);
    return {};
  }

  FaultProxy& proxy_of(const Line& line) { return line.at_target ? target_proxy_ : source_proxy_; }
  Ran sync() {
    return ferry_.sync(end_through(source_proxy_.port(), server_, "alice"),
                       end_through(target_proxy_.port(), server_, "bob"));
  }
  void start_over() {
    at_target_->select("INBOX");  // Dovecot closes a connection whose mailbox goes
    for (const auto& name : at_target_->names()) {
      if (name != "INBOX") at_target_->remove(name);
    }
    ferry_.forget();
  }
  static void expect_done(const Ran& ran) {
    if (ran.code != 0) throw std::runtime_error(testing::PrintToString(ran));
  }

  DovecotServer server_;
  FaultProxy source_proxy_{{.target_port = server_.imap_port()}};
  FaultProxy target_proxy_{{.target_port = server_.imap_port()}};
  std::unique_ptr<ImapOracle> at_source_, at_target_;
  Ferry ferry_;
};

class CutSweep : public testing::TestWithParam<Target> {};

TEST_P(CutSweep, EveryOctetMayBeTheLastOfItsLine) {
  const auto every = number_from_environment("POSTFERRY_CUT_EVERY", everything_wanted() ? 1 : 37);
  const auto only = number_from_environment("POSTFERRY_CUT_AT", 0);
  const auto first =
      number_from_environment("POSTFERRY_CUT_FROM", 0);  // to go on with a sweep that was stopped
  std::vector<Point> points;
  std::vector<std::uint64_t> login;
  std::uint64_t octets = 0;
  {
    Place place(GetParam());
    for (const auto& line : lines) {
      if (!line.at_target && !GetParam().source_too) {
        login.push_back(0);
        continue;
      }
      const auto measured = place.measure(line);
      login.push_back(measured.login);
      for (std::uint64_t n = 1; n <= measured.all; ++n) {
        if (only != 0 ? n == only : (octets + n) % every == 0) points.push_back({line, n});
      }
      octets += measured.all;
    }
  }
  points.erase(points.begin(), points.begin() + static_cast<std::ptrdiff_t>(std::min(first, points.size())));
  std::atomic<std::size_t> next = 0, struck = 0;
  std::mutex mutex;
  std::vector<std::string> failures;
  auto work = [&] {
    std::string wrong;
    try {
      Place place(GetParam());
      for (std::size_t i = next++; i < points.size(); i = next++) {
        const auto line = std::ranges::find_if(lines, [&](const Line& l) {
          return l.at_target == points[i].line.at_target && l.direction == points[i].line.direction;
        });
        bool hit = false;
        wrong = place.judge(points[i], login[static_cast<std::size_t>(line - lines.begin())], hit);
        if (hit) ++struck;
        if (wrong.empty()) continue;
        const std::scoped_lock lock(mutex);
        failures.push_back(std::exchange(wrong, {}));
        if (failures.size() > 5) return;
      }
    } catch (const std::exception& e) {
      const std::scoped_lock lock(mutex);
      failures.emplace_back(e.what());
    }
  };
  {
    const std::jthread one(work);
    work();
  }
  std::cout << "octets: " << octets << ", cut at " << points.size() << ", struck " << struck << "\n";
  EXPECT_GE(octets, GetParam().fewest_octets);
  for (const auto& failure : failures) ADD_FAILURE() << failure;
  // A run need not send the same octets twice: dates and lengths vary a little.
  EXPECT_GE(struck + 20 + points.size() / 5, points.size());
}

INSTANTIATE_TEST_SUITE_P(
    Targets, CutSweep,
    testing::Values(Target{"Multiappend",
                           "IMAP4rev1 LITERAL+ UIDPLUS MULTIAPPEND NAMESPACE LIST-STATUS SPECIAL-USE", 6000,
                           true},
                    Target{"PipelinedAppend", "IMAP4rev1 LITERAL+ UIDPLUS NAMESPACE LIST-STATUS", 3500},
                    Target{"WithoutUidplus", "IMAP4rev1 LITERAL+ MULTIAPPEND NAMESPACE", 3500}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace pf::test
