#include "appliance/audit/checkpoint.hpp"

#include <charconv>

namespace kaito::audit {
namespace {

constexpr std::string_view kSignaturePrefix = "— ";  // U+2014, space

std::unexpected<Error> malformed(std::string_view what) {
  return fail(Code::invalid_request, fmt::format("not a signed checkpoint: {}", what));
}

// Takes the line and its newline off the front of `text`; absent when there is no newline.
std::optional<std::string_view> take_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

Result<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc{} || end != text.data() + text.size() || (text.size() > 1 && text.front() == '0'))
    return malformed("the second line is no size");
  return size;
}

// C2SP tlog-checkpoint: origin, size, root, then extension lines that are not empty.
Result<Checkpoint> parse_body(std::string_view body) {
  const auto origin = take_line(body);
  const auto size = take_line(body);
  const auto root = take_line(body);
  if (!origin || !size || !root) return malformed("fewer than three lines");
  if (origin->empty() || origin->size() > kMaxOrigin) return malformed("the first line is no origin");
  KAITO_TRY(const std::uint64_t leaves, parse_size(*size));
  const auto hash = from_base64(*root);
  Checkpoint checkpoint{.origin = std::string(*origin), .size = leaves};
  if (!hash || hash->size() != checkpoint.root.size()) return malformed("the third line is no root hash");
  std::ranges::copy(*hash, checkpoint.root.begin());
  while (!body.empty()) {
    const auto extension = take_line(body);
    if (!extension || extension->empty()) return malformed("an empty extension line");
  }
  return checkpoint;
}

struct SignatureLine {
  std::string_view name;
  Bytes bytes;  // key hash, then the signature
};

Result<SignatureLine> parse_signature(std::string_view line) {
  if (!line.starts_with(kSignaturePrefix)) return malformed("a signature line begins otherwise");
  line.remove_prefix(kSignaturePrefix.size());
  const auto space = line.find(' ');
  if (space == std::string_view::npos || space == 0) return malformed("a signature line without a name");
  auto bytes = from_base64(line.substr(space + 1));
  if (!bytes || bytes->size() < 5) return malformed("a signature that is not base64 or too short");
  return SignatureLine{line.substr(0, space), *std::move(bytes)};
}

const VerifierKey* signer(const SignatureLine& line, std::span<const VerifierKey> trusted) {
  const auto found = std::ranges::find_if(trusted, [&line](const VerifierKey& key) {
    return key.name() == line.name && std::ranges::equal(key.hash(), ByteView(line.bytes).first(4));
  });
  return found == trusted.end() ? nullptr : &*found;
}

// The trusted key that signed `body`, by the lines of `signatures`.
Result<VerifierKey> verify_signatures(std::string_view body, std::string_view signatures,
                                      std::span<const VerifierKey> trusted) {
  const VerifierKey* verified = nullptr;
  for (std::size_t count = 0; !signatures.empty(); ++count) {
    const auto text = take_line(signatures);
    if (!text || count == kMaxSignatures) return malformed("too many signatures, or the last has no newline");
    KAITO_TRY(const SignatureLine line, parse_signature(*text));
    const VerifierKey* key = signer(line, trusted);
    if (key == nullptr) continue;
    if (!key->verifies(as_bytes(body), ByteView(line.bytes).subspan(4)))
      return fail(Code::integrity, "the signature by " + key->str() + " is wrong");
    if (verified == nullptr) verified = key;
  }
  if (verified == nullptr) return fail(Code::integrity, "no trusted key has signed this checkpoint");
  return *verified;
}

}  // namespace

std::string Checkpoint::body() const { return fmt::format("{}\n{}\n{}\n", origin, size, to_base64(root)); }

std::string make_note(const Checkpoint& checkpoint, const VerifierKey& key, const ByteArray<64>& signature) {
  Bytes bytes(key.hash().begin(), key.hash().end());
  append(bytes, signature);
  return fmt::format("{}\n{}{} {}\n", checkpoint.body(), kSignaturePrefix, key.name(), to_base64(bytes));
}

Result<OpenedCheckpoint> open_note(std::string_view note, std::span<const VerifierKey> trusted) {
  if (note.size() > kMaxNote) return malformed("too long");
  // C2SP signed-note: the signatures follow the last empty line.
  const auto gap = note.rfind("\n\n");
  if (gap == std::string_view::npos) return malformed("no empty line before the signatures");
  const std::string_view body = note.substr(0, gap + 1);
  KAITO_TRY(Checkpoint checkpoint, parse_body(body));
  KAITO_TRY(VerifierKey key, verify_signatures(body, note.substr(gap + 2), trusted));
  if (checkpoint.origin != key.name())
    return fail(Code::integrity, "the checkpoint is of " + checkpoint.origin + ", its key of " + key.name());
  return OpenedCheckpoint{std::move(checkpoint), std::move(key)};
}

}  // namespace kaito::audit
