#include "appliance/cli/arguments.hpp"

#include <CLI/CLI.hpp>

namespace kaito::cli {

void Arguments::positional(const std::string& name, std::string& target, const std::string& help) {
  app_.add_option(name, target, help)->required()->type_name("");
}

void Arguments::positional(const std::string& name, std::vector<std::string>& target, const std::string& help) {
  app_.add_option(name, target, help)->required()->type_name("");
}

void Arguments::option(const std::string& name, std::string& target, const std::string& help) {
  app_.add_option(name, target, help)
      ->type_name(name.ends_with("-file") || name.ends_with("--output") ? "FILE" : "TEXT");
}

void Arguments::option(const std::string& name, std::optional<std::string>& target, const std::string& help) {
  app_.add_option(name, target, help)->type_name("TEXT");
}

void Arguments::option(const std::string& name, std::optional<std::int64_t>& target, const std::string& help) {
  app_.add_option(name, target, help)->type_name("NUMBER");
}

void Arguments::option(const std::string& name, std::vector<std::string>& target, const std::string& help) {
  app_.add_option(name, target, help)
      ->expected(1)
      ->allow_extra_args(false)
      ->take_all()
      ->type_name(name == "--checkpoint" ? "FILE" : "TEXT");
}

void Arguments::flag(const std::string& name, bool& target, const std::string& help) {
  app_.add_flag(name, target, help);
}

void Arguments::everything_else(std::vector<std::string>& target) {
  app_.prefix_command();
  app_.parse_complete_callback([this_app = &app_, &target] { target = this_app->remaining(); });
}

void Arguments::explain(const std::string& text) { app_.footer(text); }

}  // namespace kaito::cli
