// Google Authenticator's export: otpauth-migration://offline?data=… , one URI for each QR code. A large export comes in
// several parts; it is read only when all of them are there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/otp/import_collector.hpp"
#include "appliance/otp/wiped_bytes.hpp"

namespace kaito::otp {

inline constexpr std::size_t kMaxMigrationUriBytes = 64 * 1024;

bool is_migration_uri(std::string_view text) noexcept;

class GoogleMigration {
 public:
  // Takes one part in any order; `where` ("line 3") names it in errors. A part seen before, byte for byte, is noted and
  // read once. Errors name `content`: not a part, or two different parts that claim the same place.
  Status add(const std::string& where, std::string_view uri, ImportCollector& collector);

  // Reads the entries of every export in order of their parts. Fails naming each part that is missing.
  Status finish(ImportCollector& collector);

 private:
  struct Part {
    std::string where;
    WipedBytes payload;
    std::int32_t batch = 0;  // 0 in newer versions of the app, which say no batch id
    std::int32_t size = 1;   // parts in the batch
    std::int32_t index = 0;  // from 0
    std::size_t group = 0;   // the same for all parts of one export, in the order of their appearance
  };

  static Result<Part> read_part(std::string_view uri);
  static Status read_place(Part& part);
  [[nodiscard]] std::vector<std::string> missing_parts() const;

  std::vector<Part> parts_;
};

}  // namespace kaito::otp
