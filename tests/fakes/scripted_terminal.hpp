// A terminal whose user types what the test says.
#pragma once

#include <deque>

#include "appliance/cli/terminal/terminal.hpp"

namespace kaito::test {

class ScriptedTerminal final : public cli::Terminal {
 public:
  std::deque<std::string> typed;  // answers, in order; none left: there is no terminal
  std::string input;              // stdin
  std::vector<std::string> prompts;
  std::string out;
  std::string err;
  std::vector<std::string> progress;

  Result<Passphrase> ask_secret(std::string_view prompt) override {
    prompts.emplace_back(prompt);
    if (typed.empty()) return fail(Code::usage, "there is no terminal to ask on");
    auto answer = Passphrase::copy_of(typed.front());
    typed.pop_front();
    return answer;
  }
  Result<std::string> ask(std::string_view prompt) override {
    prompts.emplace_back(prompt);
    if (typed.empty()) return fail(Code::usage, "there is no terminal to ask on");
    auto answer = std::move(typed.front());
    typed.pop_front();
    return answer;
  }
  Result<std::string> read_input(std::size_t limit) override {
    if (input.size() > limit) return fail(Code::payload_too_large, "stdin holds more");
    return input;
  }
  void print(std::string_view text) override { out += text; }
  void note(std::string_view line) override { err.append(line).push_back('\n'); }
  void show_progress(std::string_view line) override { progress.emplace_back(line); }
};

}  // namespace kaito::test
