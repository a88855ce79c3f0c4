#include "appliance/auth/staff_login.hpp"

#include "appliance/auth/webauthn/options_json.hpp"
#include "appliance/auth/webauthn/response_json.hpp"
#include "appliance/auth/webauthn/verify_assertion.hpp"

namespace kaito::auth {
namespace {

// The key that a response names, and its holder.
struct Holder {
  store::StaffCredential key;
  store::Staff staff;
};

Result<std::optional<Holder>> find_holder(store::Reader& reader, ByteView credential_id) {
  KAITO_TRY(std::optional<store::StaffCredential> key, reader.credential(credential_id));
  if (!key) return std::optional<Holder>();
  KAITO_TRY(std::optional<store::Staff> staff, reader.staff(key->staff));
  if (!staff) return fail(Code::integrity, "staff key without a holder");
  return std::optional(Holder{.key = *std::move(key), .staff = *std::move(staff)});
}

Result<webauthn::Asserted> verify(const StaffRelyingParty& party, const Ceremony& ceremony,
                                  const webauthn::AssertionResponse& response, const Holder& holder) {
  // L3 §7.2 step 6: nobody was named before the ceremony, so the response must name its user.
  if (!response.user_handle) return webauthn::refuse(webauthn::Reason::user_handle, "response has no user handle");
  const UuidBytes& id = holder.staff.id.bytes();
  return webauthn::verify_assertion(party.rp, party.policy, ceremony.challenge, response,
                                    {.id = holder.key.credential_id,
                                     .cose_key = holder.key.cose_key,
                                     .sign_count = holder.key.sign_count,
                                     .backup_eligible = holder.key.backup_eligible,
                                     .user_handle = Bytes(id.begin(), id.end())});
}

// L3 §7.2 step 22, once more inside the transaction: of two logins at once, the later must not turn the counter back.
bool counter_grows(std::uint32_t stored, std::uint32_t shown) noexcept {
  return (stored == 0 && shown == 0) || shown > stored;
}

struct StaffLoginDecision {
  Bytes credential_id;
  std::uint32_t sign_count;
  IssuedSession offered;
  bool granted = false;

  Status apply(store::Writer& writer, audit::Event& record) {
    const auto refused = [&record](std::string_view reason) -> Status {
      mark_refused(record, Code::unauthenticated, reason);
      return {};
    };
    KAITO_TRY(const std::optional<Holder> now, find_holder(writer, credential_id));
    if (!now) return refused("unknown credential");
    if (now->staff.disabled) return refused("disabled");
    if (!counter_grows(now->key.sign_count, sign_count)) return refused(webauthn::to_string(webauthn::Reason::counter));
    KAITO_CHECK(writer.update_sign_count(credential_id, sign_count));
    record.actor = {.kind = audit::ActorKind::staff, .id = now->staff.id.bytes(), .name = now->staff.name};
    granted = true;
    return writer.insert(offered.session);
  }
};

}  // namespace

StaffLogin::StaffLogin(store::Store& store, audit::Journal& journal, CeremonyStore& ceremonies, Sessions& sessions,
                       StaffRelyingParty party)
    : store_(store), journal_(journal), ceremonies_(ceremonies), sessions_(sessions), party_(std::move(party)) {}

CeremonyOffer StaffLogin::begin(const Permit&) {
  CeremonyStore::Opened opened = ceremonies_.open({.kind = CeremonyKind::assertion});
  return {.ceremony = std::move(opened.id),
          .options = webauthn::request_options_json(
              {.rp_id = party_.rp.id, .challenge = std::move(opened.challenge), .uv = party_.policy.uv})};
}

Task<Result<Recorded<IssuedSession>>> StaffLogin::finish(const Permit& permit, std::string_view ceremony,
                                                         const boost::json::value& response) {
  KAITO_CO_TRY(const webauthn::AssertionResponse parsed, webauthn::parse_assertion_response(response));
  audit::Event event = permit.event();
  const auto refuse = [&](std::string_view reason) {
    return refuse_recorded<IssuedSession>(journal_, std::move(event),
                                          Error{.code = Code::unauthenticated, .detail = std::string(reason)}, reason);
  };
  const Result<Ceremony> begun = ceremonies_.take(ceremony, CeremonyKind::assertion);
  if (!begun) co_return co_await refuse("ceremony");
  std::optional<Holder> holder;
  {
    KAITO_CO_TRY(const auto reader, store_.snapshot());
    KAITO_CO_TRY(holder, find_holder(*reader, parsed.id));
  }
  if (!holder) co_return co_await refuse("unknown credential");
  event.targets.push_back({.kind = "staff", .id = holder->staff.id.str()});
  const Result<webauthn::Asserted> asserted = verify(party_, *begun, parsed, *holder);
  if (!asserted) {
    const auto reason = webauthn::reason_of(asserted.error());
    co_return co_await refuse(reason ? webauthn::to_string(*reason) : "response");
  }

  auto decision = std::make_shared<StaffLoginDecision>(StaffLoginDecision{
      .credential_id = parsed.id,
      .sign_count = asserted->sign_count,
      .offered = sessions_.issue(store::SubjectKind::staff, holder->staff.id.bytes(), std::nullopt, permit.peer())});
  KAITO_CO_TRY(audit::Receipt receipt, co_await commit_shared(journal_, std::move(event), decision));
  if (!decision->granted)
    co_return Recorded<IssuedSession>{.result = fail(Code::unauthenticated, "login refused"),
                                      .receipt = std::move(receipt)};
  co_return Recorded<IssuedSession>{.result = std::move(decision->offered), .receipt = std::move(receipt)};
}

}  // namespace kaito::auth
