// The `kaito` command line: its commands, and running the one that was asked for.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "appliance/cli/arguments.hpp"
#include "appliance/cli/context.hpp"

namespace CLI {
class App;
}

namespace kaito::cli {

class CommandLine {
 public:
  CommandLine();
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // A group of commands: `kaito NAME …`. `path` is empty for commands without a group.
  struct Group {
    CLI::App* app;
  };
  Group root() noexcept;
  Group group(const std::string& name, const std::string& help);

  // `declare` says which arguments the command takes; `run` does it.
  template <class Options>
  void add(Group group, const std::string& name, const std::string& help, void (*declare)(Arguments&, Options&),
           Status (*run)(Context&, const Options&)) {
    auto options = std::make_shared<Options>();
    auto arguments = add(group, name, help, [options, run](Context& context) { return run(context, *options); });
    declare(arguments, *options);
  }
  void add(Group group, const std::string& name, const std::string& help, Status (*run)(Context&)) {
    add(group, name, help, std::function<Status(Context&)>(run));
  }

  // Parses the words after the program's name and runs the command. Gives the exit code: 0, kPartlyDone, or that of an
  // error's row in base/error.cpp. Once for each CommandLine.
  int run(std::vector<std::string> words, World& world);

 private:
  Arguments add(Group group, const std::string& name, const std::string& help, std::function<Status(Context&)> action);

  std::unique_ptr<CLI::App> app_;
  CommonOptions common_;
  std::function<Status(Context&)> chosen_;
};

// Builds the whole line and runs it.
int run_kaito(std::vector<std::string> words, World& world);

}  // namespace kaito::cli
