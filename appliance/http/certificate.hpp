// X.509 certificates and keys from and to PEM files.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "appliance/base/result.hpp"
#include "appliance/base/time.hpp"
#include "appliance/http/openssl_handles.hpp"

namespace kaito::http {

// All certificates of a PEM file, in its order; at least one, at most 16. Code::configuration names the file.
Result<std::vector<X509Ptr>> read_certificates(const std::filesystem::path& path);

// A private key in PEM, not encrypted. Refuses a file that others may read (any permission for "other").
Result<PkeyPtr> read_private_key(const std::filesystem::path& path);

// When the certificate begins and ends to be valid.
TimePoint not_before(const X509& certificate);
TimePoint not_after(const X509& certificate);

// Code::configuration: what is wrong with the file.
std::unexpected<Error> wrong_file(const std::filesystem::path& path, std::string_view what);

}  // namespace kaito::http
