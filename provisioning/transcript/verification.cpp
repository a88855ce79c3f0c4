#include "provisioning/transcript/verification.hpp"

#include <algorithm>

namespace kaito::provisioning {
namespace {

constexpr std::string_view kTranscriptHeader = "kaito/ceremony-transcript/v1";
constexpr std::string_view kSigned = "signed";

struct Piece {
  std::string_view text;
  std::size_t at = 0;
};

std::vector<Piece> pieces_of(std::string_view text) {
  std::vector<Piece> pieces;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    pieces.push_back({text.substr(at, end - at), at});
    at = end + 1;
  }
  return pieces;
}

// Does what follows line `index` no longer find what the line hashes to? Behind the signature's line nothing follows;
// it names the line before it twice.
bool link_broken(const std::vector<Piece>& pieces, std::size_t index) {
  if (index + 1 < pieces.size()) {
    const auto next = parse_transcript_line(pieces[index + 1].text);
    return next && next->previous != hash_line(pieces[index].text);
  }
  return index > 0 && pieces[index].text.find(to_hex(hash_line(pieces[index - 1].text))) != std::string_view::npos;
}

TranscriptFault fault_at(const std::vector<Piece>& pieces, std::size_t index, std::string reason) {
  return {.line = index + 1,
          .first_byte = pieces[index].at,
          .end_byte = pieces[index].at + pieces[index].text.size(),
          .reason = std::move(reason)};
}

std::optional<TranscriptFault> check_line(const std::vector<Piece>& pieces, std::size_t index,
                                          const Result<TranscriptLine>& line, const LineHash& head) {
  if (!line) return fault_at(pieces, index, line.error().detail);
  if (line->seq != index) return fault_at(pieces, index, "another number than its place");
  if (line->previous != head) {
    if (index == 0) return fault_at(pieces, index, "the first line names a line before it");
    // An altered `previous` breaks the link behind it as well; an altered line only the one to its successor.
    if (link_broken(pieces, index)) return fault_at(pieces, index, "its link to the line before was altered");
    return fault_at(pieces, index - 1, "it is not the line that the next one was written after");
  }
  return std::nullopt;
}

std::unexpected<Error> not_signed(std::string reason) { return fail(Code::integrity, std::move(reason)); }

// The note of the last line over the lines before it.
Result<audit::VerifierKey> check_signature(const TranscriptLine& last, const TranscriptChain& before,
                                           std::span<const audit::VerifierKey> trusted) {
  const auto note = fact(last.event.facts, "note");
  KAITO_TRY(const auto opened, audit::open_signed_note(note, trusted, kMaxTranscript));
  // The body, an empty line and one signature: others would be lines that nobody vouches for.
  if (std::ranges::count(note.substr(opened.body.size() + 1), '\n') != 1)
    return not_signed("the signature's note has other lines than its one signature");
  const audit::VerifierKey& key = opened.signers.front();
  if (opened.body != transcript_statement(key.name(), before))
    return not_signed("the signature is of other lines: the transcript was rewritten or cut");
  return key;
}

}  // namespace

TranscriptChain read_transcript(std::string_view text) {
  TranscriptChain chain;
  const auto pieces = pieces_of(text);
  if (pieces.empty()) return chain;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    auto line = parse_transcript_line(pieces[i].text);
    chain.fault = check_line(pieces, i, line, chain.head);
    if (chain.fault) return chain;
    chain.head = hash_line(pieces[i].text);
    chain.lines.push_back(*std::move(line));
  }
  if (!text.ends_with('\n')) chain.fault = fault_at(pieces, pieces.size() - 1, "the last line has no end");
  return chain;
}

std::string transcript_statement(std::string_view origin, const TranscriptChain& chain) {
  return fmt::format("{}\nlog: {}\nlines: {}\nhead: {}\n", kTranscriptHeader, origin, chain.lines.size(),
                     to_hex(chain.head));
}

TranscriptReport verify_transcript(std::string_view text, std::span<const audit::VerifierKey> trusted) {
  TranscriptReport report{.chain = read_transcript(text), .signer = {}};
  auto& fault = report.chain.fault;
  if (fault) return report;
  const auto pieces = pieces_of(text);
  if (pieces.empty()) {
    fault = TranscriptFault{.reason = "it is empty"};
    return report;
  }
  if (report.chain.lines.back().event.event != kSigned) {
    fault = fault_at(pieces, pieces.size() - 1, "it is no signature: the ceremony has not ended, or this was altered");
    return report;
  }
  const auto at = pieces.back().at;
  const TranscriptChain before = read_transcript(text.substr(0, at));
  auto signer = check_signature(report.chain.lines.back(), before, trusted);
  if (signer) {
    report.signer = *std::move(signer);
    // Nothing of its own may stand in the line that no signature covers.
    const TranscriptLine& last = report.chain.lines.back();
    if (last.event.step.empty() && last.event.facts.size() == 1 && !before.lines.empty() &&
        last.time == before.lines.back().time)
      return report;
    fault = fault_at(pieces, pieces.size() - 1, "the signature's line says more than the signature");
    report.signer.reset();
    return report;
  }
  fault = fault_at(pieces, pieces.size() - 1, signer.error().detail);
  return report;
}

std::string describe(const TranscriptFault& fault) {
  if (fault.line == 0) return fault.reason;
  return fmt::format("line {} (bytes {} to {}): {}", fault.line, fault.first_byte, fault.end_byte, fault.reason);
}

}  // namespace kaito::provisioning
