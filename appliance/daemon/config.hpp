// What kaitod is told: the command line wins over the configuration file, which wins over the defaults.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "appliance/base/log.hpp"
#include "appliance/base/result.hpp"

namespace kaito::daemon {

struct Config {
  std::filesystem::path data_dir;

  // HTTPS
  std::string address = "::";
  std::uint16_t port = 8443;                         // 0: the kernel chooses
  std::vector<std::string> host_names{"localhost"};  // the first is the WebAuthn RP ID; all are in the own certificate
  std::vector<std::string> origins;                  // of the web console; empty: https://NAME:PORT of each host name
  std::filesystem::path tls_chain;                   // customer's certificate; empty: the own CA's
  std::filesystem::path tls_key;
  unsigned io_threads = 0;  // 0: one a processor, at most 8
  std::vector<std::string> trusted_proxies;
  std::uint32_t drain_seconds = 30;
  double rate_scale = 1.0;  // multiplies every rate limit

  // Numbers for Prometheus
  std::string metrics_address;         // HOST:PORT, numeric; empty: none. Plain HTTP, to whoever reaches it
  bool metrics_from_anywhere = false;  // the host may be another than loopback

  // HSM
  std::filesystem::path hsm_worker;             // empty: beside this program, or where the package puts it
  std::string token_uri;                        // empty: the embedded SoftHSM token of the data directory
  std::filesystem::path module;                 // of an external token
  std::string module_arguments;                 // for its C_Initialize
  std::vector<std::string> module_environment;  // NAME=VALUE
  std::uint32_t hsm_deadline_ms = 5000;
  std::filesystem::path hsm_connections;  // directory of the customers' HSMs; empty: there are none

  // Keys
  std::uint32_t dek_lease_seconds = 30;       // how long an unwrapped DEK may be used again; 0: never
  std::uint32_t rotation_rate = 0;            // wrapped keys a second of one rotation; 0: no limit
  std::uint32_t key_max_age_days = 365;       // then a key is rotated; 0: never by age
  std::uint64_t key_max_wraps = 1ULL << 31;   // encryptions with an org KEK; then it is rotated
  bool destroy_old_keys = false;              // as the last step of every rotation that does not say otherwise
  std::uint32_t shred_delay_seconds = 3600;   // from the first deletion of an org to the rotation that shreds it
  std::vector<std::filesystem::path> escrow;  // directories for further copies of the keyring

  // People
  std::filesystem::path staff_attestation_roots;  // PEM; staff keys must be attested by one of them. Empty: any key
  std::uint32_t session_idle_minutes = 12 * 60;
  std::uint32_t session_absolute_hours = 7 * 24;
  unsigned password_threads = 2;
  std::uint32_t officers_needed = 1;  // security officers who sign for a protected action; 1: whoever does it

  // Time
  std::uint32_t max_time_uncertainty_ms = 0;  // codes are refused above it, and while it is unknown; 0: never
  std::uint32_t max_time_jump_ms = 1000;      // a wall clock that leaves the machine's by more is an alarm

  // Audit
  std::uint32_t checkpoint_seconds = 10;
  bool serve_altered_rows =
      false;  // rows that were put back or removed are an alarm alone; otherwise nothing is served

  LogLevel log_level = LogLevel::info;
};

enum class Verb : std::uint8_t { setup, run, sign_transcript, accept_rows, inventory, version, help };

struct CommandLine {
  Verb verb = Verb::help;
  Config config;
  std::string text;  // of help and version
};

// Code::usage names the option; Code::configuration the file and its key.
Result<CommandLine> parse_command_line(int argc, const char* const* argv);

}  // namespace kaito::daemon
