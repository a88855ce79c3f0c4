#include "appliance/daemon/identity.hpp"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "appliance/base/file.hpp"
#include "appliance/http/own_ca.hpp"

namespace kaito::daemon {
namespace {

constexpr std::string_view kApplianceId = "appliance/id";
constexpr std::size_t kMaxRootsFile = 1U << 20;

struct BioFree {
  void operator()(BIO* bio) const noexcept { BIO_free_all(bio); }
};
struct CertificateFree {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};

// The DER form of every certificate in a PEM file.
Result<std::vector<Bytes>> read_roots(const std::filesystem::path& path) {
  KAITO_TRY(const std::string text, read_file(path, kMaxRootsFile));
  const std::unique_ptr<BIO, BioFree> bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  std::vector<Bytes> roots;
  for (;;) {
    const std::unique_ptr<X509, CertificateFree> certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!certificate) break;
    const int size = i2d_X509(certificate.get(), nullptr);
    if (size <= 0) return fail(Code::configuration, path.string() + " holds a certificate that cannot be encoded");
    Bytes der(static_cast<std::size_t>(size));
    std::uint8_t* out = der.data();
    i2d_X509(certificate.get(), &out);
    roots.push_back(std::move(der));
  }
  if (roots.empty()) return fail(Code::configuration, path.string() + " holds no PEM certificate");
  return roots;
}

}  // namespace

Result<UniqueFd> lock_data_directory(const DataDirectory& data) {
  UniqueFd lock(::open(data.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return fail(Code::storage_failed, fmt::format("{}: {}", data.lock().string(), std::strerror(errno)));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(Code::configuration, "another kaitod uses this data directory");
  return lock;
}

Task<Result<std::string>> make_appliance_id(store::Store& store, const Clock& clock, Random& random) {
  std::string id = uuid_to_string(make_uuid_v7(clock.now(), random));
  auto job = [&id](store::Writer& writer) -> Status {
    KAITO_TRY(const auto present, writer.meta(kApplianceId));
    if (!present) return writer.put_meta(kApplianceId, as_bytes(id));
    id = as_text(*present);
    return {};
  };
  KAITO_CO_CHECK(co_await store.write(std::move(job), store::JobKind::change));
  co_return id;
}

Result<std::string> appliance_id(store::Store& store) {
  KAITO_TRY(const auto snapshot, store.snapshot());
  KAITO_TRY(const auto id, snapshot->meta(kApplianceId));
  if (!id) return fail(Code::configuration, "the data directory is not set up; run kaitod setup");
  return std::string(as_text(*id));
}

Result<http::TlsIdentity> load_tls_identity(const Config& config, const DataDirectory& data, const Clock& clock,
                                            Random& random) {
  if (!config.tls_chain.empty())
    return http::TlsIdentity::load({.chain = config.tls_chain, .key = config.tls_key}, clock);
  std::vector<http::IpAddress> addresses;
  for (const auto* text : {"127.0.0.1", "::1"}) {
    KAITO_TRY(const auto address, http::IpAddress::parse(text));
    addresses.push_back(address);
  }
  KAITO_TRY(const auto own, http::make_own_ca(data.tls(), config.host_names, addresses, clock, random));
  return http::TlsIdentity::load(own.server, clock);
}

std::vector<std::string> web_origins(const Config& config, std::uint16_t port) {
  if (!config.origins.empty()) return config.origins;
  std::vector<std::string> origins;
  for (const auto& name : config.host_names)
    origins.push_back(port == 443 ? "https://" + name : fmt::format("https://{}:{}", name, port));
  return origins;
}

Result<auth::StaffRelyingParty> staff_relying_party(const Config& config, const std::vector<std::string>& origins) {
  auth::StaffRelyingParty party{
      .rp = {.id = config.host_names.front(), .origins = origins}, .name = "Kaito Appliance", .policy = {}};
  if (!config.staff_attestation_roots.empty()) {
    KAITO_TRY(party.policy.trusted_roots, read_roots(config.staff_attestation_roots));
    party.policy.attestation = webauthn::Attestation::trusted;
  }
  return party;
}

}  // namespace kaito::daemon
