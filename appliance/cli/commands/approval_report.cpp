#include "appliance/cli/commands/approval_report.hpp"

#include <boost/json/parse.hpp>
#include <charconv>
#include <set>

#include "appliance/auth/webauthn/json_fields.hpp"
#include "appliance/cli/printable.hpp"
#include "provisioning/quorum/approval_text.hpp"

namespace kaito::cli {
namespace {

namespace json = boost::json;
using webauthn::JsonFields;

constexpr std::size_t kMaxText = 65'536;
constexpr std::size_t kMaxField = 32'768;

// The value of a line "key: value" of the text's head.
std::string_view line_of(std::string_view text, std::string_view key) {
  const std::string start = fmt::format("\n{}: ", key);
  const auto at = text.find(start);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + start.size());
  return text.substr(0, text.find('\n'));
}

Result<store::ApprovalSignature> read_signature(const JsonFields& fields) {
  store::ApprovalSignature signature;
  KAITO_TRY(const std::string staff, fields.text("staff", 64));
  KAITO_TRY(signature.staff, StaffId::parse(staff));
  KAITO_TRY(signature.staff_name, fields.text("name", 1024));
  KAITO_TRY(signature.credential_id, fields.bytes("credential_id", 1023));
  KAITO_TRY(signature.cose_key, fields.bytes("public_key", 4096));
  KAITO_TRY(signature.client_data_json, fields.bytes("client_data_json", kMaxField));
  KAITO_TRY(signature.authenticator_data, fields.bytes("authenticator_data", kMaxField));
  KAITO_TRY(signature.signature, fields.bytes("signature", 1024));
  return signature;
}

// The page on which it was signed; the RP ID, which the key itself checks, binds it to the appliance.
Result<std::string> origin_of(const store::ApprovalSignature& signature) {
  boost::system::error_code error;
  const json::value data = json::parse(as_text(signature.client_data_json), error);
  if (error) return fail(Code::integrity, "client data is no JSON");
  KAITO_TRY(const JsonFields fields, JsonFields::of(data, "client_data_json"));
  return fields.text("origin", 1024);
}

Result<JsonFields> parse(std::string_view text, json::value& parsed) {
  boost::system::error_code error;
  parsed = json::parse(text, error);
  if (error) return fail_invalid("FILE", "is no JSON: it must be what `kaito approval show --json` printed");
  return JsonFields::of(parsed, "");
}

}  // namespace

Result<std::string> verify_approval(std::string_view text) {
  json::value parsed;
  KAITO_TRY(const JsonFields fields, parse(text, parsed));
  KAITO_TRY(const std::string signed_text, fields.text("text", kMaxText));
  KAITO_TRY(const std::string rp_id, fields.text("rp_id", 253));
  const auto* evidence = fields.optional("evidence");
  if (evidence == nullptr || !evidence->is_array()) return fail_invalid("evidence", "must be a list");

  std::uint32_t needed = 0;
  const std::string_view stated = line_of(signed_text, "needed");
  const auto [end, wrong] = std::from_chars(stated.data(), stated.data() + stated.size(), needed);
  if (!signed_text.starts_with("kaito-approval/1\n") || wrong != std::errc{} || end != stated.data() + stated.size() ||
      needed == 0)
    return fail_invalid("text", "is not that of an approval");

  std::string report = printable(fmt::format("digest {}", to_hex(quorum::challenge_of(signed_text)))) + "\n";
  std::set<StaffId> signers;
  for (const auto& each : evidence->get_array()) {
    KAITO_TRY(const JsonFields one, JsonFields::of(each, "evidence"));
    KAITO_TRY(const auto signature, read_signature(one));
    KAITO_TRY(const std::string origin, origin_of(signature));
    if (auto good = quorum::verify_signature({.id = rp_id, .origins = {origin}}, signed_text, signature); !good)
      return fail(Code::integrity, fmt::format("the signature of {} does not verify: {}",
                                               printable(signature.staff_name), good.error().detail));
    if (!signers.insert(signature.staff).second)
      return fail(Code::integrity, fmt::format("{} stands twice", printable(signature.staff_name)));
    report += fmt::format("signed by {} ({}) at {}\n  public key SHA-256 {}\n  evidence           {}\n",
                          printable(signature.staff_name), signature.staff.str(), printable(origin),
                          to_hex(quorum::challenge_of(as_text(signature.cose_key))),
                          quorum::evidence_of(signed_text, signature));
  }
  if (signers.size() < needed) return fail(Code::integrity, fmt::format("{} of {} signatures", signers.size(), needed));
  return report + fmt::format("{} of {} signatures are good\n", signers.size(), needed);
}

}  // namespace kaito::cli
