// The runs that are swept: each prepares a world up to the moment before the run that is disturbed.
#pragma once

#include "sweep/world.h"

namespace pf::test {

struct Scenario {
  std::string name;
  std::function<void(World&)> prepare;
  std::size_t fewest_steps = 0;  // all of them together make up the sweep: fewer would be another sweep
};
inline void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.name;
}

// Mailboxes of both kinds, twins, messages without an id, one of several pieces, some there already, some
// foreign.
inline void fill(World& world) {
  auto& from = *world.from;
  auto& to = *world.to;
  from.options.chunk_bytes = 400;
  from.options.page_messages = 6;
  to.options.page_messages = 6;
  for (const int n : range(1, 8)) from.add("INBOX", mail(n), "\\Seen", date(n));
  from.add("INBOX", mail(1), "\\Seen", date(1));
  from.add("INBOX", mail(1), "\\Seen", date(1));
  from.add("INBOX", mail_without_id(9), "\\Flagged $Forwarded", date(9));
  from.add("INBOX", mail(10, std::string(1500, 'x')), "", date(10));
  for (const int n : range(11, 15)) from.add("Work", mail(n), n % 2 == 0 ? "\\Answered" : "", date(n));
  for (const int n : range(21, 23)) from.add("Work/Deep", mail(n), "", date(n));
  from.create("Sent", SpecialUse::sent);
  from.add("Sent", mail(31), "\\Seen", date(31));
  from.subscribe("Work");
  from.create("Empty");
  to.add("INBOX", mail(1), "\\Seen", date(1));
  to.add("INBOX", mail(4), "", date(4));
  to.add("INBOX", mail(99), "", date(99));
  world.policy.connections = 2;
}

// What happens at both sides between two runs.
inline void live_on(World& world) {
  auto& from = *world.from;
  auto& to = *world.to;
  for (const int n : range(41, 44)) from.add("INBOX", mail(n), "", date(n));
  from.add("Work", mail(45), "\\Seen", date(45));
  from.add("New", mail(46), "\\Seen", date(46));
  const auto inbox = from.messages("INBOX");
  from.set_flags("INBOX", inbox[2].uid, "\\Seen \\Flagged");
  from.set_flags("INBOX", inbox[3].uid, "");
  from.remove("INBOX", inbox[5].uid);
  const auto there = to.messages("Work");
  to.set_flags("Work", there[0].uid, "\\Deleted");
  to.remove("Work", there[1].uid);
  to.add("Work", mail(98), "", date(98));
}

inline void run_once(World& world) {
  const auto sum = world.run();
  if (sum.outcome == sync::Outcome::failed) throw std::runtime_error(text_of(sum));
}

inline void mirror(World& world) {
  world.policy.mode = sync::Mode::mirror;
  world.policy.removal.confirmed = true;
  world.policy.removal.most_messages = 1000;
  world.policy.removal.most_percent = 100;
}

// What goes at the source, or goes elsewhere.
inline void lose_some(World& world) {
  auto& from = *world.from;
  const auto inbox = from.messages("INBOX");
  for (const std::size_t i : {0U, 1U, 4U, 6U}) from.remove("INBOX", inbox[i].uid);
  from.add("Archive", *inbox[4].bytes, inbox[4].flags.to_string(), inbox[4].date);
  const auto work = from.messages("Work");
  from.remove("Work", work[2].uid);
  from.remove("Work", work[4].uid);
}

inline std::uint32_t uid_of(const store::MemoryServer& server, std::string_view mailbox, int number) {
  for (const auto& m : server.messages(mailbox)) {
    if (*m.bytes == mail(number)) return m.uid;
  }
  throw std::runtime_error(fmt::format("no message {} in {}", number, mailbox));
}

inline void move_message(store::MemoryServer& server, int number, std::string_view from,
                         std::string_view to) {
  const auto uid = uid_of(server, from, number);
  for (const auto& m : server.messages(from)) {
    if (m.uid == uid) server.add(to, *m.bytes, m.flags.to_string(), m.date);
  }
  server.remove(from, uid);
}

inline void two_way(World& world) {
  mirror(world);
  world.policy.mode = sync::Mode::two_way;
  world.policy.connections = 2;
  auto& from = *world.from;
  for (const int n : range(1, 15)) from.add("INBOX", mail(n), n == 12 ? "\\Seen" : "", date(n));
  from.add("INBOX", mail(19), "", date(19));
  from.add("Gone", mail(16), "", date(16));
  for (const auto* name : {"Box", "One", "Two"}) from.create(name);
}

