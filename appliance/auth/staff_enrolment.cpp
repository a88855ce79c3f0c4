#include "appliance/auth/staff_enrolment.hpp"

#include <sodium.h>

#include "appliance/auth/username.hpp"
#include "appliance/auth/webauthn/options_json.hpp"
#include "appliance/auth/webauthn/response_json.hpp"
#include "appliance/auth/webauthn/verify_registration.hpp"
#include "appliance/base/utf8.hpp"

namespace kaito::auth {
namespace {

constexpr std::size_t kMaxLabel = 64;
constexpr UuidBytes kNobody{};

Result<bool> look_for_staff_key(store::Reader& reader) {
  KAITO_TRY(const std::vector<store::Staff> all, reader.all_staff());
  for (const store::Staff& staff : all) {
    KAITO_TRY(const auto keys, reader.credentials_of(staff.id));
    if (!keys.empty()) return true;
  }
  return false;
}

// A row that somebody has edited is somebody's: it opens no second set-up, and does not keep the appliance from
// serving.
Result<bool> any_staff_key(store::Reader& reader) {
  auto found = look_for_staff_key(reader);
  if (!found && found.error().code == Code::integrity) return true;
  return found;
}

store::OneTimePurpose purpose_of(bool first_setup) noexcept {
  return first_setup ? store::OneTimePurpose::first_staff_setup : store::OneTimePurpose::staff_enrolment;
}

// Whose key the token allows to register.
Result<Ceremony> ceremony_for(store::Reader& reader, const TokenDigest& digest, std::string_view name,
                              const Clock& clock, Random& random) {
  Ceremony ceremony{.kind = CeremonyKind::registration, .one_time_token = digest};
  const TimePoint now = clock.now();
  if (find_one_time_token(reader, purpose_of(true), digest, now)) {
    KAITO_TRY(ceremony.staff_name, normalise_username(name, "name"));
    ceremony.staff = StaffId::make(clock, random);
    ceremony.first_setup = true;
    return ceremony;
  }
  KAITO_TRY(const store::OneTimeToken token, find_one_time_token(reader, purpose_of(false), digest, now));
  KAITO_TRY(std::optional<store::Staff> staff, reader.staff(StaffId(token.subject)));
  if (!staff || staff->disabled) return fail(Code::unauthenticated, "enrolment token's staff member is disabled");
  if (!name.empty()) {
    KAITO_TRY(const std::string normal, normalise_username(name, "name"));
    if (normal != staff->name) return fail(Code::unauthenticated, "enrolment token is another's");
  }
  ceremony.staff = staff->id;
  ceremony.staff_name = std::move(staff->name);
  return ceremony;
}

// The staff member that the key goes to: made now if this is the first set-up.
Result<store::Staff> staff_of(store::Writer& writer, const Ceremony& ceremony, TimePoint now) {
  if (!ceremony.first_setup) {
    KAITO_TRY(std::optional<store::Staff> staff, writer.staff(ceremony.staff));
    if (!staff || staff->disabled) return fail(Code::unauthenticated, "staff member was disabled meanwhile");
    return *std::move(staff);
  }
  KAITO_TRY(const bool late, any_staff_key(writer));
  if (late) return fail(Code::unauthenticated, "the appliance was set up meanwhile");
  store::Staff staff{
      .id = ceremony.staff, .name = ceremony.staff_name, .role = store::StaffRole::security_officer, .created_at = now};
  KAITO_CHECK(writer.insert(staff));
  return staff;
}

store::StaffCredential row_of(const webauthn::Registered& key, const StaffId& staff, std::string label, TimePoint now) {
  return {.credential_id = key.credential_id,
          .staff = staff,
          .label = std::move(label),
          .cose_key = key.cose_key,
          .sign_count = key.sign_count,
          .backup_eligible = key.backup_eligible,
          .aaguid = key.aaguid,
          .created_at = now};
}

ByteArray<32> sha256(ByteView data) {
  ByteArray<32> digest{};
  crypto_hash_sha256(digest.data(), data.data(), data.size());
  return digest;
}

struct Enrolment {
  const Clock& clock;
  Ceremony ceremony;
  webauthn::Registered key;
  std::string label;
  store::Staff staff;

