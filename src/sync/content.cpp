#include "sync/content.h"

#include <algorithm>

namespace pf::sync {

namespace {

Task<ContentDigest> digest_body(store::MessageSource& body) {
  ContentDigester digester;
  for (;;) {
    PF_CO_TRY(const Bytes chunk, co_await body.next());
    if (chunk.empty()) break;
    digester.feed(chunk);
  }
  co_return digester.finish();
}

std::vector<MessageRef> refs_of(const std::vector<MessageMeta>& list,
                                const std::vector<std::size_t>& indexes) {
  std::vector<MessageRef> refs;
  refs.reserve(indexes.size());
  for (std::size_t i : indexes) refs.push_back(list[i].ref);
  std::ranges::sort(refs);
  return refs;
}

using Digests = std::map<MessageRef, ContentDigest>;

// Takes every pair that agrees in `field` out of `open`.
void pair_by(Digest256 ContentDigest::* field, const std::vector<MessageMeta>& source_list,
             const Digests& source_digests, const std::vector<MessageMeta>& target_list,
             const Digests& target_digests, MatchResult::Open& open,
             std::vector<std::pair<std::size_t, std::size_t>>& pairs) {
  std::multimap<Digest256, std::size_t> at_target;
  for (std::size_t t : open.target) {
    if (auto d = target_digests.find(target_list[t].ref); d != target_digests.end())
      at_target.emplace(d->second.*field, t);
  }
  std::erase_if(open.source, [&](std::size_t s) {
    const auto d = source_digests.find(source_list[s].ref);
    if (d == source_digests.end()) return false;
    const auto hit = at_target.find(d->second.*field);
    if (hit == at_target.end()) return false;
    pairs.emplace_back(s, hit->second);
    std::erase(open.target, hit->second);
    at_target.erase(hit);
    return true;
  });
}

}  // namespace

Task<Digests> digests(store::OpenMailbox& mailbox, std::vector<MessageRef> refs,
                      std::map<MessageRef, Error>* unreadable) {
  const auto leave_out = [&](const MessageRef& ref, const Error& why) {
    if (unreadable != nullptr) unreadable->emplace(ref, why);
  };
  Digests out;
  if (refs.empty()) co_return out;
  PF_CO_TRY(auto stream, co_await mailbox.read(std::move(refs)));
  std::optional<Error> broken;
  for (;;) {
    auto item = co_await stream->next();
    if (!item) {
      if (item.error().scope == Scope::message) {
        leave_out(stream->failed_ref(), item.error());
        continue;
      }
      broken = item.error();
      break;
    }
    if (!*item) break;
    auto digest = co_await digest_body(*(*item)->body);
    if (digest) {
      out.emplace((*item)->ref, *digest);
    } else if (digest.error().scope == Scope::message) {
      leave_out((*item)->ref, digest.error());
    } else {
      broken = digest.error();
      break;
    }
  }
  auto closed = co_await stream->close();
  if (broken) co_return *broken;
  if (!closed) co_return closed.error();
  co_return out;
}

Task<void> resolve_open(store::OpenMailbox& source, store::OpenMailbox& target,
                        const std::vector<MessageMeta>& source_list,
                        const std::vector<MessageMeta>& target_list, MatchResult& result) {
  std::vector<std::size_t> all_source;
  std::vector<std::size_t> all_target;
  for (const auto& open : result.open) {
    all_source.insert(all_source.end(), open.source.begin(), open.source.end());
    all_target.insert(all_target.end(), open.target.begin(), open.target.end());
  }
  PF_CO_TRY(const Digests source_digests, co_await digests(source, refs_of(source_list, all_source)));
  PF_CO_TRY(const Digests target_digests, co_await digests(target, refs_of(target_list, all_target)));
  for (auto& open : result.open) {
    for (auto field : {&ContentDigest::exact, &ContentDigest::normal}) {
      pair_by(field, source_list, source_digests, target_list, target_digests, open, result.pairs);
    }
  }
  result.open.clear();
  co_return Status{};
}

Task<void> confirm_pairs(store::OpenMailbox& source, store::OpenMailbox& target,
                         const std::vector<MessageMeta>& source_list,
                         const std::vector<MessageMeta>& target_list, MatchResult& result,
                         Vanished vanished) {
  std::vector<std::size_t> all_source;
  std::vector<std::size_t> all_target;
  for (const auto& [s, t] : result.pairs) {
    all_source.push_back(s);
    all_target.push_back(t);
  }
  PF_CO_TRY(const Digests source_digests, co_await digests(source, refs_of(source_list, all_source)));
  PF_CO_TRY(const Digests target_digests, co_await digests(target, refs_of(target_list, all_target)));
  std::erase_if(result.pairs, [&](const auto& pair) {
    const auto s = source_digests.find(source_list[pair.first].ref);
    const auto t = target_digests.find(target_list[pair.second].ref);
    if (s == source_digests.end()) return vanished == Vanished::drop;
    return t == target_digests.end() || s->second.normal != t->second.normal;
  });
  co_return Status{};
}

}  // namespace pf::sync
