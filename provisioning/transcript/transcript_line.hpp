// One line of a transcript (docs/formats/transcript.md): canonical JSON, chained to the line before by SHA-256.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "appliance/base/bytes.hpp"
#include "appliance/base/time.hpp"

namespace kaito::provisioning {

// Public results of a step, in the order in which it tells them: name and text. Never a secret.
using Facts = std::vector<std::pair<std::string, std::string>>;

// The first fact of that name; empty when there is none.
std::string_view fact(const Facts& facts, std::string_view name) noexcept;

struct TranscriptEvent {
  std::string event;  // "begin", "step-begun", "step-done", "step-failed", "signed"
  std::string step;   // empty: of the ceremony as a whole
  Facts facts;
};

using LineHash = ByteArray<32>;

struct TranscriptLine {
  std::uint64_t seq = 0;  // from 0
  LineHash previous{};    // hash_line of the line before; zeros in the first
  TimePoint time{};
  TranscriptEvent event;
};

inline constexpr std::size_t kMaxTranscript = 1U << 20;  // bytes of a whole transcript

// Without the newline.
std::string to_text(const TranscriptLine& line);
// Only what to_text gives. Code::integrity says at which byte of the line it deviates.
Result<TranscriptLine> parse_transcript_line(std::string_view text);
// SHA-256 over the line without its newline.
LineHash hash_line(std::string_view text);

}  // namespace kaito::provisioning
