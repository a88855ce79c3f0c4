#include "provisioning/quorum/approval_text.hpp"

#include <sodium.h>

#include "appliance/auth/webauthn/authenticator_data.hpp"
#include "appliance/auth/webauthn/verify_assertion.hpp"
#include "appliance/base/json_text.hpp"

namespace kaito::quorum {
namespace {

ByteArray<32> sha256(ByteView data) {
  ByteArray<32> digest{};
  crypto_hash_sha256(digest.data(), data.data(), data.size());
  return digest;
}

void append_field(Bytes& out, ByteView field) {
  append_u32(out, static_cast<std::uint32_t>(field.size()));
  append(out, field);
}

}  // namespace

std::string approval_text(const ApprovalHead& head, std::string_view action_lines) {
  std::string proposer;
  append_json_string(proposer, head.proposer_name);
  return fmt::format(
      "kaito-approval/1\n"
      "appliance: {}\n"
      "approval: {}\n"
      "nonce: {}\n"
      "proposed-by: {} {}\n"
      "proposed-at: {}\n"
      "expires-at: {}\n"
      "needed: {}\n"
      "{}",
      head.appliance, head.id.str(), to_base64url(head.nonce), head.proposer.str(), proposer,
      to_rfc3339(head.proposed_at), to_rfc3339(head.expires_at), head.needed, action_lines);
}

std::string_view action_lines_of(std::string_view text) noexcept {
  constexpr std::string_view kBreak = "\naction: ";
  const auto at = text.find(kBreak);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
}

Bytes challenge_of(std::string_view text) {
  const auto digest = sha256(as_bytes(text));
  return {digest.begin(), digest.end()};
}

std::string evidence_of(std::string_view text, const store::ApprovalSignature& signature) {
  Bytes all;
  for (const ByteView field : {as_bytes(text), ByteView(signature.staff.bytes()), ByteView(signature.credential_id),
                               ByteView(signature.cose_key), ByteView(signature.client_data_json),
                               ByteView(signature.authenticator_data), ByteView(signature.signature)})
    append_field(all, field);
  return to_hex(sha256(all));
}

Status verify_signature(const webauthn::RelyingParty& rp, std::string_view text,
                        const store::ApprovalSignature& signature) {
  // Backup eligibility is the credential's own; it was compared with the registered one when the signature came.
  KAITO_TRY(const auto data, webauthn::parse_authenticator_data(signature.authenticator_data));
  const webauthn::StoredCredential credential{.id = signature.credential_id,
                                              .cose_key = signature.cose_key,
                                              .sign_count = 0,
                                              .backup_eligible = data.has(webauthn::kFlagBe)};
  const webauthn::AssertionResponse response{.id = signature.credential_id,
                                             .client_data_json = signature.client_data_json,
                                             .authenticator_data = signature.authenticator_data,
                                             .signature = signature.signature};
  const webauthn::Policy policy{.allow_backup_eligible = true};
  KAITO_CHECK(webauthn::verify_assertion(rp, policy, challenge_of(text), response, credential));
  return {};
}

}  // namespace kaito::quorum
