// A command's arguments, declared; they are written into the targets when the line has been parsed. Keeps CLI11 out of
// the commands.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace kaito::cli {

class Arguments {
 public:
  explicit Arguments(CLI::App& app) noexcept : app_(app) {}

  // Positional and required; the vector takes one or more. `name` is shown in the help: "SEED".
  void positional(const std::string& name, std::string& target, const std::string& help);
  void positional(const std::string& name, std::vector<std::string>& target, const std::string& help);
  // "--label" or "-o,--output". A vector's option may be repeated.
  void option(const std::string& name, std::string& target, const std::string& help);
  void option(const std::string& name, std::optional<std::string>& target, const std::string& help);
  void option(const std::string& name, std::optional<std::int64_t>& target, const std::string& help);
  void option(const std::string& name, std::vector<std::string>& target, const std::string& help);
  void flag(const std::string& name, bool& target, const std::string& help);
  // All words from the first on that is none of the above, as they stand: another program's.
  void everything_else(std::vector<std::string>& target);
  // Told below the options.
  void explain(const std::string& text);

 private:
  CLI::App& app_;
};

}  // namespace kaito::cli
