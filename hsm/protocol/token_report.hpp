// What an examination of a token found, and what follows from it.
#pragma once

#include <string>
#include <vector>

#include "hsm/protocol/wire.hpp"

namespace kaito::hsm {

enum class Finding : std::uint8_t {
  works,
  missing,  // the token does not offer it
  refused,  // it offers it, and then does not do it
  wrong,    // it does it, with a wrong result: nothing may be trusted to this token
};

struct TokenReport {
  std::string label;
  std::string serial;
  std::string model;
  std::string manufacturer;
  std::string firmware;
  std::string library;  // the module's description and version

  struct Probe {
    std::string what;
    Finding finding = Finding::missing;
    std::string detail;  // what the token said; empty where it works
  };
  std::vector<Probe> probes;

  std::uint64_t max_sessions = 0;     // as the token says; 0: unlimited or unknown
  std::uint64_t opened_sessions = 0;  // at once, of 16 that were tried
  bool os_locking = true;             // the module uses the system's locks
  std::string gcm_iv;                 // "the caller's", "its own"; empty without AES-GCM

  // What the worker would choose; empty where there is nothing. Without `org_keks` it serves as a customer's alone.
  std::string org_keks;
  std::string deks;
  std::string audit;
  // Why not, where it serves no purpose; empty where it serves.
  std::string unfit;
  double unwraps_per_second = 0;  // of DEKs, one after the other; 0 where only an RSA pair could tell
  double wraps_per_second = 0;
  std::uint64_t deadline_ms = 0;  // that --hsm-deadline-ms must at least be
};

void write_token_report(WireWriter& out, const TokenReport& report);
Result<TokenReport> read_token_report(ByteReader& in);

}  // namespace kaito::hsm
