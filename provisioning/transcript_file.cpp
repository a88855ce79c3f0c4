#include "provisioning/transcript_file.hpp"

#include <algorithm>

#include "appliance/base/file.hpp"

namespace kaito::provisioning {

Result<TranscriptFile> TranscriptFile::open(std::filesystem::path path, const Clock& clock) {
  TranscriptFile file(std::move(path), clock);
  std::error_code failed;
  if (!std::filesystem::exists(file.path_, failed)) {
    if (failed)
      return fail(Code::storage_failed,
                  fmt::format("{}: {}; kaito-boot needs root", file.path_.string(), failed.message()));
    return file;
  }
  KAITO_TRY(file.text_, read_file(file.path_, kMaxTranscript));
  file.chain_ = read_transcript(file.text_);
  if (file.chain_.fault)
    return fail(Code::integrity, fmt::format("{}: {}", file.path_.string(), describe(*file.chain_.fault)));
  return file;
}

Status TranscriptFile::add(TimePoint time, TranscriptEvent event) {
  if (is_signed()) return fail(Code::wrong_state, "the transcript is signed; nothing can be added");
  TranscriptLine line{.seq = chain_.lines.size(), .previous = chain_.head, .time = time, .event = std::move(event)};
  const std::string written = to_text(line);
  std::string text = text_ + written + "\n";
  if (text.size() > kMaxTranscript)
    return fail(Code::storage_full, "the transcript is too long; start the ceremony over");
  KAITO_CHECK(write_file_atomically(path_, as_bytes(text)));
  text_ = std::move(text);
  chain_.head = hash_line(written);
  chain_.lines.push_back(std::move(line));
  return {};
}

Status TranscriptFile::append(TranscriptEvent event) { return add(clock_->now(), std::move(event)); }

// With the time of the line before: no signature covers this one.
Status TranscriptFile::sign(std::string note) {
  if (chain_.lines.empty()) return fail(Code::wrong_state, "there is nothing to sign");
  return add(chain_.lines.back().time, {.event = "signed", .step = {}, .facts = {{"note", std::move(note)}}});
}

bool TranscriptFile::is_signed() const { return !lines().empty() && lines().back().event.event == "signed"; }

const TranscriptLine* TranscriptFile::done(std::string_view step) const {
  const auto of_step = [&](const TranscriptLine& line) { return line.event.step == step; };
  const auto last = std::ranges::find_if(lines().rbegin(), lines().rend(), of_step);
  return last == lines().rend() || last->event.event != "step-done" ? nullptr : &*last;
}

bool TranscriptFile::begun(std::string_view step) const {
  return std::ranges::any_of(lines(), [&](const TranscriptLine& line) { return line.event.step == step; });
}

}  // namespace kaito::provisioning
