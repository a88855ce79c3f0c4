#include "tests/fakes/soft_authenticator/soft_ceremony.hpp"

#include <openssl/sha.h>

#include <ranges>

#include "appliance/auth/webauthn/authenticator_data.hpp"
#include "appliance/auth/webauthn/cbor_writer.hpp"
#include "appliance/base/random.hpp"
#include "tests/fakes/soft_authenticator/hmac_secret.hpp"

namespace kaito::test {
namespace {

using webauthn::cbor::Writer;

constexpr std::size_t kCredentialIdBytes = 32;

bool contains(const std::vector<Bytes>& list, const Bytes& id) { return std::ranges::find(list, id) != list.end(); }

std::uint32_t next_count(std::uint32_t count, std::int64_t step) {
  return static_cast<std::uint32_t>(std::max<std::int64_t>(0, count + step));
}

Bytes auth_data_head(const Behaviour& behaviour, const SoftCredential& credential, bool verify_user,
                     std::uint8_t extra_flags) {
  const std::string& rp_id = behaviour.rp_id ? *behaviour.rp_id : credential.rp_id;
  Bytes out(32);
  SHA256(as_bytes(rp_id).data(), rp_id.size(), out.data());
  std::uint8_t flags = extra_flags;
  if (behaviour.user_present) flags |= webauthn::kFlagUp;
  if (verify_user && behaviour.user_verified) flags |= webauthn::kFlagUv;
  if (behaviour.backup_eligible) flags |= webauthn::kFlagBe;
  if (behaviour.backed_up) flags |= webauthn::kFlagBs;
  append_u8(out, flags);
  append_u32(out, credential.counter);
  return out;
}

Bytes signed_message(ByteView auth_data, ByteView hash) {
  Bytes message(auth_data.begin(), auth_data.end());
  append(message, hash);
  return message;
}

void attest(const SoftAuthenticator::State& state, const Behaviour& behaviour, const SoftCredential& credential,
            ByteView hash, MadeCredential& made) {
  Writer statement;
  made.format = "packed";
  switch (behaviour.attests) {
    case Behaviour::Attests::none:
      made.format = "none";
      statement.map(0);
      break;
    case Behaviour::Attests::self:
      statement.map(2).text("alg").integer(webauthn::kEs256).text("sig");
      statement.bytes(credential.key.sign(signed_message(made.auth_data, hash)));
      break;
    case Behaviour::Attests::with_certificate:
      statement.map(3).text("alg").integer(webauthn::kEs256).text("sig");
      statement.bytes(state.attestation_key.sign(signed_message(made.auth_data, hash)));
      statement.text("x5c").array(1).bytes(state.attestation_certificate);
      break;
  }
  made.statement = statement.take();
}

SoftCredential* choose(std::vector<SoftCredential>& credentials, const GetRequest& request) {
  for (SoftCredential& credential : credentials | std::views::reverse) {
    if (credential.rp_id != request.rp_id) continue;
    if (request.allow.empty() ? credential.resident : contains(request.allow, credential.id)) return &credential;
  }
  return nullptr;
}

}  // namespace

CtapResult<MadeCredential> make_credential(SoftAuthenticator::State& state, const Behaviour& behaviour,
                                           const MakeRequest& request) {
  for (const SoftCredential& credential : state.credentials)
    if (credential.rp_id == request.rp_id && contains(request.exclude, credential.id))
      return std::unexpected(CtapStatus::credential_excluded);
  if (std::ranges::find(request.algorithms, webauthn::kEs256) == request.algorithms.end())
    return std::unexpected(CtapStatus::unsupported_algorithm);
  if (!behaviour.touched) return std::unexpected(CtapStatus::user_action_timeout);

  SoftCredential credential{.id = Bytes(kCredentialIdBytes),
                            .rp_id = request.rp_id,
                            .user = request.user,
                            .key = SoftKey::generate(),
                            .counter = next_count(0, behaviour.counter_step),
                            .resident = request.resident};
  SystemRandom().fill(credential.id);
  MadeCredential made{.id = credential.id};
  made.auth_data = auth_data_head(behaviour, credential, request.verify_user,
                                  request.hmac_secret ? webauthn::kFlagAt | webauthn::kFlagEd : webauthn::kFlagAt);
  append(made.auth_data, SoftAuthenticator::kAaguid);
  append_u16(made.auth_data, kCredentialIdBytes);
  append(made.auth_data, credential.id);
  append(made.auth_data, credential.key.cose_key(webauthn::kEs256));
  if (request.hmac_secret) append(made.auth_data, Writer().map(1).text("hmac-secret").boolean(true).view());
  attest(state, behaviour, credential, request.client_data_hash, made);
  state.credentials.push_back(std::move(credential));
  return made;
}

CtapResult<MadeAssertion> get_assertion(SoftAuthenticator::State& state, const Behaviour& behaviour,
                                        const GetRequest& request) {
  SoftCredential* credential = choose(state.credentials, request);
  if (!credential) return std::unexpected(CtapStatus::no_credentials);
  if (!behaviour.touched) return std::unexpected(CtapStatus::user_action_timeout);
  const auto secret = hmac_secret_output(state, *credential, request.extensions);
  if (!secret) return std::unexpected(secret.error());
  credential->counter = next_count(credential->counter, behaviour.counter_step);
  MadeAssertion made{.id = credential->id,
                     .auth_data = auth_data_head(behaviour, *credential, request.verify_user,
                                                 secret->empty() ? std::uint8_t{0} : webauthn::kFlagEd),
                     .user_id = credential->user.id};
  if (!secret->empty()) append(made.auth_data, Writer().map(1).text("hmac-secret").bytes(*secret).view());
  made.signature = credential->key.sign(signed_message(made.auth_data, request.client_data_hash));
  return made;
}

}  // namespace kaito::test
