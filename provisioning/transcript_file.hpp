// The transcript on the disk of a machine that is being provisioned. It is the ceremony's only memory: which steps are
// done and what came of them is read from it.
#pragma once

#include <filesystem>

#include "provisioning/transcript/verification.hpp"

namespace kaito::provisioning {

// One process at a time.
class TranscriptFile {
 public:
  // Empty when there is no file. Code::integrity when the file is not what was written.
  static Result<TranscriptFile> open(std::filesystem::path path, const Clock& clock);

  // Durable when it returns: the file has all lines or all but this one. Code::wrong_state once it is signed.
  Status append(TranscriptEvent event);
  // Ends it with the signed note, over the lines that are there.
  Status sign(std::string note);

  [[nodiscard]] const std::vector<TranscriptLine>& lines() const noexcept { return chain_.lines; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] bool is_signed() const;
  // The line that says that the step is done, unless it has been begun again since; null otherwise.
  [[nodiscard]] const TranscriptLine* done(std::string_view step) const;
  [[nodiscard]] bool begun(std::string_view step) const;

 private:
  TranscriptFile(std::filesystem::path path, const Clock& clock) : path_(std::move(path)), clock_(&clock) {}
  Status add(TimePoint time, TranscriptEvent event);

  std::filesystem::path path_;
  const Clock* clock_;
  std::string text_;
  TranscriptChain chain_;
};

}  // namespace kaito::provisioning
