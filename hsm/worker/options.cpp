#include "hsm/worker/options.hpp"

#include <fmt/format.h>

#include <charconv>

namespace kaito::hsm {
namespace {

Error usage(std::string detail) { return {.code = Code::usage, .detail = std::move(detail)}; }

Result<std::uint32_t> parse_number(std::string_view name, std::string_view text, std::uint32_t limit) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > limit)
    return fail(usage(fmt::format("{} must be 1 to {}", name, limit)));
  return number;
}

Status set_value(Options& options, std::string_view name, const char* value) {
  if (name == "--token-uri") {
    options.token_uri = value;
  } else if (name == "--module") {
    options.module = value;
  } else if (name == "--module-arguments") {
    options.module_arguments = value;
  } else if (name == "--token-directory") {
    options.token_directory = value;
  } else if (name == "--label") {
    options.label = value;
  } else if (name == "--so-pin-file") {
    options.so_pin_file = value;
  } else if (name == "--pin-file") {
    options.pin_file = value;
  } else if (name == "--org-kek-capacity") {
    KAITO_TRY(options.org_kek_capacity, parse_number(name, value, 65536));
  } else if (name == "--duration-ms") {
    KAITO_TRY(const std::uint32_t milliseconds, parse_number(name, value, 600'000));
    options.duration = Milliseconds(milliseconds);
  } else {
    return fail(usage(fmt::format("unknown argument {}", name)));
  }
  return {};
}

}  // namespace

Result<Options> parse_options(std::span<const char* const> arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (name == "--help") return Options{};
    if (name == "--serve") {
      options.mode = Mode::serve;
    } else if (name == "--customer") {
      options.customer = true;
    } else if (name == "--init-token") {
      options.mode = Mode::init_token;
    } else if (name == "--bench") {
      options.mode = Mode::bench;
    } else if (name == "--doctor") {
      options.mode = Mode::doctor;
    } else {
      if (i + 1 == arguments.size()) return fail(usage(fmt::format("{} needs a value, or is unknown", name)));
      KAITO_CHECK(set_value(options, name, arguments[++i]));
    }
  }
  if (options.mode == Mode::help && !arguments.empty())
    return fail(usage("--serve, --init-token, --bench or --doctor must be given"));
  return options;
}

}  // namespace kaito::hsm
