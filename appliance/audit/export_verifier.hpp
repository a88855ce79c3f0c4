// Verifies an export line by line. One frontier and the last leaf hash are all that it keeps of the log.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "appliance/audit/export_lines.hpp"
#include "appliance/audit/record.hpp"
#include "appliance/audit/verify.hpp"

namespace kaito::audit {

class ExportVerifier {
 public:
  // Code::invalid_request when the header is none, or an earlier checkpoint is malformed.
  static Result<ExportVerifier> begin(std::string_view header, const VerifyOptions& options);

  // Takes the next line; nothing to be done after the first failure.
  void line(std::string_view line);
  // The input could not be cut into lines here.
  void broken_line(std::string_view why);
  void finish();

  [[nodiscard]] bool failed() const noexcept { return report_.failure.has_value(); }
  [[nodiscard]] VerifyReport&& report() && noexcept { return std::move(report_); }

 private:
  ExportVerifier() = default;
  void record(std::string_view line);
  void withheld(std::string_view line);
  void checkpoint(std::string_view line);
  void end(std::string_view line);
  bool in_place(std::uint64_t sequence);
  void check_link(const Hash& previous);
  void grown(const Hash& last);
  void check_earlier();
  void check_head(const Checkpoint& head);
  void resolve(const Hash* last_by_successor);
  void fail(Finding finding, std::uint64_t sequence, std::uint64_t until, std::string what);

  VerifyReport report_;
  std::vector<VerifierKey> trusted_;
  std::vector<Checkpoint> earlier_;  // the caller's, by size; those before next_earlier_ are done with
  std::size_t next_earlier_ = 0;
  Frontier tree_;
  Hash last_{};
  std::uint64_t line_ = 1;
  bool ended_ = false;
  // A failure that the next entry's link can narrow down.
  std::optional<Failure> suspect_;
};

}  // namespace kaito::audit
