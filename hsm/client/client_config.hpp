// How a worker is started and bounded.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>

#include "appliance/base/time.hpp"

namespace kaito::hsm {

struct ClientConfig {
  // The kaito-hsm-worker program.
  std::filesystem::path worker;
  // RFC 7512, with a `token` (and, where labels can repeat, `serial`) and `pin-source=file:…`. No PIN inside: a
  // `pin-value` is refused. Read by the worker only.
  std::string token_uri;
  // PKCS#11 module; empty: the modules that p11-kit is configured with.
  std::filesystem::path module;
  // What the module by that path wants at C_Initialize; most want nothing (NSS does).
  std::string module_arguments;
  // SoftHSM's token directory, to be locked, copied and restored by the worker; empty for any other HSM.
  std::filesystem::path token_directory;
  // A customer's token: it holds org KEKs and nothing else of ours. Whatever is wrong with it may be mended at any
  // time, so that its worker is started again after all but a refused PIN or a wrong known answer.
  bool customer = false;
  // The worker's whole environment, but for PATH and JOURNAL_STREAM, which it inherits unless they are here.
  std::map<std::string, std::string> environment;

  Milliseconds call_deadline{5000};
  Milliseconds start_deadline{15000};  // from spawn to the end of preflight
  Milliseconds first_backoff{50};      // doubled with each failed start
  Milliseconds longest_backoff{2000};
  std::size_t max_batch = 256;          // DEKs in one frame, 1 to 1024
  std::size_t max_outstanding = 4096;   // calls; over it: Code::hsm_unavailable
  std::size_t org_kek_capacity = 1024;  // org KEKs loaded at once, 1 to 65536

  friend bool operator==(const ClientConfig&, const ClientConfig&) = default;
};

}  // namespace kaito::hsm
