#include "imap/wire/encoder.h"

#include "imap/grammar/lexer.h"
#include "imap/wire/framer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace pf::imap {
namespace {

using namespace std::string_literals;

constexpr WireOptions plus{LiteralMode::plus, false};
constexpr WireOptions minus{LiteralMode::minus, false};
constexpr WireOptions sync{LiteralMode::synchronizing, false};

// The segments as text, "|" where the writer waits for "+".
std::string wire(const Command& command) {
  std::string out;
  for (const auto& segment : command.segments()) {
    if (segment.wait_before) out += '|';
    out += segment.kind == Segment::Kind::text ? segment.text : "<" + std::to_string(segment.slot_size) + ">";
  }
  return out;
}

std::string encoded(std::string_view text, WireOptions options) {
  Encoder encoder{CommandKind::select, options};
  encoder.raw(" ").astring(text);
  auto command = encoder.finish();
  return command ? wire(*command) : "error";
}

TEST(Encoder, ChoosesTheFormByTheContent) {
  EXPECT_EQ(encoded("INBOX", sync), "SELECT INBOX\r\n");
  EXPECT_EQ(encoded("", sync), "SELECT \"\"\r\n");
  EXPECT_EQ(encoded("My Mail", sync), "SELECT \"My Mail\"\r\n");
  EXPECT_EQ(encoded("a\"b\\c", sync), "SELECT \"a\\\"b\\\\c\"\r\n");
  EXPECT_EQ(encoded("nil", sync), "SELECT \"nil\"\r\n");
  EXPECT_EQ(encoded("{5}", sync), "SELECT \"{5}\"\r\n");
  EXPECT_EQ(encoded("a\nb", sync), "SELECT {3}\r\n|a\nb\r\n");
  EXPECT_EQ(encoded("a\nb", plus), "SELECT {3+}\r\na\nb\r\n");
  EXPECT_EQ(encoded("Entw\xC3\xBCrfe", plus), "SELECT {9+}\r\nEntw\xC3\xBCrfe\r\n");
  EXPECT_EQ(encoded("Entw\xC3\xBCrfe", {LiteralMode::plus, true}), "SELECT \"Entw\xC3\xBCrfe\"\r\n");
  EXPECT_EQ(encoded("\xFF", {LiteralMode::plus, true}), "SELECT {1+}\r\n\xFF\r\n");
}

TEST(Encoder, LetsNoStringBecomeASecondCommand) {
  for (const auto& evil :
       {"x\r\nA2 DELETE INBOX"s, "x\nA2 DELETE INBOX"s, "x\rA2"s, "\" {5}"s, "x {5}"s, "x)"s}) {
    auto out = encoded(evil, plus);
    ASSERT_TRUE(out.ends_with("\r\n"));
    // A literal announces its own length, so what is behind it is the end of the command.
    if (const auto open = out.find("+}\r\n"); open != std::string::npos) {
      EXPECT_EQ(out.substr(open + 4), evil + "\r\n");
    } else {
      EXPECT_EQ(out.find_first_of("\r\n"), out.size() - 2) << out;
    }
  }
}

TEST(Encoder, RefusesNul) {
  Encoder encoder{CommandKind::login, plus};
  encoder.raw(" ").astring("joe").raw(" ").secret("a\0b"s);
  auto command = encoder.finish();
  ASSERT_FALSE(command);
  EXPECT_EQ(command.error().code, Errc::usage);
}

TEST(Encoder, RefusesLineEndsInProtocolTextAndOddAtoms) {
  EXPECT_FALSE(Encoder{CommandKind::noop}.raw("x\r\n").finish());
  for (const auto* word : {"", "a b", "a\"", "a(", "a*", "a%", "a{", "a\\", "\xC3\xBC", "a\x7f"}) {
    EXPECT_FALSE(Encoder{CommandKind::enable}.raw(" ").atom(word).finish()) << word;
  }
  EXPECT_TRUE(Encoder{CommandKind::enable}.raw(" ").atom("UTF8=ACCEPT").finish());
}

TEST(Encoder, KeepsToTheLimitOfLiteralMinus) {
  const std::string small(4096, '\n');
  const std::string large(4097, '\n');
  EXPECT_TRUE(encoded(small, minus).starts_with("SELECT {4096+}\r\n\n"));
  EXPECT_TRUE(encoded(large, minus).starts_with("SELECT {4097}\r\n|\n"));
  EXPECT_TRUE(encoded(large, plus).starts_with("SELECT {4097+}\r\n\n"));
}

TEST(Encoder, HidesSecretsAndBodiesFromTheLog) {
  Encoder encoder{CommandKind::login, plus};
  encoder.raw(" ").astring("joe@example.com").raw(" ").secret("hunter2 is my \xC3\xBC");
  auto command = encoder.finish();
  ASSERT_TRUE(command.ok());
  EXPECT_EQ(command->redacted(), "LOGIN \"joe@example.com\" <hidden>");
  EXPECT_NE(wire(*command).find("hunter2"), std::string::npos);

  Encoder body{CommandKind::append, plus};
  body.raw(" ").astring("a\nb").raw(" ").slot(30211);
  EXPECT_EQ(body.finish()->redacted(), "APPEND [3 bytes] [30211 bytes]");
}

TEST(Encoder, PutsTheTagInFront) {
  auto command = Encoder{CommandKind::noop}.finish();
  ASSERT_TRUE(command.ok());
  command->set_tag("A12");
  EXPECT_EQ(wire(*command), "A12 NOOP\r\n");
  EXPECT_EQ(command->octets(), 10U);
  EXPECT_TRUE(command->one_write());
}

TEST(Encoder, MakesSlotsForBodiesItNeverSees) {
  Encoder encoder{CommandKind::append, plus};
  encoder.raw(" INBOX () ").slot(10).raw(" () ").slot(2'000'000, true);
  auto command = encoder.finish();
  ASSERT_TRUE(command.ok());
  EXPECT_EQ(wire(*command), "APPEND INBOX () {10+}\r\n<10> () {2000000}\r\n|<2000000>\r\n");
  EXPECT_EQ(command->segments()[1].slot_index, 0U);
  EXPECT_EQ(command->segments()[3].slot_index, 1U);
  EXPECT_FALSE(command->one_write());
}

TEST(Encoder, WritesOnlyFlagsThatAreAtoms) {
  FlagSet flags;
  flags.add(SystemFlag::seen);
  flags.add("$Forwarded");
  EXPECT_EQ(wire(*Encoder{CommandKind::append}.flags(flags).finish()), "APPEND(\\Seen $Forwarded)\r\n");
  EXPECT_EQ(wire(*Encoder{CommandKind::append}.flags(FlagSet{}).finish()), "APPEND()\r\n");
  for (const auto* evil : {"x)", "(x", "\"x", "{5}", "a%", "\\a\\b", "\xC3\xBC"}) {
    FlagSet set;
    set.add(evil);
    auto refused = Encoder{CommandKind::append}.flags(set).finish();
    ASSERT_FALSE(refused) << evil;
    EXPECT_EQ(refused.error().code, Errc::invalid_flag);
  }
  EXPECT_TRUE(is_wire_flag("odd]"));  // of Gmail
  EXPECT_TRUE(is_wire_flag("\\X"));
  EXPECT_FALSE(is_wire_flag("\\*"));
  EXPECT_FALSE(is_wire_flag(""));
}

TEST(Encoder, RefusesAnEmptySet) {
  EXPECT_FALSE(Encoder{CommandKind::uid_expunge}.raw(" ").uids(UidSet{}).finish());
}

// Reads back what a server would: frames by the announcements, then the string.
std::string as_a_server_reads(const Command& command) {
  const auto text = wire(command);
  std::string joined;
  for (char c : text) {
    if (c != '|') joined += c;
  }
  Framer framer;
  joined = "* " + joined;  // so that the framer takes literals from it
  framer.feed(as_bytes(joined));
  for (;;) {
    auto event = framer.next();
    if (!event || std::holds_alternative<NeedMore>(*event)) return "broken";
    if (auto* ready = std::get_if<FrameReady>(&*event)) {
      if (!framer.pending().empty()) return "octets left over";
      const Limits limits;
      Lexer lexer{*ready->frame, limits};
      lexer.accept('*');
      lexer.atom();
      auto value = lexer.astring();
      return value && lexer.at_end() ? value->data : "broken string";
    }
  }
}

RC_GTEST_PROP(Encoder, IsReadBackAsItWas, ()) {
  const auto octets = *rc::gen::container<std::string>(
      rc::gen::oneOf(rc::gen::element('"', '\\', '\r', '\n', '{', '}', ' ', '(', ')', '\xC3', '\x01', '\x7f'),
                     rc::gen::inRange<char>(1, 127)));
  RC_PRE(octets.find('|') == std::string::npos);
  const auto mode = *rc::gen::element(LiteralMode::synchronizing, LiteralMode::minus, LiteralMode::plus);
  Encoder encoder{CommandKind::select, {mode, false}};
  encoder.raw(" ").astring(octets);
  auto command = encoder.finish();
  RC_ASSERT(command.ok());
  RC_ASSERT(as_a_server_reads(*command) == octets);
}

}  // namespace
}  // namespace pf::imap
