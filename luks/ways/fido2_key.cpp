#include "luks/ways/fido2_key.hpp"

#include <fido.h>
#include <fmt/format.h>

#include <algorithm>

namespace kaito::luks {
namespace {

constexpr std::size_t kPointBytes = 64;

struct FreeCredential {
  void operator()(fido_cred_t* made) const noexcept { fido_cred_free(&made); }
};
struct FreeAssertion {
  void operator()(fido_assert_t* made) const noexcept { fido_assert_free(&made); }
};

Code code_of_fido(int status) {
  switch (status) {
    case FIDO_ERR_NO_CREDENTIALS:
    case FIDO_ERR_INVALID_CREDENTIAL: return Code::not_found;
    case FIDO_ERR_PIN_INVALID:
    case FIDO_ERR_PIN_AUTH_INVALID:
    case FIDO_ERR_PIN_AUTH_BLOCKED:
    case FIDO_ERR_PIN_BLOCKED:
    case FIDO_ERR_PIN_REQUIRED:
    case FIDO_ERR_UV_BLOCKED:
    case FIDO_ERR_OPERATION_DENIED: return Code::unauthenticated;
    case FIDO_ERR_UNSUPPORTED_EXTENSION:
    case FIDO_ERR_UNSUPPORTED_ALGORITHM:
    case FIDO_ERR_UNSUPPORTED_OPTION:
    case FIDO_ERR_INVALID_OPTION:
    case FIDO_ERR_PIN_NOT_SET: return Code::configuration;
    case FIDO_ERR_USER_ACTION_TIMEOUT:
    case FIDO_ERR_ACTION_TIMEOUT:
    case FIDO_ERR_TIMEOUT: return Code::deadline_exceeded;
    default: return Code::connection_failed;
  }
}

Status check(std::string_view doing, int status) {
  if (status == FIDO_OK) return {};
  return fail(code_of_fido(status), fmt::format("security key: {}: {}", doing, fido_strerr(status)));
}

// The PIN as libfido2 wants it, with a NUL behind.
Pin terminated(const Pin& pin) {
  Pin text(pin.size() + 1);
  std::ranges::copy(pin.expose_secret(), text.expose_secret().begin());
  return text;
}
const char* text_of(const Pin& pin) {
  return pin.empty() ? nullptr : reinterpret_cast<const char*>(pin.expose_secret().data());
}

Bytes copy(const unsigned char* bytes, std::size_t count) { return bytes ? Bytes(bytes, bytes + count) : Bytes(); }

// Which credential answered: a key may leave the id out when it was asked for one only.
Result<Bytes> answered_by(const fido_assert_t* made, const std::vector<Bytes>& credentials) {
  Bytes id = copy(fido_assert_id_ptr(made, 0), fido_assert_id_len(made, 0));
  if (!id.empty()) return id;
  if (credentials.size() == 1) return credentials.front();
  return fail(Code::connection_failed, "security key: it does not say which credential it used");
}

fido_opt_t option(bool wanted) { return wanted ? FIDO_OPT_TRUE : FIDO_OPT_FALSE; }

// What an assertion asks for, with or without the extension.
Status prepare(fido_assert_t* made, const Fido2Question& question, const std::vector<Bytes>& credentials,
               const ByteArray<32>& hash) {
  KAITO_CHECK(check("naming the relying party", fido_assert_set_rp(made, question.relying_party.c_str())));
  KAITO_CHECK(check("preparing", fido_assert_set_clientdata_hash(made, hash.data(), hash.size())));
  for (const Bytes& id : credentials)
    KAITO_CHECK(check("naming a credential", fido_assert_allow_cred(made, id.data(), id.size())));
  KAITO_CHECK(check("preparing", fido_assert_set_up(made, option(question.presence))));
  if (question.verification) KAITO_CHECK(check("preparing", fido_assert_set_uv(made, FIDO_OPT_TRUE)));
  return {};
}

}  // namespace

void Fido2Key::Close::operator()(fido_dev* device) const noexcept {
  fido_dev_close(device);
  fido_dev_free(&device);
}

Result<Fido2Key> Fido2Key::open(const std::string& path, const fido_dev_io* io) {
  fido_init(0);
  Fido2Key key(fido_dev_new());
  if (!key.device_) return fail(Code::internal, "fido_dev_new: out of memory");
  if (io) KAITO_CHECK(check("setting its I/O", fido_dev_set_io_functions(key.device_.get(), io)));
  KAITO_CHECK(check("opening " + path, fido_dev_open(key.device_.get(), path.c_str())));
  return key;
}

Result<Fido2Key::Credential> Fido2Key::make_credential(const Fido2Question& question, const Pin* pin, Random& random) {
  const std::unique_ptr<fido_cred_t, FreeCredential> made(fido_cred_new());
  if (!made) return fail(Code::internal, "fido_cred_new: out of memory");
  // Nobody verifies this registration: what counts is that the key gives the same secret again.
  const ByteArray<32> client_data{};
  ByteArray<32> user;
  random.fill(user);
  KAITO_CHECK(check("naming the extension", fido_cred_set_extensions(made.get(), FIDO_EXT_HMAC_SECRET)));
  KAITO_CHECK(check("naming the relying party",
                    fido_cred_set_rp(made.get(), question.relying_party.c_str(), "Encrypted Volume")));
  KAITO_CHECK(check("naming the algorithm", fido_cred_set_type(made.get(), COSE_ES256)));
  KAITO_CHECK(check("naming the user",
                    fido_cred_set_user(made.get(), user.data(), user.size(), "kaito", "Encrypted Volume", nullptr)));
  KAITO_CHECK(check("preparing", fido_cred_set_clientdata_hash(made.get(), client_data.data(), client_data.size())));
  KAITO_CHECK(check("preparing", fido_cred_set_rk(made.get(), FIDO_OPT_FALSE)));
  if (question.verification) KAITO_CHECK(check("preparing", fido_cred_set_uv(made.get(), FIDO_OPT_TRUE)));
  const Pin text = pin ? terminated(*pin) : Pin();
  KAITO_CHECK(check("making a credential", fido_dev_make_cred(device_.get(), made.get(), text_of(text))));
  Credential credential{.id = copy(fido_cred_id_ptr(made.get()), fido_cred_id_len(made.get())),
                        .public_key = copy(fido_cred_pubkey_ptr(made.get()), fido_cred_pubkey_len(made.get()))};
  if (credential.id.empty() || credential.public_key.size() != kPointBytes)
    return fail(Code::connection_failed, "security key: it gave no credential");
  return credential;
}

Result<Fido2Key::Answer> Fido2Key::hmac_secret(const Fido2Question& question, const std::vector<Bytes>& credentials,
                                               const Salt& salt, const Pin* pin) {
  const std::unique_ptr<fido_assert_t, FreeAssertion> made(fido_assert_new());
  if (!made) return fail(Code::internal, "fido_assert_new: out of memory");
  KAITO_CHECK(check("naming the extension", fido_assert_set_extensions(made.get(), FIDO_EXT_HMAC_SECRET)));
  KAITO_CHECK(check("naming the salt", fido_assert_set_hmac_salt(made.get(), salt.data(), salt.size())));
  // Nobody verifies this signature, so it is over nothing.
  KAITO_CHECK(prepare(made.get(), question, credentials, ByteArray<32>{}));
  const Pin text = pin ? terminated(*pin) : Pin();
  KAITO_CHECK(check("asking for its secret", fido_dev_get_assert(device_.get(), made.get(), text_of(text))));

  const unsigned char* const secret = fido_assert_hmac_secret_ptr(made.get(), 0);
  if (!secret || fido_assert_hmac_secret_len(made.get(), 0) != kWayBytes)
    return fail(Code::configuration, "security key: it gave no secret of 32 bytes");
  Answer answer{.secret = WayBytes::copy_of(ByteView(secret, kWayBytes))};
  KAITO_TRY(answer.credential, answered_by(made.get(), credentials));
  return answer;
}

Result<Fido2Key::Signature> Fido2Key::sign(const Fido2Question& question, const std::vector<Bytes>& credentials,
                                           const ByteArray<32>& hash, const Pin* pin) {
  const std::unique_ptr<fido_assert_t, FreeAssertion> made(fido_assert_new());
  if (!made) return fail(Code::internal, "fido_assert_new: out of memory");
  KAITO_CHECK(prepare(made.get(), question, credentials, hash));
  const Pin text = pin ? terminated(*pin) : Pin();
  KAITO_CHECK(check("asking for its signature", fido_dev_get_assert(device_.get(), made.get(), text_of(text))));

  // libfido2 gives the authenticator data as a CBOR byte string (RFC 8949, section 3): 37 bytes and more need a head of
  // two or three bytes.
  const Bytes wrapped = copy(fido_assert_authdata_ptr(made.get(), 0), fido_assert_authdata_len(made.get(), 0));
  const std::size_t head = wrapped.empty() ? 0 : wrapped[0] == 0x58 ? 2 : wrapped[0] == 0x59 ? 3 : 0;
  if (head == 0 || wrapped.size() <= head)
    return fail(Code::connection_failed, "security key: it gave no authenticator data");
  Signature signature{.credential = {},
                      .authenticator_data = Bytes(wrapped.begin() + static_cast<std::ptrdiff_t>(head), wrapped.end()),
                      .signature = copy(fido_assert_sig_ptr(made.get(), 0), fido_assert_sig_len(made.get(), 0))};
  KAITO_TRY(signature.credential, answered_by(made.get(), credentials));
  return signature;
}

}  // namespace kaito::luks
