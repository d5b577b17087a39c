#include "support/ferry.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <ostream>
#include <random>
#include <ranges>
#include <stdexcept>
#include <thread>
#include <utility>

namespace pf::test {

namespace {

using Json = nlohmann::json;

std::string url_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    const bool plain = (u >= '0' && u <= '9') || (u >= 'A' && u <= 'Z') || (u >= 'a' && u <= 'z') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", u);
  }
  return out;
}

std::string scalar(const Json& value) {
  if (value.is_null()) return {};
  return value.is_string() ? value.get<std::string>() : value.dump();
}

Record flattened(const Json& object) {
  Record record;
  for (const auto& [key, value] : object.items()) {
    if (value.is_object()) {
      for (const auto& [inner, scalar_value] : value.items()) {
        record.fields[fmt::format("{}.{}", key, inner)] = scalar(scalar_value);
      }
    } else if (!value.is_array()) {
      record.fields[key] = scalar(value);
    }
  }
  return record;
}

Ran understood(Output output) {
  Ran ran;
  ran.code = output.status.code;
  ran.signal = output.status.signal;
  ran.out = std::move(output.out);
  ran.err = std::move(output.err);
  Json last;
  for (const auto part : std::views::split(std::string_view(ran.out), '\n')) {
    const std::string_view line(part.begin(), part.end());
    // A program that was killed, or ended at a step (base/step.h), may leave half a line.
    const bool cut_short = ran.signal != 0 || ran.code == 137;
    if (!line.starts_with('{') || (cut_short && !line.ends_with('}'))) continue;
    last = Json::parse(line);
    ran.records.push_back(flattened(last));
  }
  if (ran.records.empty() || ran.records.back().text("event") != "summary") return ran;
  ran.summary = ran.records.back();
  for (const auto& warning : last.value("warnings", Json::array())) ran.warnings.push_back(warning);
  for (const auto& failure : last.value("failures", Json::array()))
    ran.failures.push_back(flattened(failure));
  return ran;
}

void append(std::vector<std::string>& to, std::vector<std::string> more) {
  std::ranges::move(more, std::back_inserter(to));
}

std::string binary() {
  const char* path = std::getenv("POSTFERRY_BINARY");
  if (path == nullptr) throw std::runtime_error("POSTFERRY_BINARY is not set");
  return path;
}

}  // namespace

End end_at(const MailServer& server, const std::string& user, Way way, const std::string& items) {
  std::string query;
  if (way == Way::clear) query = "tls=none";
  if (way != Way::clear) query = "ca=" + url_encoded(server.ca_file());
  if (!items.empty()) query += "&" + items;
  return {.url = fmt::format("{}://{}@127.0.0.1:{}/?{}", way == Way::tls ? "imaps" : "imap",
                             url_encoded(server.login(user)),
                             way == Way::tls ? server.imaps_port() : server.imap_port(), query),
          .password = server.password(user)};
}

End end_through(std::uint16_t port, const MailServer& server, const std::string& user) {
  return {.url = fmt::format("imap://{}@127.0.0.1:{}/?tls=none", url_encoded(server.login(user)), port),
          .password = server.password(user)};
}

std::string Record::text(std::string_view key) const {
  const auto found = fields.find(key);
  return found == fields.end() ? std::string() : found->second;
}

std::uint64_t Record::number(std::string_view key) const {
  const auto found = fields.find(key);
  if (found == fields.end()) throw std::runtime_error(fmt::format("no \"{}\" in the JSON", key));
  return std::stoull(found->second);
}

std::vector<Record> Ran::all(std::string_view event) const {
  std::vector<Record> found;
  std::ranges::copy_if(records, std::back_inserter(found),
                       [&](const Record& record) { return record.text("event") == event; });
  return found;
}

bool Ran::warned(std::string_view text) const {
  return std::ranges::any_of(warnings, [&](const auto& w) { return w.find(text) != std::string::npos; });
}