// Every row of the tables of docs/modes.md at once.
inline void live_on_both_sides(World& world) {
  auto& from = *world.from;
  auto& to = *world.to;
  from.add("INBOX", mail(41), "\\Seen", date(41));
  to.add("INBOX", mail(42), "\\Flagged", date(42));
  from.add("INBOX", mail(43), "", date(43));
  to.add("INBOX", mail(43), "", date(43));
  from.add("Near", mail(44), "", date(44));
  to.add("Far", mail(45), "", date(45));
  from.remove("INBOX", uid_of(from, "INBOX", 2));
  to.remove("INBOX", uid_of(to, "INBOX", 3));
  from.remove("INBOX", uid_of(from, "INBOX", 4));
  to.remove("INBOX", uid_of(to, "INBOX", 4));
  move_message(from, 5, "INBOX", "Box");
  move_message(to, 6, "INBOX", "Box");
  move_message(from, 7, "INBOX", "Box");
  to.remove("INBOX", uid_of(to, "INBOX", 7));
  move_message(from, 8, "INBOX", "One");
  move_message(to, 8, "INBOX", "Two");
  move_message(to, 19, "INBOX", "Fresh");
  const auto set = [](store::MemoryServer& server, int number, std::string_view flags) {
    server.set_flags("INBOX", uid_of(server, "INBOX", number), flags);
  };
  set(from, 9, "\\Seen");
  set(to, 10, "\\Seen");
  set(from, 11, "\\Seen");
  set(to, 11, "\\Flagged");
  set(from, 12, "\\Seen \\Flagged");
  set(to, 12, "");
  set(from, 13, "\\Answered");
  set(to, 13, "\\Answered");
  from.remove("INBOX", uid_of(from, "INBOX", 14));
  set(to, 14, "\\Flagged");
  to.remove("INBOX", uid_of(to, "INBOX", 15));
  set(from, 15, "\\Flagged");
  from.drop("Gone");
}

