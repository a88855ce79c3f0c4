#include "appliance/audit/checkpoint.hpp"

#include <charconv>

namespace kaito::audit {
namespace {

std::unexpected<Error> malformed_checkpoint(std::string_view what) {
  return fail(Code::invalid_request, fmt::format("not a signed checkpoint: {}", what));
}

Result<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc{} || end != text.data() + text.size() || (text.size() > 1 && text.front() == '0'))
    return malformed_checkpoint("the second line is no size");
  return size;
}

// C2SP tlog-checkpoint: origin, size, root, then extension lines that are not empty.
Result<Checkpoint> parse_body(std::string_view body) {
  const auto origin = take_line(body);
  const auto size = take_line(body);
  const auto root = take_line(body);
  if (!origin || !size || !root) return malformed_checkpoint("fewer than three lines");
  if (origin->empty() || origin->size() > kMaxOrigin) return malformed_checkpoint("the first line is no origin");
  KAITO_TRY(const std::uint64_t leaves, parse_size(*size));
  const auto hash = from_base64(*root);
  Checkpoint checkpoint{.origin = std::string(*origin), .size = leaves};
  if (!hash || hash->size() != checkpoint.root.size()) return malformed_checkpoint("the third line is no root hash");
  std::ranges::copy(*hash, checkpoint.root.begin());
  while (!body.empty()) {
    const auto extension = take_line(body);
    if (!extension || extension->empty()) return malformed_checkpoint("an empty extension line");
  }
  return checkpoint;
}

}  // namespace

std::string Checkpoint::body() const { return fmt::format("{}\n{}\n{}\n", origin, size, to_base64(root)); }

std::string make_note(const Checkpoint& checkpoint, const VerifierKey& key, const ByteArray<64>& signature) {
  return sign_note(checkpoint.body(), std::vector{NoteSignature{key, signature}});
}

Result<OpenedCheckpoint> open_note(std::string_view note, std::span<const VerifierKey> trusted) {
  KAITO_TRY(auto opened, open_signed_note(note, trusted, kMaxNote));
  KAITO_TRY(Checkpoint checkpoint, parse_body(opened.body));
  const VerifierKey& key = opened.signers.front();
  if (checkpoint.origin != key.name())
    return fail(Code::integrity, "the checkpoint is of " + checkpoint.origin + ", its key of " + key.name());
  return OpenedCheckpoint{std::move(checkpoint), key};
}

}  // namespace kaito::audit
