#include "provisioning/transcript/reset_proof.hpp"

#include <algorithm>

#include "appliance/base/json_text.hpp"

namespace kaito::provisioning {
namespace {

constexpr std::string_view kResetHeader = "kaito-factory-reset/1";
constexpr std::string_view kFirstOfSubject = "host: ";

std::unexpected<Error> wrong(std::string why) { return fail(Code::integrity, std::move(why)); }

// As a JSON string: a value cannot end its line or pass for another.
void add(std::string& text, std::string_view name, std::string_view value) {
  text.append(name).append(": ");
  append_json_string(text, value);
  text.push_back('\n');
}

std::string number_or_unknown(const ResetSubject& subject, std::uint64_t ResetSubject::Contents::* member) {
  if (!subject.contents) return "unknown, the volume is closed";
  return std::to_string(*subject.contents.*member);
}

Result<OfficerSignature> parse_signature(const Facts& facts) {
  OfficerSignature signature;
  KAITO_TRY(signature.credential, from_base64url(fact(facts, "credential")));
  KAITO_TRY(signature.authenticator_data, from_base64url(fact(facts, "authenticator_data")));
  KAITO_TRY(signature.signature, from_base64url(fact(facts, "signature")));
  return signature;
}

// What the confirmation has to say: of this text, in the words that cannot be typed by mistake.
Status check_confirmation(const ResetProof& proof) {
  if (proof.confirmed.empty()) return wrong("nobody has confirmed it: nothing was destroyed");
  if (fact(proof.confirmed, "digest") != to_hex(hash_line(proof.text)))
    return wrong("it was confirmed for another text than the officers'");
  std::string name;
  append_json_string(name, fact(proof.confirmed, "typed"));
  if (name != reset_line(proof.text, "host")) return wrong("it was confirmed under another machine's name");
  return {};
}

Status check_threshold(const ResetProof& proof, const OfficerKeys& officers, std::size_t signers) {
  const auto needed = reset_line(proof.text, "needed");
  if (needed != std::to_string(officers.threshold))
    return wrong(fmt::format("its text asks for {} officers, and the ceremony for {}", needed, officers.threshold));
  if (signers < officers.threshold)
    return wrong(fmt::format("{} of {} officers have signed", signers, officers.threshold));
  return {};
}

}  // namespace

std::string subject_text(const ResetSubject& subject) {
  std::string text;
  add(text, "host", subject.host);
  add(text, "appliance", subject.appliance);
  text += fmt::format("ceremony: {}\n", to_hex(subject.ceremony));
  add(text, "volume", subject.volume);
  add(text, "device", subject.device);
  add(text, "serial", subject.serial);
  text += fmt::format("needed: {}\n", subject.needed);
  text += fmt::format("orgs: {}\n", number_or_unknown(subject, &ResetSubject::Contents::orgs));
  text += fmt::format("seeds: {}\n", number_or_unknown(subject, &ResetSubject::Contents::seeds));
  for (const auto& way : subject.ways) add(text, "way", way);
  add(text, "hsm", subject.hsm);
  for (const auto& key : subject.hsm_keys) add(text, "hsm-key", key);
  return text;
}

std::string reset_text(const ResetSubject& subject, ByteView nonce, TimePoint made_at, TimePoint expires_at) {
  return fmt::format("{}\nnonce: {}\nmade-at: {}\nexpires-at: {}\n{}", kResetHeader, to_base64url(nonce),
                     to_rfc3339(made_at), to_rfc3339(expires_at), subject_text(subject));
}

std::string_view subject_of(std::string_view text) {
  const auto at = text.find(fmt::format("\n{}", kFirstOfSubject));
  return at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
}

std::string_view reset_line(std::string_view text, std::string_view name) {
  const std::string begin = fmt::format("\n{}: ", name);
  const auto at = text.find(begin);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + begin.size());
  return text.substr(0, text.find('\n'));
}

Result<ResetProof> read_reset_proof(const std::vector<TranscriptLine>& lines) {
  if (lines.empty() || lines.front().event.event != "begin" ||
      fact(lines.front().event.facts, "ceremony") != kResetKind)
    return wrong("these are not the lines of a factory reset");
  ResetProof proof{.text = std::string(fact(lines.front().event.facts, "text")), .signatures = {}, .confirmed = {}};
  if (!proof.text.starts_with(fmt::format("{}\n", kResetHeader))) return wrong("the officers' text is of another kind");
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const TranscriptEvent& event = lines[i].event;
    if (event.event == kResetApproved && proof.confirmed.empty()) {
      KAITO_TRY(auto signature, parse_signature(event.facts));
      proof.signatures.push_back(std::move(signature));
    } else if (event.event == kResetConfirmed && proof.confirmed.empty() && !event.facts.empty()) {
      proof.confirmed = event.facts;
    } else if (event.event != "signed" || proof.confirmed.empty() || i + 1 != lines.size()) {
      return wrong(fmt::format("line {} does not belong into a factory reset", i + 1));
    }
  }
  return proof;
}

Facts to_facts(const OfficerSignature& signature, std::string_view officer) {
  return {{"officer", std::string(officer)},
          {"credential", to_base64url(signature.credential)},
          {"authenticator_data", to_base64url(signature.authenticator_data)},
          {"signature", to_base64url(signature.signature)}};
}

Result<std::vector<std::string>> signers_of(const ResetProof& proof, const OfficerKeys& officers) {
  std::vector<std::string> names;
  for (const auto& signature : proof.signatures) {
    KAITO_TRY(auto name, verify_officer(officers, proof.text, signature));
    if (std::ranges::find(names, name) != names.end()) return wrong(name + " has signed twice");
    names.push_back(std::move(name));
  }
  return names;
}

Result<ResetReport> verify_reset(std::string_view proof, std::string_view ceremony,
                                 std::span<const audit::VerifierKey> trusted) {
  const auto made = verify_transcript(ceremony, trusted);
  if (made.chain.fault) return wrong("the ceremony's transcript: " + describe(*made.chain.fault));
  KAITO_TRY(const OfficerKeys officers, officer_keys(made.chain.lines));
  auto chain = read_transcript(proof);
  if (chain.fault) return wrong(describe(*chain.fault));
  ResetReport report;
  KAITO_TRY(report.proof, read_reset_proof(chain.lines));
  if (reset_line(report.proof.text, "ceremony") != to_hex(made.chain.head))
    return wrong("it is of another ceremony's machine than this transcript's");
  KAITO_TRY(report.officers, signers_of(report.proof, officers));
  KAITO_CHECK(check_threshold(report.proof, officers, report.officers.size()));
  KAITO_CHECK(check_confirmation(report.proof));
  report.head = chain.head;
  if (fact(report.proof.confirmed, "audit_key") != "signs") return report;
  auto signed_proof = verify_transcript(proof, trusted);
  if (signed_proof.chain.fault) return wrong(describe(*signed_proof.chain.fault));
  report.signer = std::move(signed_proof.signer);
  return report;
}

}  // namespace kaito::provisioning
