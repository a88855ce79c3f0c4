#include "appliance/audit/key_certificate.hpp"

#include <algorithm>

#include "appliance/base/invariant.hpp"

namespace kaito::audit {
namespace {

constexpr std::string_view kCertificateHeader = "kaito/key-certificate/v1";
constexpr std::string_view kSeparator = ": ";

bool is_field_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
}
bool is_field_value(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  KAITO_INVARIANT(is_field_name(name) && is_field_value(value));
  out += fmt::format("{}{}{}\n", name, kSeparator, value);
}

Result<CertificateField> parse_field(std::string_view line) {
  const auto separator = line.find(kSeparator);
  if (separator == std::string_view::npos || !is_field_name(line.substr(0, separator)) ||
      !is_field_value(line.substr(separator + kSeparator.size())))
    return fail(Code::invalid_request, "not a key certificate: a line is no field");
  return CertificateField{line.substr(0, separator), line.substr(separator + kSeparator.size())};
}

}  // namespace

std::string_view key_name(store::KeyKind kind) noexcept {
  switch (kind) {
    case store::KeyKind::platform: return "platform-kek";
    case store::KeyKind::org: return "org-kek";
    case store::KeyKind::audit: return "audit-key";
    case store::KeyKind::backup: return "backup-key";
    case store::KeyKind::wrapping: return "wrapping-key";
  }
  return "";
}

std::string key_statement(std::string_view origin, const store::Rotation& rotation, store::CertificateKind kind,
                          TimePoint issued, std::span<const CertificateField> facts) {
  std::string text = fmt::format("{}\n", kCertificateHeader);
  append_field(text, "log", origin);
  append_field(text, "certificate", kind == store::CertificateKind::destroyed ? "destroyed" : "no-reference");
  append_field(text, "rotation", rotation.id.str());
  append_field(text, "key", key_name(rotation.kind));
  if (rotation.org) append_field(text, "org", rotation.org->str());
  append_field(text, "version", std::to_string(rotation.to));
  append_field(text, "issued", to_rfc3339(issued));
  for (const auto& [name, value] : facts) append_field(text, name, value);
  return text;
}

std::string_view OpenedKeyCertificate::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(fields, name, &CertificateField::first);
  return found == fields.end() ? std::string_view{} : std::string_view(found->second);
}

Result<OpenedKeyCertificate> open_key_certificate(std::string_view note, std::span<const VerifierKey> trusted) {
  KAITO_TRY(auto opened, open_signed_note(note, trusted, kMaxKeyCertificate));
  std::string_view body = opened.body;
  if (take_line(body) != kCertificateHeader)
    return fail(Code::invalid_request, "not a key certificate: another first line");
  OpenedKeyCertificate certificate{.fields = {}, .signers = std::move(opened.signers)};
  while (!body.empty()) {
    const auto line = take_line(body);
    KAITO_TRY(auto field, parse_field(line.value_or("")));
    certificate.fields.push_back(std::move(field));
  }
  for (const VerifierKey& key : certificate.signers)
    if (certificate.find("log") != key.name())
      return fail(Code::integrity, "the certificate is of another log than its key, " + key.name());
  return certificate;
}

}  // namespace kaito::audit