inline std::vector<Scenario> scenarios() {
  std::vector<Scenario> out;
  const auto add = [&](std::string name, std::size_t fewest_steps, std::function<void(World&)> prepare) {
    out.push_back({std::move(name), std::move(prepare), fewest_steps});
  };
  add("Copy", 286, [](World& world) {
    fill(world);
    world.to->options.features.atomic_batch = false;
  });
  add("CopyWithoutUidplus", 337, [](World& world) {
    fill(world);
    world.to->options.features.atomic_batch = false;
    world.to->options.features.append_refs = false;
    world.to->options.features.targeted_remove = false;
  });
  add("Multiappend", 242, [](World& world) { fill(world); });
  add("MultiappendWithoutUidplus", 293, [](World& world) {
    fill(world);
    world.to->options.features.append_refs = false;
    world.to->options.features.targeted_remove = false;
  });
  add("BareServer", 339, [](World& world) {
    fill(world);
    for (auto* server : {world.from.get(), world.to.get()}) {
      auto& options = server->options;
      options.list_status = false;
      options.features = {};
      options.features.parallel = 1;
    }
  });
  add("LargeMessages", 258, [](World& world) {
    fill(world);
    world.to->options.features.batch_message_bytes = 300;
    world.policy.order = sync::Order::newest;
  });
  add("RefusedMessage", 258, [](World& world) {
    fill(world);
    world.to->options.refuse = refuses("<13@", Errc::rejected);
  });
  add("ChangesAfterACopy", 158, [](World& world) {
    fill(world);
    run_once(world);
    live_on(world);
  });
  add("ChangesWithoutUidplus", 182, [](World& world) {
    fill(world);
    world.to->options.features.append_refs = false;
    world.to->options.features.targeted_remove = false;
    run_once(world);
    live_on(world);
  });
  add("UidvalidityOfTheTargetChanged", 182, [](World& world) {
    fill(world);
    run_once(world);
    live_on(world);
    world.to->set_validity("INBOX", 77);
    world.to->set_validity("Work", 78);
  });
  add("UidvalidityOfTheSourceChanged", 182, [](World& world) {
    fill(world);
    run_once(world);
    live_on(world);
    world.from->set_validity("INBOX", 77);
    world.from->set_validity("Work", 78);
  });
  add("MailboxesComeAndGo", 264, [](World& world) {
    fill(world);
    run_once(world);
    live_on(world);
    world.from->drop("Work/Deep");
    for (const int n : range(21, 23)) world.from->add("Deep", mail(n), "", date(n));
    world.policy.adopt_renumbered = true;
    world.to->drop("Sent");
    world.to->drop("INBOX");
    world.to->add("INBOX", mail(2), "", date(2));
  });
  add("TwoMailboxesIntoOne", 247, [](World& world) {
    fill(world);
    world.policy.mailboxes.map = {{"Work/Deep", "Work"}};
    for (const int n : range(11, 12)) world.from->add("Work/Deep", mail(n), "", date(n));
  });
  add("Mirror", 218, [](World& world) {
    fill(world);
    mirror(world);
    run_once(world);
    live_on(world);
    lose_some(world);
  });
  add("MirrorWithoutMove", 222, [](World& world) {
    fill(world);
    mirror(world);
    world.to->options.features.move_copies = true;
    run_once(world);
    live_on(world);
    lose_some(world);
  });
  add("MirrorWithoutUidplus", 214, [](World& world) {
    fill(world);
    mirror(world);
    auto& features = world.to->options.features;
    features.append_refs = features.targeted_remove = features.move = false;
    run_once(world);
    live_on(world);
    lose_some(world);
  });
  add("MirrorWithoutCheckpoints", 244, [](World& world) {
    fill(world);
    mirror(world);
    for (auto* server : {world.from.get(), world.to.get()}) {
      auto& features = server->options.features;
      features.checkpoints = features.tells_vanished = features.conditional_flags = false;
    }
    run_once(world);
    live_on(world);
    lose_some(world);
  });
  add("MirrorForGood", 212, [](World& world) {
    fill(world);
    mirror(world);
    world.policy.removal.for_good = true;
    run_once(world);
    live_on(world);
    lose_some(world);
  });
  add("MirrorOfEverything", 233, [](World& world) {
    fill(world);
    mirror(world);
    world.policy.removal.extra = true;
    world.policy.removal.mailboxes = true;
    run_once(world);
    live_on(world);
    lose_some(world);
    world.from->drop("Work/Deep");
    world.from->drop("Empty");
  });
  add("TwoWay", 429, [](World& world) {
    two_way(world);
    run_once(world);
    live_on_both_sides(world);
  });
  add("TwoWayForGood", 416, [](World& world) {
    two_way(world);
    world.policy.removal.for_good = true;
    run_once(world);
    live_on_both_sides(world);
  });
  add("TwoWayWithoutUidplus", 457, [](World& world) {
    two_way(world);
    for (auto* server : {world.from.get(), world.to.get()}) {
      auto& features = server->options.features;
      features.append_refs = features.targeted_remove = features.move = false;
    }
    run_once(world);
    live_on_both_sides(world);
  });
  add("TwoWayWithoutCheckpoints", 400, [](World& world) {
    two_way(world);
    for (auto* server : {world.from.get(), world.to.get()}) {
      auto& features = server->options.features;
      features.checkpoints = features.tells_vanished = features.conditional_flags = false;
    }
    run_once(world);
    live_on_both_sides(world);
  });
  add("TwoWayForTheFirstTime", 427, [](World& world) {
    two_way(world);
    run_once(world);
    live_on_both_sides(world);
    std::filesystem::remove_all(world.state);
    std::filesystem::create_directory(world.state);
  });
  add("TwoWayMailboxesRenamed", 201, [](World& world) {
    two_way(world);
    world.from->add("Box", mail(17), "", date(17));
    world.from->add("One", mail(18), "", date(18));
    run_once(world);
    world.from->rename("Box", "Case");
    world.to->rename("One", "Uno");
    world.from->add("Case", mail(46), "", date(46));
    world.to->add("Uno", mail(47), "", date(47));
  });
  add("TwoWayUidvalidityChanged", 297, [](World& world) {
    two_way(world);
    run_once(world);
    live_on_both_sides(world);
    world.from->set_validity("INBOX", 77);
    world.to->set_validity("Box", 78);
  });
  return out;
}

}  // namespace pf::test
