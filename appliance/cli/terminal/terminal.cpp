#include "appliance/cli/terminal/terminal.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include "appliance/base/file.hpp"
#include "appliance/base/unique_fd.hpp"

namespace kaito::cli {
namespace {

// What the handler of a deadly signal puts back. Written while no such signal is handled.
int quiet_fd = -1;
termios before_quiet{};

extern "C" void restore_and_die(int signal) {
  ::tcsetattr(quiet_fd, TCSAFLUSH, &before_quiet);  // async-signal-safe (signal-safety(7))
  struct sigaction fatal{};
  fatal.sa_handler = SIG_DFL;
  ::sigaction(signal, &fatal, nullptr);
  ::raise(signal);  // delivered when the handler returns
}

// Echo and line editing off; restored at the end, also when a signal ends the process. Ctrl-C arrives as a character.
class QuietTerminal {
 public:
  explicit QuietTerminal(int fd) : fd_(fd), changed_(::tcgetattr(fd, &before_) == 0) {
    if (!changed_) return;
    quiet_fd = fd;
    before_quiet = before_;
    struct sigaction restoring{};
    restoring.sa_handler = restore_and_die;
    for (std::size_t i = 0; i < kDeadly.size(); ++i) ::sigaction(kDeadly[i], &restoring, &former_[i]);
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ICANON | ISIG);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    changed_ = ::tcsetattr(fd, TCSAFLUSH, &quiet) == 0;
  }
  ~QuietTerminal() {
    if (changed_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
    if (quiet_fd < 0) return;
    for (std::size_t i = 0; i < kDeadly.size(); ++i) ::sigaction(kDeadly[i], &former_[i], nullptr);
    quiet_fd = -1;
  }
  QuietTerminal(const QuietTerminal&) = delete;
  QuietTerminal& operator=(const QuietTerminal&) = delete;
  [[nodiscard]] bool ready() const noexcept { return changed_; }

 private:
  static constexpr std::array kDeadly{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
  int fd_;
  termios before_{};
  bool changed_;
  std::array<struct sigaction, kDeadly.size()> former_{};
};

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

// Takes the last character away, all its bytes (UTF-8 continuation bytes are 10xxxxxx).
std::size_t without_last(ByteView line) {
  std::size_t size = line.size();
  while (size > 0 && (line[size - 1] & 0xc0U) == 0x80U) --size;
  return size > 0 ? size - 1 : 0;
}

Result<Passphrase> read_typed(int fd) {
  constexpr char kCtrlC = 3;
  constexpr char kCtrlD = 4;
  constexpr char kBackspace = 8;
  constexpr char kCtrlU = 21;
  constexpr char kDelete = 127;
  Passphrase line(kMaxSecretInput);
  std::size_t size = 0;
  for (;;) {
    char c = 0;
    const ssize_t count = ::read(fd, &c, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || c == kCtrlC || c == kCtrlD) return fail(Code::usage, "cancelled");
    if (c == '\n' || c == '\r') return Passphrase::copy_of(ByteView(line.expose_secret()).first(size));
    if (c == kBackspace || c == kDelete)
      size = without_last(ByteView(line.expose_secret()).first(size));
    else if (c == kCtrlU)
      size = 0;
    else if (size == line.size())
      return fail(Code::usage, fmt::format("longer than {} bytes", kMaxSecretInput));
    else
      line.expose_secret()[size++] = static_cast<std::uint8_t>(c);
  }
}

Result<Passphrase> secret_of(std::string text) {
  std::string_view content = text;
  if (content.ends_with('\n')) content.remove_suffix(1);
  if (content.ends_with('\r')) content.remove_suffix(1);
  auto secret = Passphrase::copy_of(content);
  wipe(text);
  return secret;
}

Result<Passphrase> read_unchecked(Terminal& terminal, const std::string& source, std::string_view prompt) {
  if (source.empty()) return terminal.ask_secret(prompt);
  auto content = source == "-" ? terminal.read_input(kMaxSecretInput) : read_file(source, kMaxSecretInput);
  if (!content) return fail(std::move(content).error());
  return secret_of(*std::move(content));
}

}  // namespace

Result<Passphrase> SystemTerminal::ask_secret(std::string_view prompt) {
  const UniqueFd tty(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!tty) return fail(Code::usage, "there is no terminal to ask on; give the secret in a file or on stdin");
  const QuietTerminal quiet(tty.get());
  if (!quiet.ready()) return fail(Code::usage, "the terminal's echo cannot be turned off");
  write_all(tty.get(), fmt::format("{}: ", prompt));
  auto typed = read_typed(tty.get());
  write_all(tty.get(), "\n");
  return typed;
}

Result<std::string> SystemTerminal::ask(std::string_view prompt) {
  const UniqueFd tty(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!tty) return fail(Code::usage, "there is no terminal to ask on");
  write_all(tty.get(), fmt::format("{}: ", prompt));
  std::string line;
  for (;;) {
    char c = 0;
    const ssize_t count = ::read(tty.get(), &c, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return fail(Code::usage, "cancelled");
    if (c == '\n') return line;
    if (line.size() == kMaxSecretInput) return fail(Code::usage, fmt::format("longer than {} bytes", kMaxSecretInput));
    line.push_back(c);
  }
}

Result<std::string> SystemTerminal::read_input(std::size_t limit) {
  auto content = read_to_end(STDIN_FILENO, limit);
  if (!content) return fail(std::move(content).error().within("stdin"));
  return content;
}

void SystemTerminal::print(std::string_view text) { write_all(STDOUT_FILENO, text); }
void SystemTerminal::note(std::string_view line) { write_all(STDERR_FILENO, fmt::format("{}\n", line)); }
void SystemTerminal::show_progress(std::string_view line) {
  // Back to the line's start, the text, and what is left of the longer one before it away (ECMA-48 EL).
  if (::isatty(STDERR_FILENO) == 1) write_all(STDERR_FILENO, fmt::format("\r{}\x1b[K", line));
}

Result<Passphrase> read_secret(Terminal& terminal, const std::string& source, std::string_view prompt) {
  KAITO_TRY(auto secret, read_unchecked(terminal, source, prompt));
  if (secret.empty()) return fail(Code::usage, fmt::format("{}: nothing was given", prompt));
  return secret;
}

Result<Passphrase> read_new_secret(Terminal& terminal, const std::string& source, std::string_view prompt) {
  KAITO_TRY(auto secret, read_secret(terminal, source, prompt));
  if (!source.empty()) return secret;
  KAITO_TRY(const auto again, terminal.ask_secret(fmt::format("{}, again", prompt)));
  if (!(again == secret)) return fail(Code::usage, "the two do not match");
  return secret;
}

}  // namespace kaito::cli