  Status apply(store::Writer& writer, audit::Event& record) {
    const TimePoint now = clock.now();
    KAITO_CHECK(redeem_one_time_token(writer, purpose_of(ceremony.first_setup), ceremony.one_time_token, now));
    KAITO_TRY(staff, staff_of(writer, ceremony, now));
    KAITO_TRY(const auto known, writer.credential(key.credential_id));  // L3 §7.1 step 26
    if (known) return fail(Code::conflict, "the key is registered already");
    record.details.push_back({.key = "staff", .value = staff.name});
    // So that an auditor can tell later whose key a signature was made with.
    record.details.push_back({.key = "public_key", .value = to_hex(sha256(key.cose_key))});
    return writer.insert(row_of(key, staff.id, label, now));
  }
};

}  // namespace

StaffEnrolment::StaffEnrolment(store::Store& store, audit::Journal& journal, CeremonyStore& ceremonies,
                               const Clock& clock, Random& random, StaffRelyingParty party)
    : store_(store),
      journal_(journal),
      ceremonies_(ceremonies),
      clock_(clock),
      random_(random),
      party_(std::move(party)) {}

Task<Result<std::optional<Token>>> StaffEnrolment::issue_setup_token() {
  {
    KAITO_CO_TRY(const auto reader, store_.snapshot());
    KAITO_CO_TRY(const bool set_up, any_staff_key(*reader));
    if (set_up) co_return std::optional<Token>();
  }
  IssuedOneTimeToken issued =
      issue_one_time_token(purpose_of(true), kNobody, std::nullopt, kEnrolmentLife, clock_, random_);
  audit::Event event;
  event.action = "auth.staff.setup";
  event.actor.kind = audit::ActorKind::system;
  event.request = RequestId::make(clock_, random_);
  KAITO_CO_CHECK(
      co_await journal_.commit(std::move(event), [row = issued.row](store::Writer& writer, audit::Event&) -> Status {
        KAITO_TRY(const bool set_up, any_staff_key(writer));
        if (set_up) return fail(Code::conflict, "the appliance was set up meanwhile");
        KAITO_CHECK(writer.remove_one_time_tokens_of(kNobody));
        return writer.insert(row);
      }));
  co_return std::optional<Token>(std::move(issued.token));
}

Result<CeremonyOffer> StaffEnrolment::begin(const Permit&, const Token& one_time, std::string_view name) {
  KAITO_TRY(const TokenDigest digest, digest_token(TokenKind::one_time, one_time));
  KAITO_TRY(const auto reader, store_.snapshot());
  KAITO_TRY(Ceremony ceremony, ceremony_for(*reader, digest, name, clock_, random_));
  KAITO_TRY(const auto keys, reader->credentials_of(ceremony.staff));

  webauthn::CreationOptions options{.rp = party_.rp,
                                    .rp_name = party_.name,
                                    .user = {.id = Bytes(ceremony.staff.bytes().begin(), ceremony.staff.bytes().end()),
                                             .name = ceremony.staff_name,
                                             .display_name = ceremony.staff_name},
                                    .uv = party_.policy.uv,
                                    .attestation_wanted = party_.policy.attestation == webauthn::Attestation::trusted,
                                    .resident_key = true};
  if (party_.policy.algorithms) options.algorithms = *party_.policy.algorithms;
  for (const store::StaffCredential& key : keys) options.exclude.push_back({.id = key.credential_id});
  CeremonyStore::Opened opened = ceremonies_.open(std::move(ceremony));
  options.challenge = std::move(opened.challenge);
  return CeremonyOffer{.ceremony = std::move(opened.id), .options = webauthn::creation_options_json(options)};
}

Task<Result<Recorded<EnrolledStaff>>> StaffEnrolment::finish(const Permit& permit, std::string_view ceremony,
                                                             std::string label, const boost::json::value& response) {
  if (label.size() > kMaxLabel || !utf8_printable_length(label))
    co_return fail_invalid("label", fmt::format("must have at most {} bytes of UTF-8", kMaxLabel));
  KAITO_CO_TRY(const webauthn::RegistrationResponse parsed, webauthn::parse_registration_response(response));

  audit::Event event = permit.event();
  Result<Ceremony> begun = ceremonies_.take(ceremony, CeremonyKind::registration);
  if (!begun)
    co_return co_await refuse_recorded<EnrolledStaff>(journal_, std::move(event), std::move(begun).error(), "ceremony");
  event.targets.push_back({.kind = "staff", .id = begun->staff.str()});
  Result<webauthn::Registered> key =
      webauthn::verify_registration(party_.rp, party_.policy, begun->challenge, parsed, clock_.now());
  if (!key) {
    const auto reason = webauthn::reason_of(key.error());
    co_return co_await refuse_recorded<EnrolledStaff>(journal_, std::move(event), std::move(key).error(),
                                                      reason ? webauthn::to_string(*reason) : "response");
  }

  auto enrolment = std::make_shared<Enrolment>(
      Enrolment{.clock = clock_, .ceremony = *std::move(begun), .key = *std::move(key), .label = std::move(label)});
  Result<audit::Receipt> receipt = co_await commit_shared(journal_, event, enrolment);
  if (!receipt && traits(receipt.error().code).outcome != Outcome::failed)
    co_return co_await refuse_recorded<EnrolledStaff>(journal_, std::move(event), std::move(receipt).error(),
                                                      "overtaken");
  KAITO_CO_TRY(audit::Receipt kept, std::move(receipt));
  co_return Recorded<EnrolledStaff>{
      .result = EnrolledStaff{.staff = std::move(enrolment->staff), .credential_id = enrolment->key.credential_id},
      .receipt = std::move(kept)};
}

}  // namespace kaito::auth
