// The worker's command line. It is written by the daemon; people use it for set-up by hand.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "appliance/base/result.hpp"
#include "appliance/base/time.hpp"

namespace kaito::hsm {

enum class Mode : std::uint8_t { help, serve, init_token, bench, doctor };

struct Options {
  Mode mode = Mode::help;
  std::string token_uri;                  // serve, bench, doctor
  std::filesystem::path module;           // empty: p11-kit's configured modules
  std::string module_arguments;           // for C_Initialize of `module`
  std::filesystem::path token_directory;  // SoftHSM's, to be guarded; may be empty
  std::size_t org_kek_capacity = 1024;    // serve
  bool customer = false;                  // serve: the token is a customer's
  std::string label;                      // init_token
  std::filesystem::path so_pin_file;      // init_token
  std::filesystem::path pin_file;         // init_token
  Milliseconds duration{1000};            // bench, doctor
};

inline constexpr std::string_view kUsage =
    "kaito-hsm-worker --serve --token-uri URI [MODULE] [--org-kek-capacity N] [--customer]\n"
    "kaito-hsm-worker --init-token --label TEXT --so-pin-file FILE --pin-file FILE [MODULE]\n"
    "kaito-hsm-worker --bench --token-uri URI [MODULE] [--duration-ms N]\n"
    "kaito-hsm-worker --doctor --token-uri URI [MODULE] [--duration-ms N]    for `kaito hsm doctor`, which shows the "
    "report\n"
    "MODULE: [--module FILE [--module-arguments TEXT]] [--token-directory DIR]\n"
    "\n"
    "Loads a PKCS#11 module for kaitod, which starts it with --serve and talks to it on file descriptor 3.\n"
    "--init-token and --bench work from a shell too; the daemon must not be running then.\n";

// Code::usage, naming the argument.
Result<Options> parse_options(std::span<const char* const> arguments);

}  // namespace kaito::hsm
