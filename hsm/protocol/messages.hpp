// Payloads of the worker protocol, docs/formats/hsm-protocol.md. What is decoded refers to the frame it came from, so
// that a DEK is not copied on its way.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "hsm/protocol/key_import.hpp"
#include "hsm/protocol/sealed_message.hpp"
#include "hsm/protocol/token_status.hpp"
#include "hsm/protocol/wire.hpp"
#include "hsm/protocol/wrapped_dek.hpp"
#include "hsm/protocol/wrapped_org_kek.hpp"

namespace kaito::hsm {

inline constexpr std::size_t kMaxBlob = 1024;          // of an org KEK; RSA-OAEP with 4096 bits fits
inline constexpr std::size_t kMaxKeyUri = 512;         // of a key in a customer's token
inline constexpr std::size_t kMaxMessage = 64 * 1024;  // to be signed
inline constexpr std::size_t kMaxBatch = 1024;         // DEKs in a frame
// In a frame to be rewrapped: so many fit at their largest.
inline constexpr std::size_t kMaxRewrapBatch = 512;

// An org KEK as the worker sees it.
struct OrgKekView {
  ByteView blob;
  ByteView aad;
};
void write_org_kek(WireWriter& out, const OrgKek& kek);
Result<OrgKekView> read_org_kek(ByteReader& in);

struct DekToWrapView {
  ByteView dek;  // kDekSize bytes
  ByteView aad;
};
struct WrapRequest {
  OrgKekView kek;
  std::vector<DekToWrapView> deks;
};
void write_wrap_request(WireWriter& out, const OrgKek& kek, std::span<const DekToWrap> deks);
Result<WrapRequest> read_wrap_request(ByteReader& in);

struct DekToUnwrapView {
  ByteView wrapped;
  ByteView aad;
};
struct UnwrapGroup {
  OrgKekView kek;
  std::vector<DekToUnwrapView> deks;
};
void write_group_count(WireWriter& out, std::size_t groups);
void write_group(WireWriter& out, const OrgKek& kek, std::size_t deks);  // followed by so many write_dek_to_unwrap
void write_dek_to_unwrap(WireWriter& out, ByteView wrapped, ByteView aad);
// The groups' DEKs together number at most kMaxBatch.
Result<std::vector<UnwrapGroup>> read_unwrap_request(ByteReader& in);

struct OrgKekRewrapRequest {
  KeyVersion from = 0;
  KeyVersion to = 0;
  std::vector<OrgKekView> keks;
};
void write_org_kek_rewrap_request(WireWriter& out, KeyVersion from, KeyVersion to,
                                  std::span<const OrgKekToRewrap> keks);
Result<OrgKekRewrapRequest> read_org_kek_rewrap_request(ByteReader& in);

struct DekToRewrapView {
  ByteView wrapped;
  ByteView aad_before;
  ByteView aad_after;
  std::optional<SealedMessageView> proof;
};
struct RewrapRequest {
  OrgKekView from;
  OrgKekView to;
  std::vector<DekToRewrapView> deks;
};
void write_rewrap_request(WireWriter& out, const OrgKek& from, const OrgKek& to, std::span<const DekToRewrap> deks);
Result<RewrapRequest> read_rewrap_request(ByteReader& in);

void write_wrapped_dek(WireWriter& out, ByteView blob);
Result<ByteView> read_wrapped_dek(ByteReader& in);

// Whether a key in a customer's token is made when it is not there.
enum class MakeKey : std::uint8_t { no = 0, if_missing = 1 };
struct AdoptRequest {
  MakeKey make = MakeKey::no;
  std::string_view key;  // RFC 7512
  ByteView aad;
};
void write_adopt_request(WireWriter& out, const AdoptRequest& request);
Result<AdoptRequest> read_adopt_request(ByteReader& in);

struct SignRequest {
  KeyVersion version = 0;
  ByteView message;
};
void write_sign_request(WireWriter& out, KeyVersion version, ByteView message);
Result<SignRequest> read_sign_request(ByteReader& in);

void write_wrapping_key(WireWriter& out, const WrappingKey& key);
Result<WrappingKey> read_wrapping_key(ByteReader& in);

// A customer's key for an org, to be wrapped by the platform KEK and bound to `aad`.
struct ImportRequest {
  KeyVersion platform_version = 0;
  ByteView aad;
  KeyVersion wrapping_version = 0;
  ImportMechanism mechanism = ImportMechanism::rsa_oaep;
  ByteView wrapped;
};
void write_import_request(WireWriter& out, KeyVersion platform_version, ByteView aad, const KeyToImport& key);
Result<ImportRequest> read_import_request(ByteReader& in);

void write_token_status(WireWriter& out, const TokenStatus& status);
Result<TokenStatus> read_token_status(ByteReader& in);

// Every reply, and every DEK within one, begins with an outcome: 0, or 1 and an error.
void write_ok(WireWriter& out);
void write_error(WireWriter& out, const Error& error);
// Success when the outcome is 0; otherwise the error that was sent.
Status read_outcome(ByteReader& in);

}  // namespace kaito::hsm
