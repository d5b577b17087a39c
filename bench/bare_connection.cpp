#include "bare_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace pf::bench {

BareConnection::BareConnection(const Place& place) : socket_(test::Socket::connect(place.port)) {
  socket_.set_read_timeout(std::chrono::minutes(5));
  (void)line();
  send(fmt::format("LOGIN {} {}", place.user, place.password));
  finish();
}

void BareConnection::send(std::string_view command) {
  socket_.send_all(fmt::format("{} {}\r\n", ++tag_, command));
  expected_ = fmt::format("{} ", tag_);
}

bool BareConnection::is_end(const std::string& text) const {
  if (!text.starts_with(expected_)) return false;
  if (!text.starts_with(expected_ + "OK")) throw std::runtime_error(text);
  return true;
}

std::vector<std::string> BareConnection::list() {
  std::vector<std::string> out;
  send("LIST \"\" *");
  finish([&](const std::string& text) { out.push_back(text.substr(text.rfind(' ') + 1)); });
  return out;
}

std::string BareConnection::line() {
  std::size_t end = 0;
  while ((end = unread_.find("\r\n", at_)) == std::string::npos) read_more();
  auto text = unread_.substr(at_, end - at_);
  at_ = end + 2;
  return text;
}

std::string_view BareConnection::octets(std::size_t count) {
  while (unread_.size() - at_ < count) read_more();
  const auto out = std::string_view(unread_).substr(at_, count);
  at_ += count;
  return out;
}

void BareConnection::skip(std::size_t count) {
  while (count > 0) {
    if (at_ == unread_.size()) read_more();
    const auto some = std::min(count, unread_.size() - at_);
    at_ += some;
    count -= some;
  }
}

void BareConnection::read_more() {
  unread_.erase(0, at_);
  at_ = 0;
  const auto before = unread_.size();
  constexpr std::size_t piece = std::size_t{256} << 10;
  unread_.resize(before + piece);
  const auto n = socket_.receive(std::span(unread_).subspan(before));
  unread_.resize(before + n);
  if (n == 0) throw std::runtime_error("the server closed the connection");
}

std::size_t literal_size(std::string_view text) {
  return static_cast<std::size_t>(std::stoull(std::string(text.substr(text.rfind('{') + 1))));
}

}  // namespace pf::bench
