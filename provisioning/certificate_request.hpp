// A TLS key and the request (PKCS#10) that a customer's CA signs.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/base/result.hpp"
#include "appliance/base/secret.hpp"

namespace kaito::provisioning {

using PemKey = Secret<struct PemKeyTag>;

// ECDSA P-256, PKCS#8 in PEM.
Result<PemKey> make_tls_key();
// Whether a request can be made of it: "/C=…/O=…/CN=…", with names that OpenSSL knows and values that fit them.
// Code::configuration otherwise.
Status check_subject(std::string_view subject);
// `subject` is "/C=…/O=…/CN=…"; the host names are its subjectAltName. PEM. Code::configuration when the subject is not
// of that form.
Result<std::string> make_certificate_request(const PemKey& key, std::string_view subject,
                                             const std::vector<std::string>& host_names);

}  // namespace kaito::provisioning
