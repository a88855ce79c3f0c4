// Offline verification of a transcript: whole, in order, and signed with a key that the reader has from elsewhere.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/audit/signed_note.hpp"
#include "provisioning/transcript/transcript_line.hpp"

namespace kaito::provisioning {

// Where a transcript is not what was written: a line, and the bytes of the file that it takes.
struct TranscriptFault {
  std::size_t line = 0;  // from 1; 0: no line can be named, the signature covers another text
  std::size_t first_byte = 0;
  std::size_t end_byte = 0;  // behind the last
  std::string reason;
};

struct TranscriptChain {
  std::vector<TranscriptLine> lines;  // up to the first that is wrong
  LineHash head{};                    // of the last of them
  std::optional<TranscriptFault> fault;
};

// The lines and their chain, without the signature. A fault names the line that was altered: where a line no longer
// hashes to what the next one says, it is that line, unless the next one has lost its successor too.
TranscriptChain read_transcript(std::string_view text);

// What is signed: the log's origin, the number of lines before the signature, the hash of the last of them.
std::string transcript_statement(std::string_view origin, const TranscriptChain& chain);

struct TranscriptReport {
  TranscriptChain chain;
  std::optional<audit::VerifierKey> signer;  // set when there is no fault
};

// A transcript that is not signed (yet) has a fault too.
TranscriptReport verify_transcript(std::string_view text, std::span<const audit::VerifierKey> trusted);

// "line 3 (bytes 210 to 415): …"
std::string describe(const TranscriptFault& fault);

}  // namespace kaito::provisioning
