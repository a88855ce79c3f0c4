// Numbers the entries of a source as they are read and puts each in exactly one list.
#pragma once

#include <string>

#include "appliance/otp/entry_draft.hpp"
#include "appliance/otp/parsed_import.hpp"

namespace kaito::otp {

inline constexpr std::size_t kMaxEntries = 10'000;

class ImportCollector {
 public:
  explicit ImportCollector(Format format) { result_.format = format; }

  // `read` says whether the draft could be filled; `where` ("line 3") is put before the reason of a refusal.
  // Fails when the source has more than 10,000 entries.
  Status add(EntryDraft draft, const Status& read, const std::string& where = {});
  void note(std::string text) { result_.notes.push_back(std::move(text)); }

  ParsedImport finish() && { return std::move(result_); }

 private:
  ParsedImport result_;
  std::size_t count_ = 0;
};

}  // namespace kaito::otp
