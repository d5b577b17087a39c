// A body whose header has been looked at already.
#pragma once

#include "mail/message_key.h"
#include "store/store.h"

#include <string>

namespace pf::sync {

class HeadedSource final : public store::MessageSource {
 public:
  explicit HeadedSource(store::MessageSource& body) : body_(body) {}

  // Reads on until the key is certain: it goes into the intent, before anything is sent.
  Task<MessageKey> read_head();

  [[nodiscard]] std::uint64_t size() const override { return body_.size(); }
  Task<Bytes> next() override;

 private:
  store::MessageSource& body_;
  std::string head_;
  bool head_given_ = false;
};

}  // namespace pf::sync