std::ostream& operator<<(std::ostream& out, const Ran& ran) {
  out << "exit status " << ran.code;
  if (ran.signal != 0) out << ", signal " << ran.signal;
  out << "\n";
  for (const auto part : std::views::split(std::string_view(ran.out), '\n')) {
    const std::string_view line(part.begin(), part.end());
    if (!line.empty() && !line.starts_with(R"({"event":"progress")")) out << line << "\n";
  }
  return out << ran.err;
}

Ferry::Ferry() {
  for (const auto* name : {"state", "home"}) std::filesystem::create_directory(dir_ / name);
}

ProcessOptions Ferry::process(std::vector<std::string> words) const {
  ProcessOptions options;
  options.argv = std::move(words);
  options.argv.insert(options.argv.begin(), binary());
  options.directory = working_directory;
  // Nothing of the user who runs the tests: no configuration, no state.
  const auto home = (dir_ / "home").string();
  options.env = {{"HOME", home}, {"XDG_CONFIG_HOME", home}, {"XDG_STATE_HOME", home}};
  options.env.insert(options.env.end(), environment.begin(), environment.end());
  return options;
}

ProcessOptions Ferry::pair(std::string command, const End& from, const End& to,
                           std::vector<std::string> options) const {
  std::vector<std::string> words{std::move(command),  "--json",    "--from-password-env", "PF_TEST_FROM",
                                 "--to-password-env", "PF_TEST_TO"};
  append(words, {"--state-dir", state().string()});
  if (!settle.empty()) append(words, {"--settle", settle});
  append(words, std::move(options));
  append(words, {from.url, to.url});
  auto process_options = process(std::move(words));
  process_options.env.emplace_back("PF_TEST_FROM", from.password);
  process_options.env.emplace_back("PF_TEST_TO", to.password);
  return process_options;
}

Ran Ferry::sync(const End& from, const End& to, std::vector<std::string> options) const {
  Process process(pair("sync", from, to, std::move(options)));
  return finish(process);
}

Ran Ferry::verify(const End& from, const End& to, std::vector<std::string> options) const {
  Process process(pair("verify", from, to, std::move(options)));
  return finish(process);
}

Ran Ferry::undo(const End& from, const End& to, std::vector<std::string> options) const {
  Process process(pair("undo", from, to, std::move(options)));
  return finish(process);
}

Ran Ferry::doctor(const End& end, std::vector<std::string> options) const {
  std::vector<std::string> words{"doctor", "--json", "--password-env", "PF_TEST_FROM"};
  append(words, std::move(options));
  words.push_back(end.url);
  auto process_options = this->process(std::move(words));
  process_options.env.emplace_back("PF_TEST_FROM", end.password);
  Process process(std::move(process_options));
  return finish(process);
}

Ran Ferry::run(std::vector<std::string> words) const {
  return understood(test::run(process(std::move(words))));
}

std::unique_ptr<Process> Ferry::start(std::vector<std::string> words) const {
  return std::make_unique<Process>(process(std::move(words)));
}

std::unique_ptr<Process> Ferry::start_sync(const End& from, const End& to,
                                           std::vector<std::string> options) const {
  return std::make_unique<Process>(pair("sync", from, to, std::move(options)));
}

Ran Ferry::finish(Process& process, std::chrono::milliseconds timeout) {
  const auto status = process.wait(timeout);
  if (!status) {
    constexpr std::size_t most = 2000;
    const auto out = process.out();
    throw std::runtime_error("postferry does not end; it wrote: ..." +
                             out.substr(out.size() - std::min(most, out.size())) + process.err());
  }
  return understood({.status = *status, .out = process.out(), .err = process.err()});
}

void Ferry::forget() const {
  std::filesystem::remove_all(state());
}

std::size_t number_from_environment(const char* name, std::size_t usual) {
  const char* text = std::getenv(name);
  return text == nullptr ? usual : std::stoul(text);
}

std::uint64_t seed_from_environment() {
  const std::uint64_t usual = 20261121;
  return number_from_environment("POSTFERRY_SEED", everything_wanted() ? std::random_device{}() : usual);
}

bool everything_wanted() {
  const char* text = std::getenv("POSTFERRY_ALL");
  return text != nullptr && std::string_view(text) == "1";
}

void pause_briefly() {
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

}  // namespace pf::test
