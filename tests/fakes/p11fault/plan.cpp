#include "tests/fakes/p11fault/plan.hpp"

#include <array>
#include <sstream>

namespace p11fault {
namespace {

struct KindName {
  std::string_view name;
  Kind kind;
  bool has_value;
};
constexpr std::array kKinds{
    KindName{"return", Kind::give, true},
    KindName{"return-after", Kind::give_after, true},
    KindName{"delay", Kind::delay, true},
    KindName{"hang", Kind::hang, false},
    KindName{"crash", Kind::crash, false},
    KindName{"garbage", Kind::garbage, false},
    KindName{"garbage-size", Kind::garbage_size, false},
};

std::optional<Fault> parse_line(const std::string& line) {
  std::istringstream in(line);
  Fault fault;
  std::string kind;
  if (!(in >> fault.function >> fault.first >> kind)) return std::nullopt;
  for (const auto& known : kKinds) {
    if (known.name != kind) continue;
    fault.kind = known.kind;
    std::string word;
    if (known.has_value) {
      if (!(in >> word)) return std::nullopt;
      fault.value = std::stoul(word, nullptr, 0);
    }
    if (!(in >> word)) return fault;
    if (word == "times" && in >> fault.times) return fault;
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Plan> Plan::parse(std::string_view text) {
  Plan plan;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    auto fault = parse_line(line);
    if (!fault) return std::nullopt;
    plan.faults_.push_back(*std::move(fault));
  }
  return plan;
}

const Fault* Plan::called(std::string_view function) {
  auto count = calls_.find(function);
  if (count == calls_.end()) count = calls_.emplace(function, 0).first;
  const unsigned long call = ++count->second;
  for (const Fault& fault : faults_)
    if (fault.function == function && call >= fault.first && call < fault.first + fault.times) return &fault;
  return nullptr;
}

unsigned long Plan::calls(std::string_view function) const {
  const auto count = calls_.find(function);
  return count == calls_.end() ? 0 : count->second;
}

}  // namespace p11fault
