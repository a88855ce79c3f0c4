// What a command reads from and writes to.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "appliance/base/result.hpp"
#include "appliance/base/secret.hpp"

namespace kaito::cli {

inline constexpr std::size_t kMaxSecretInput = 4096;  // bytes of a typed or read secret

class Terminal {
 public:
  virtual ~Terminal() = default;
  // Prompts on the controlling terminal and reads a line from it without echo, whatever stdin is. Code::usage when
  // there is no terminal or the user cancels (Ctrl-C, Ctrl-D).
  virtual Result<Passphrase> ask_secret(std::string_view prompt) = 0;
  // The same for what is no secret: with the terminal's echo and line editing. At most kMaxSecretInput bytes.
  virtual Result<std::string> ask(std::string_view prompt) = 0;
  // All of stdin. Code::payload_too_large above `limit` bytes.
  virtual Result<std::string> read_input(std::size_t limit) = 0;
  // Results, to stdout.
  virtual void print(std::string_view text) = 0;
  // A line for the person at the terminal, to stderr.
  virtual void note(std::string_view line) = 0;
  // The state of something that takes long, on stderr, in the place of the one before. Shown only when a person is
  // there to see it; an empty line ends it.
  virtual void show_progress(std::string_view line) = 0;
};

// The process's own: /dev/tty, stdin, stdout and stderr.
class SystemTerminal final : public Terminal {
 public:
  Result<Passphrase> ask_secret(std::string_view prompt) override;
  Result<std::string> ask(std::string_view prompt) override;
  Result<std::string> read_input(std::size_t limit) override;
  void print(std::string_view text) override;
  void note(std::string_view line) override;
  void show_progress(std::string_view line) override;
};

// A secret from where the user said: a file, stdin ("-"), or, when `source` is empty, the prompt. One newline at its
// end is not part of it. An empty secret is Code::usage.
Result<Passphrase> read_secret(Terminal& terminal, const std::string& source, std::string_view prompt);
// The same for a secret that is being set: a typed one is asked for twice.
Result<Passphrase> read_new_secret(Terminal& terminal, const std::string& source, std::string_view prompt);

}  // namespace kaito::cli
