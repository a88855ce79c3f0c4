// The appliance's own certification authority, for the time before the customer brings a certificate.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "appliance/base/random.hpp"
#include "appliance/base/time.hpp"
#include "appliance/http/ip_address.hpp"
#include "appliance/http/tls_identity.hpp"

namespace kaito::http {

struct OwnCa {
  std::filesystem::path ca_certificate;  // <dir>/ca.pem: what clients are told to trust
  TlsFiles server;                       // <dir>/server.pem, <dir>/server.key
  bool renewed = false;                  // the server certificate was made by this call
};

// Makes what is missing in `dir` (created, 0700): a P-256 CA valid for 10 years (ca.pem, ca.key), and a P-256 server
// certificate valid for 396 days with the given names. Files are 0600 and replaced atomically. Idempotent: a server
// certificate stays until 30 days before its end, or until the names, its key or the CA no longer fit.
//   dns_names, addresses  subject alternative names; at least one in all
//   random                serial numbers; keys come from OpenSSL's generator
// Code::configuration when a file is damaged or the CA itself has ended: a CA is never replaced silently, since clients
// trust it. Storage errors pass through.
Result<OwnCa> make_own_ca(const std::filesystem::path& dir, const std::vector<std::string>& dns_names,
                          const std::vector<IpAddress>& addresses, const Clock& clock, Random& random);

}  // namespace kaito::http
