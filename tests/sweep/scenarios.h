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

inline std::vector<Scenario> scenarios() {
  std::vector<Scenario> out;
  const auto add = [&](std::string name, std::size_t fewest_steps, std::function<void(World&)> prepare) {
    out.push_back({std::move(name), std::move(prepare), fewest_steps});
  };
  add("Copy", 0, [](World& world) {
    fill(world);
    world.to->options.features.atomic_batch = false;
  });
  add("CopyWithoutUidplus", 0, [](World& world) {
    fill(world);
    world.to->options.features.atomic_batch = false;
    world.to->options.features.append_refs = false;
    world.to->options.features.targeted_remove = false;
  });
  add("Multiappend", 0, [](World& world) { fill(world); });
  add("MultiappendWithoutUidplus", 0, [](World& world) {
    fill(world);
    world.to->options.features.append_refs = false;
    world.to->options.features.targeted_remove = false;
  });
  add("BareServer", 0, [](World& world) {
    fill(world);
    for (auto* server : {world.from.get(), world.to.get()}) {
      auto& options = server->options;
      options.list_status = false;
      options.features = {};
      options.features.parallel = 1;
    }
  });
  add("LargeMessages", 0, [](World& world) {
    fill(world);
    world.to->options.features.batch_message_bytes = 300;
    world.policy.order = sync::Order::newest;
  });
  add("RefusedMessage", 0, [](World& world) {
    fill(world);
    world.to->options.refuse = refuses("<13@", Errc::rejected);
  });
  add("ChangesAfterACopy", 0, [](World& world) {
    fill(world);
    run_once(world);
    live_on(world);
  });
  add("ChangesWithoutUidplus", 0, [](World& world) {
    fill(world);
    world.to->options.features.append_refs = false;
    world.to->options.features.targeted_remove = false;
    run_once(world);
    live_on(world);
  });
  add("UidvalidityOfTheTargetChanged", 0, [](World& world) {
    fill(world);
    run_once(world);
    live_on(world);
    world.to->set_validity("INBOX", 77);
    world.to->set_validity("Work", 78);
  });
  add("UidvalidityOfTheSourceChanged", 0, [](World& world) {
    fill(world);
    run_once(world);
    live_on(world);
    world.from->set_validity("INBOX", 77);
    world.from->set_validity("Work", 78);
  });
  add("MailboxesComeAndGo", 0, [](World& world) {
    fill(world);
    run_once(world);
    live_on(world);
    world.from->drop("Work/Deep");
    for (const int n : range(21, 23)) world.from->add("Deep", mail(n), "", date(n));
    world.to->drop("Sent");
    world.to->drop("INBOX");
    world.to->add("INBOX", mail(2), "", date(2));
  });
  add("TwoMailboxesIntoOne", 0, [](World& world) {
    fill(world);
    world.policy.mailboxes.map = {{"Work/Deep", "Work"}};
    for (const int n : range(11, 12)) world.from->add("Work/Deep", mail(n), "", date(n));
  });
  add("Mirror", 0, [](World& world) {
    fill(world);
    mirror(world);
    run_once(world);
    live_on(world);
    lose_some(world);
  });
  add("MirrorWithoutUidplus", 0, [](World& world) {
    fill(world);
    mirror(world);
    auto& features = world.to->options.features;
    features.append_refs = features.targeted_remove = features.move = false;
    run_once(world);
    live_on(world);
    lose_some(world);
  });
  add("MirrorWithoutCheckpoints", 0, [](World& world) {
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
  add("MirrorForGood", 0, [](World& world) {
    fill(world);
    mirror(world);
    world.policy.removal.for_good = true;
    run_once(world);
    live_on(world);
    lose_some(world);
  });
  add("MirrorOfEverything", 0, [](World& world) {
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
  return out;
}

}  // namespace pf::test
