// Rows with awkward contents, and journals of both kinds for the parameterised suite.
#pragma once

#include "async/group.h"
#include "state/memory_journal.h"
#include "state/sqlite_journal.h"
#include "support/run_task.h"
#include "support/temp_dir.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace pf::test {

using namespace pf::state;

// Octets a text column, a C string or a signed comparison would spoil.
inline const std::string awkward("\0\xFF'\"\x80\0a\n", 8);

inline std::string big_endian(std::uint32_t number) {
  std::string out(4, '\0');
  for (std::size_t i = 4; i-- > 0; number >>= 8) out[i] = static_cast<char>(number & 0xFF);
  return out;
}

inline MessageRef ref(std::uint32_t uid) {
  return MessageRef(big_endian(uid));
}

inline MessageKey key(std::uint8_t seed) {
  MessageKey out;
  for (std::size_t i = 0; i < out.id.size(); ++i) {
    out.id[i] = static_cast<std::uint8_t>(seed + i * 17);
    out.headers[i] = static_cast<std::uint8_t>(255 - seed - i);
  }
  out.from_message_id = seed % 2 == 0;
  return out;
}

inline PairRow pair_row(std::uint32_t uid, std::string_view flags = "\\Seen") {
  PairRow row;
  row.source = ref(uid);
  row.target = ref(uid + 1000);
  row.key = key(static_cast<std::uint8_t>(uid));
  row.size = uid * 100ULL;
  row.date_seconds = std::int64_t{uid} - 5;
  row.flags = FlagSet::parse(flags);
  row.normalised = FlagSet::parse("$Junk");
  return row;
}

inline IntentItem intent_item(std::uint32_t uid) {
  return {ref(uid), key(static_cast<std::uint8_t>(uid)), uid * 10ULL, std::int64_t{uid},
          FlagSet::parse("\\Flagged work")};
}

inline IntentRow intent_row(const std::vector<std::uint32_t>& uids) {
  IntentRow row;
  row.target_epoch = Epoch("epoch");
  row.target_position = Position(big_endian(77));
  row.wall_seconds = 1'700'000'000;
  row.items.reserve(uids.size());
  for (const auto uid : uids) row.items.push_back(intent_item(uid));
  return row;
}

inline ParkedRow parked_row(std::uint32_t uid) {
  return {ref(uid), "too-big", "NO [LIMIT] too big", uid * 1000ULL, 5000};
}

inline RemovalRow removal_row(std::uint32_t ordinal) {
  RemovalRow row;
  row.mailbox = ordinal + 40;
  row.ordinal = ordinal;
  row.at_source = ordinal % 2 == 0;
  row.from = "Lists/" + awkward;
  row.quarantine = "deleted_from_source";
  row.ref = ref(ordinal);
  row.other = MessageRef(awkward);
  row.quarantine_epoch = Epoch("quarantine");
  row.quarantine_ref = ref(ordinal + 9000);
  row.key = key(static_cast<std::uint8_t>(ordinal));
  row.size = ordinal * 7ULL;
  row.date_seconds = -std::int64_t{ordinal};
  row.flags = FlagSet::parse("\\Seen \\Draft work");
  row.done = RemovalRow::Done::removed;
  return row;
}

inline bool same(const PairRow& a, const PairRow& b) {
  return a.source == b.source && a.target == b.target && a.key == b.key && a.size == b.size &&
         a.date_seconds == b.date_seconds && a.flags == b.flags && a.normalised == b.normalised;
}
inline bool same(const IntentItem& a, const IntentItem& b) {
  return a.source == b.source && a.key == b.key && a.size == b.size && a.date_seconds == b.date_seconds &&
         a.flags == b.flags;
}
inline bool same(const ParkedRow& a, const ParkedRow& b) {
  return a.source == b.source && a.reason == b.reason && a.server_text == b.server_text && a.size == b.size &&
         a.limit == b.limit;
}

inline bool same(const RemovalRow& a, const RemovalRow& b) {
  const auto fields = [](const RemovalRow& r) {
    return std::tie(r.mailbox, r.ordinal, r.at_source, r.from, r.quarantine, r.ref, r.other,
                    r.quarantine_epoch, r.quarantine_ref, r.key, r.size, r.date_seconds, r.flags, r.done);
  };
  return fields(a) == fields(b);
}

template <class Row>
bool same(const std::vector<Row>& a, const std::vector<Row>& b) {
  return std::ranges::equal(a, b, [](const Row& x, const Row& y) { return same(x, y); });
}

// A place that journals of several pairs share and that can be left and entered again.
class JournalPlace {
 public:
  virtual ~JournalPlace() = default;
  virtual std::unique_ptr<Journal> journal(const std::string& source, const std::string& target) = 0;
  // As after the end of the program.
  virtual void reopen() = 0;
};

class SqlitePlace final : public JournalPlace {
 public:
  SqlitePlace() { open(); }
  std::unique_ptr<Journal> journal(const std::string& source, const std::string& target) override {
    return std::make_unique<SqliteJournal>(*writer, source, target);
  }
  void reopen() override {
    ASSERT_TRUE(writer->close());
    open();
  }
  void open() {
    auto opened = Database::open(dir.path());
    if (!opened) throw std::runtime_error(opened.error().context);
    EXPECT_TRUE(opened->notes.empty()) << opened->notes.front();
    writer = std::make_unique<Writer>(std::move(opened->database));
  }

  TempDir dir;
  std::unique_ptr<Writer> writer;
};

class MemoryPlace final : public JournalPlace {
 public:
  std::unique_ptr<Journal> journal(const std::string& source, const std::string& target) override {
    return std::make_unique<MemoryJournal>(state, source, target);
  }
  void reopen() override {}

  std::shared_ptr<MemoryState> state = std::make_shared<MemoryState>();
};

}  // namespace pf::test
