#include <pwd.h>
#include <unistd.h>

#include "appliance/base/file.hpp"
#include "provisioning/certificate_request.hpp"
#include "provisioning/steps/steps.hpp"

namespace kaito::provisioning {
namespace {

constexpr std::size_t kMaxPem = 65536;

std::string sha256_of(std::string_view text) { return to_hex(hash_line(text)); }

class TlsStep final : public Step {
 public:
  explicit TlsStep(Session& session) : session_(session) {}
  [[nodiscard]] std::string_view name() const override { return "tls"; }
  [[nodiscard]] std::string intent() const override {
    return own_ca() ? "This step notes the certificate of the appliance's own CA, which clients have to trust."
                    : "This step makes a TLS key and a request for your CA to sign. The own CA serves meanwhile.";
  }
  Result<Facts> run() override {
    const auto directory = session_.places.data / "tls";
    KAITO_TRY(const std::string ca, read_file(directory / "ca.pem", kMaxPem));
    Facts facts{{"own_ca", (directory / "ca.pem").string()}, {"own_ca_sha256", sha256_of(ca)}};
    if (own_ca()) return facts;
    KAITO_TRY(const PemKey key, kept_key(directory / "customer.key"));
    KAITO_TRY(const std::string request,
              make_certificate_request(key, session_.plan.csr_subject, session_.plan.host_names));
    const auto file = session_.places.boot / "tls.csr";
    KAITO_CHECK(write_file_atomically(file, as_bytes(request), 0644));
    facts.emplace_back("request", file.string());
    facts.emplace_back("request_sha256", sha256_of(request));
    facts.emplace_back("key", (directory / "customer.key").string());
    return facts;
  }

 private:
  [[nodiscard]] bool own_ca() const { return session_.plan.csr_subject.empty(); }

  // A request may be on its way to the CA already: its key is not made anew.
  Result<PemKey> kept_key(const std::filesystem::path& file) const {
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored)) {
      KAITO_TRY(std::string text, read_file(file, kMaxPem));
      auto key = PemKey::copy_of(text);
      wipe(text);
      KAITO_CHECK(give_away(file));
      return key;
    }
    KAITO_TRY(auto key, make_tls_key());
    KAITO_CHECK(write_file_atomically(file, std::as_const(key).expose_secret()));
    KAITO_CHECK(give_away(file));
    return key;
  }

  // Also one that an interrupted run wrote. Not through a link: the directory is the service user's.
  Status give_away(const std::filesystem::path& file) const {
    const passwd* const user = ::getpwnam(session_.places.service_user.c_str());
    if (user && ::lchown(file.c_str(), user->pw_uid, user->pw_gid) == 0) return {};
    return fail(Code::storage_failed, "the TLS key could not be given to " + session_.places.service_user);
  }

  Session& session_;
};

}  // namespace

std::unique_ptr<Step> tls_step(Session& session) { return std::make_unique<TlsStep>(session); }

}  // namespace kaito::provisioning
