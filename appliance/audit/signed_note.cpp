#include "appliance/audit/signed_note.hpp"

#include <algorithm>

namespace kaito::audit {
namespace {

constexpr std::string_view kSignaturePrefix = "— ";  // U+2014, space

std::unexpected<Error> malformed_note(std::string_view what) {
  return fail(Code::invalid_request, fmt::format("not a signed note: {}", what));
}

struct SignatureLine {
  std::string_view name;
  Bytes bytes;  // key hash, then the signature
};

Result<SignatureLine> parse_signature(std::string_view line) {
  if (!line.starts_with(kSignaturePrefix)) return malformed_note("a signature line begins otherwise");
  line.remove_prefix(kSignaturePrefix.size());
  const auto space = line.find(' ');
  if (space == std::string_view::npos || space == 0) return malformed_note("a signature line without a name");
  auto bytes = from_base64(line.substr(space + 1));
  if (!bytes || bytes->size() < 5) return malformed_note("a signature that is not base64 or too short");
  return SignatureLine{line.substr(0, space), *std::move(bytes)};
}

const VerifierKey* signer(const SignatureLine& line, std::span<const VerifierKey> trusted) {
  const auto found = std::ranges::find_if(trusted, [&line](const VerifierKey& key) {
    return key.name() == line.name && std::ranges::equal(key.hash(), ByteView(line.bytes).first(4));
  });
  return found == trusted.end() ? nullptr : &*found;
}

}  // namespace

std::optional<std::string_view> take_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::string sign_note(std::string_view body, std::span<const NoteSignature> signatures) {
  std::string note = fmt::format("{}\n", body);
  for (const auto& [key, signature] : signatures) {
    Bytes bytes(key.hash().begin(), key.hash().end());
    append(bytes, signature);
    note += fmt::format("{}{} {}\n", kSignaturePrefix, key.name(), to_base64(bytes));
  }
  return note;
}

Result<OpenedNote> open_signed_note(std::string_view note, std::span<const VerifierKey> trusted, std::size_t limit) {
  if (note.size() > limit) return malformed_note("too long");
  // C2SP signed-note: the signatures follow the last empty line.
  const auto gap = note.rfind("\n\n");
  if (gap == std::string_view::npos) return malformed_note("no empty line before the signatures");
  OpenedNote opened{.body = note.substr(0, gap + 1), .signers = {}};
  std::string_view signatures = note.substr(gap + 2);
  for (std::size_t count = 0; !signatures.empty(); ++count) {
    const auto text = take_line(signatures);
    if (!text || count == kMaxSignatures) return malformed_note("too many signatures, or the last has no newline");
    KAITO_TRY(const SignatureLine line, parse_signature(*text));
    const VerifierKey* key = signer(line, trusted);
    if (key == nullptr) continue;
    if (!key->verifies(as_bytes(opened.body), ByteView(line.bytes).subspan(4)))
      return fail(Code::integrity, "the signature by " + key->str() + " is wrong");
    opened.signers.push_back(*key);
  }
  if (opened.signers.empty()) return fail(Code::integrity, "no trusted key has signed this note");
  return opened;
}

}  // namespace kaito::audit
