#include "imap/session/pipeline_rules.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <vector>

namespace pf::imap {
namespace {

using K = CommandKind;

std::vector<K> all_kinds() {
  std::vector<K> kinds;
  for (std::size_t at = 0; at < command_kinds; ++at) kinds.push_back(static_cast<K>(at));
  return kinds;
}

bool behind(K next, K running) {
  const std::array in_flight{running};
  return may_send(next, in_flight);
}

// Written down once more, by another hand than the table's: sets instead of rows.
const std::set<K> barriers{K::logout,    K::starttls, K::login, K::authenticate,
                           K::proxyauth, K::compress, K::idle};
const std::set<K> drains{K::starttls, K::authenticate, K::proxyauth, K::compress, K::idle};
const std::set<K> selecting{K::logout, K::select, K::examine, K::unselect, K::close};
const std::set<K> using_selection{K::unselect,   K::close,    K::fetch,    K::uid_fetch,  K::uid_store,
                                  K::uid_search, K::uid_copy, K::uid_move, K::uid_expunge};
const std::set<K> writing{K::create, K::delete_,   K::rename,   K::subscribe, K::append,
                          K::close,  K::uid_store, K::uid_copy, K::uid_move,  K::uid_expunge};
const std::set<K> probed{K::append, K::delete_, K::rename, K::uid_copy, K::uid_move, K::uid_expunge};
const std::set<K> never_again{K::logout, K::starttls, K::login,    K::authenticate, K::proxyauth,
                              K::enable, K::compress, K::unselect, K::close};

TEST(PipelineRules, AgreeWithWhatIsWrittenHereForEveryCommand) {
  for (auto kind : all_kinds()) {
    const auto& row = rule(kind);
    EXPECT_EQ(row.kind, kind);
    EXPECT_EQ(row.barrier, barriers.contains(kind)) << name(kind);
    EXPECT_EQ(row.drains_before, drains.contains(kind)) << name(kind);
    EXPECT_EQ(row.changes_selection, selecting.contains(kind)) << name(kind);
    EXPECT_EQ(row.uses_selection, using_selection.contains(kind)) << name(kind);
    EXPECT_EQ(row.by_sequence_number, kind == K::fetch) << name(kind);
    EXPECT_EQ(row.writes, writing.contains(kind)) << name(kind);
    const auto expected = probed.contains(kind)        ? AfterLoss::probe
                          : never_again.contains(kind) ? AfterLoss::never
                                                       : AfterLoss::again;
    EXPECT_EQ(row.after_loss, expected) << name(kind);
  }
}

TEST(PipelineRules, DecideForEveryPair) {
  for (auto next : all_kinds()) {
    EXPECT_TRUE(may_send(next, {})) << name(next);
    for (auto running : all_kinds()) {
      bool expected = !barriers.contains(running) && !drains.contains(next);
      const bool next_cares = selecting.contains(next) || using_selection.contains(next);
      const bool running_cares = selecting.contains(running) || using_selection.contains(running);
      if (selecting.contains(next) && running_cares) expected = false;
      const bool looks_behind = next == K::uid_fetch && (running == K::select || running == K::examine);
      if (selecting.contains(running) && next_cares && !looks_behind) expected = false;
      if (next == K::fetch && running != K::fetch) expected = false;
      EXPECT_EQ(behind(next, running), expected) << name(next) << " behind " << name(running);
    }
  }
}

TEST(PipelineRules, LetTheCommonRunsGoTogether) {
  EXPECT_TRUE(behind(K::id, K::enable));
  EXPECT_TRUE(behind(K::list, K::id));
  EXPECT_TRUE(behind(K::uid_fetch, K::uid_fetch));
  EXPECT_TRUE(behind(K::append, K::append));
  EXPECT_TRUE(behind(K::status, K::status));
  EXPECT_TRUE(behind(K::uid_fetch, K::select));
  EXPECT_TRUE(behind(K::uid_fetch, K::examine));
  EXPECT_FALSE(behind(K::uid_fetch, K::unselect));
  EXPECT_FALSE(behind(K::uid_store, K::select));
  EXPECT_FALSE(behind(K::select, K::uid_fetch));
  EXPECT_FALSE(behind(K::noop, K::starttls));
  EXPECT_FALSE(behind(K::capability, K::login));
  EXPECT_FALSE(behind(K::fetch, K::noop));
  const std::array mixed{K::list, K::idle, K::status};
  EXPECT_FALSE(may_send(K::list, mixed));
}

TEST(PipelineRules, KnowTheStates) {
  using S = SessionState;
  for (auto kind : all_kinds()) {
    const bool any = kind == K::capability || kind == K::noop || kind == K::logout || kind == K::id;
    const bool before = kind == K::starttls || kind == K::login || kind == K::authenticate;
    const bool selected_only = using_selection.contains(kind);
    EXPECT_EQ(allowed_in(kind, S::not_authenticated), any || before) << name(kind);
    EXPECT_EQ(allowed_in(kind, S::authenticated), !before && !selected_only) << name(kind);
    EXPECT_EQ(allowed_in(kind, S::selected), !before && kind != K::enable && kind != K::proxyauth)
        << name(kind);
    EXPECT_FALSE(allowed_in(kind, S::logged_out)) << name(kind);
  }
}

TEST(PipelineRules, KnowWhatBelongsToWhom) {
  EXPECT_TRUE(answers(K::uid_fetch, *untagged_kind(FetchData{})));
  EXPECT_FALSE(answers(K::noop, *untagged_kind(SearchData{})));
  EXPECT_TRUE(answers(K::uid_search, *untagged_kind(SearchData{})));
  EXPECT_TRUE(answers(K::uid_search, *untagged_kind(EsearchData{})));
  EXPECT_TRUE(answers(K::list, *untagged_kind(StatusData{})));
  EXPECT_TRUE(answers(K::select, *untagged_kind(Exists{})));
  EXPECT_TRUE(answers(K::select, *untagged_kind(FlagsData{})));
  EXPECT_TRUE(answers(K::select, *untagged_kind(Vanished{true, {}})));
  EXPECT_FALSE(answers(K::select, *untagged_kind(Vanished{false, {}})));
  EXPECT_TRUE(answers(K::uid_expunge, *untagged_kind(Vanished{false, {}})));
  EXPECT_TRUE(answers(K::uid_expunge, *untagged_kind(Expunge{})));
  EXPECT_TRUE(answers(K::uid_move, *untagged_kind(StatusResponse{})));
  EXPECT_TRUE(answers(K::get_quota_root, *untagged_kind(QuotaRootData{})));
  EXPECT_TRUE(answers(K::id, *untagged_kind(IdData{})));
  EXPECT_TRUE(answers(K::enable, *untagged_kind(EnabledData{})));
  EXPECT_TRUE(answers(K::namespace_, *untagged_kind(NamespaceData{})));
  EXPECT_TRUE(answers(K::capability, *untagged_kind(CapabilityData{})));
  EXPECT_TRUE(answers(K::idle, *untagged_kind(Recent{})));
  EXPECT_FALSE(untagged_kind(Tagged{}).has_value());
  EXPECT_FALSE(untagged_kind(Continuation{}).has_value());
  EXPECT_FALSE(untagged_kind(Unknown{}).has_value());
}

}  // namespace
}  // namespace pf::imap
