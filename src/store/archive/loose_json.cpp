#include "store/archive/loose_json.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace pf::store {

namespace {

constexpr std::size_t most_levels = 32;
constexpr std::size_t most_members = 10'000;  // texts in all

class Reader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  [[nodiscard]] LooseJson take() { return std::move(out_); }

  bool null() override { return level_ > 0; }
  bool boolean(bool /*value*/) override { return level_ > 0; }
  bool number_integer(number_integer_t value) override { return scalar(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(std::to_string(value)); }
  bool number_float(number_float_t /*value*/, const string_t& text) override { return scalar(text); }
  bool string(string_t& value) override { return scalar(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return false; }

  bool start_object(std::size_t /*size*/) override { return enter(); }
  bool key(string_t& value) override {
    if (level_ == 1) key_ = std::move(value);
    return true;
  }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t /*size*/) override {
    if (level_ == 0) return false;
    if (level_ == 1) {
      out_.lists[key_];
      in_list_ = true;
    }
    return enter();
  }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

 private:
  bool enter() { return ++level_ <= most_levels; }
  bool leave() {
    --level_;
    if (level_ <= 1) in_list_ = false;
    return true;
  }
  bool scalar(std::string text) {
    if (level_ == 0 || ++members_ > most_members) return false;
    if (level_ == 1)
      out_.texts[key_] = std::move(text);
    else if (level_ == 2 && in_list_)
      out_.lists[key_].push_back(std::move(text));
    return true;
  }

  LooseJson out_;
  std::string key_;
  std::size_t level_ = 0, members_ = 0;
  bool in_list_ = false;
};

}  // namespace

std::string LooseJson::text(std::string_view key) const {
  const auto found = texts.find(key);
  return found == texts.end() ? std::string() : found->second;
}

std::vector<std::string> LooseJson::list(std::string_view key) const {
  if (const auto found = lists.find(key); found != lists.end()) return found->second;
  const auto one = texts.find(key);
  return one == texts.end() ? std::vector<std::string>{} : std::vector{one->second};
}

std::optional<LooseJson> parse_loose_json(std::string_view text) {
  Reader reader;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &reader)) return std::nullopt;
  return reader.take();
}

}  // namespace pf::store
