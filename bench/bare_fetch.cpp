#include "bare_fetch.h"

#include "in_parallel.h"

#include <chrono>
#include <string>

namespace pf::bench {

namespace {

// `into`: may be null.
void fetch_mailbox(BareConnection& from, const std::string& mailbox, BareFolder* into, Fetched& fetched) {
  from.send("EXAMINE " + mailbox);
  bool empty = false;
  from.finish([&](const std::string& text) { empty = empty || text == "* 0 EXISTS"; });
  if (empty) return;
  from.send("FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])");
  from.finish([&](const std::string& text) {
    if (!text.ends_with('}')) return;
    const auto size = literal_size(text);
    if (into != nullptr) {
      into->add(from.octets(size));
    } else {
      from.skip(size);
    }
    (void)from.line();
    ++fetched.messages;
    fetched.bytes += size;
  });
}

}  // namespace

double bare_fetch(const Place& from, std::size_t connections, const std::filesystem::path& into,
                  const MakeFolder& make, Fetched& fetched) {
  const auto start = std::chrono::steady_clock::now();
  const auto mailboxes = BareConnection(from).list();
  std::atomic<std::size_t> next = 0;
  in_parallel(connections, connections, [&](std::size_t) {
    BareConnection connection(from);
    for (auto i = next++; i < mailboxes.size(); i = next++) {
      const auto folder = into.empty() ? nullptr : make(into / std::to_string(i));
      fetch_mailbox(connection, mailboxes[i], folder.get(), fetched);
      if (folder) folder->finish();
    }
  });
  if (!into.empty()) sync_file_system(into);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace pf::bench
