#include "appliance/audit/known_keys.hpp"

namespace kaito::audit {
namespace {

constexpr std::string_view kKnownKeys = "audit.keys";  // VerifierKey::str(), each with a newline

}  // namespace

Result<std::vector<VerifierKey>> known_keys(store::Reader& reader) {
  KAITO_TRY(const auto stored, reader.meta(kKnownKeys));
  std::vector<VerifierKey> keys;
  if (!stored) return keys;
  for (std::string_view rest = as_text(*stored); !rest.empty();) {
    const auto end = rest.find('\n');
    auto key = VerifierKey::parse(rest.substr(0, end));
    if (!key || end == std::string_view::npos) return fail(Code::integrity, "the list of audit keys is damaged");
    keys.push_back(*std::move(key));
    rest.remove_prefix(end + 1);
  }
  return keys;
}

Status remember_key(store::Writer& writer, const VerifierKey& key) {
  KAITO_TRY(auto keys, known_keys(writer));
  if (std::ranges::find(keys, key) != keys.end()) return {};
  keys.push_back(key);
  std::string text;
  for (const VerifierKey& known : keys) text += known.str() + '\n';
  return writer.put_meta(kKnownKeys, as_bytes(text));
}

}  // namespace kaito::audit
