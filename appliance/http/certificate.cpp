#include "appliance/http/certificate.hpp"

#include <openssl/pem.h>
#include <sys/stat.h>

#include <ctime>

#include "appliance/base/file.hpp"
#include "appliance/base/secret.hpp"

namespace kaito::http {
namespace {

constexpr std::size_t kMaxPem = 256 * 1024;
constexpr std::size_t kMaxChain = 16;

BioPtr memory_bio(std::string_view text) { return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

// Called when a key turns out to be encrypted: there is nobody to ask.
int no_password(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

TimePoint to_time_point(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return TimePoint::min();
  return std::chrono::sys_seconds(Seconds(timegm(&parts)));
}

}  // namespace

Result<std::vector<X509Ptr>> read_certificates(const std::filesystem::path& path) {
  auto text = read_file(path, kMaxPem);
  if (!text) return wrong_file(path, "cannot be read: " + text.error().detail);
  const BioPtr bio = memory_bio(*text);
  std::vector<X509Ptr> chain;
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    chain.emplace_back(certificate);
    if (chain.size() > kMaxChain) return wrong_file(path, "holds more than 16 certificates");
  }
  const std::string reason = openssl_reason();
  if (chain.empty()) return wrong_file(path, "holds no certificate in PEM: " + reason);
  return chain;
}

Result<PkeyPtr> read_private_key(const std::filesystem::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IRWXO) != 0)
    return wrong_file(path, "the private key can be read by every user; set its mode to 0600");
  auto text = read_file(path, kMaxPem);
  if (!text) return wrong_file(path, "cannot be read: " + text.error().detail);
  const BioPtr bio = memory_bio(*text);
  bool encrypted = false;
  PkeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, &encrypted));
  wipe(*text);
  const std::string reason = openssl_reason();
  if (encrypted) return wrong_file(path, "the private key is encrypted; store it without a password");
  if (!key) return wrong_file(path, "holds no private key in PEM: " + reason);
  return key;
}

TimePoint not_before(const X509& certificate) { return to_time_point(X509_get0_notBefore(&certificate)); }
TimePoint not_after(const X509& certificate) { return to_time_point(X509_get0_notAfter(&certificate)); }

std::unexpected<Error> wrong_file(const std::filesystem::path& path, std::string_view what) {
  return fail(Code::configuration, fmt::format("{}: {}", path.string(), what));
}

}  // namespace kaito::http
