// Imports: what another program exported becomes seeds, entry by entry, with a report in which no entry is missing.
#pragma once

#include <string>
#include <vector>

#include "appliance/auth/permit.hpp"
#include "appliance/auth/recorded.hpp"
#include "appliance/base/worker_pool.hpp"
#include "appliance/otp/import.hpp"
#include "appliance/otp/wiped_bytes.hpp"
#include "appliance/vault/seed_sealer.hpp"

namespace kaito::vault {

struct ImportRequest {
  otp::WipedBytes content;
  std::optional<otp::Format> format;  // absent: found from the content
  Passphrase password;                // empty: none
  std::vector<GroupId> groups;        // every new seed joins them
  bool dry_run = false;               // report only
  bool all_or_nothing = false;        // a refused entry refuses the whole import; duplicates do not
};

enum class EntryOutcome : std::uint8_t { imported, duplicate, refused };

struct EntryReport {
  std::size_t position = 0;  // in the source, from 1
  std::string issuer;
  std::string account;
  EntryOutcome outcome = EntryOutcome::refused;
  std::string reason;              // why it is a duplicate or refused
  std::vector<std::string> notes;  // what was adjusted or left out
  std::optional<SeedId> seed;      // imported, and not in a dry run
};

struct ImportReport {
  otp::Format format = otp::Format::otpauth_list;
  bool dry_run = false;
  bool applied = false;              // false in a dry run, and when all_or_nothing refused
  std::vector<EntryReport> entries;  // in the order of the source
  std::vector<std::string> notes;    // about the file as a whole
  [[nodiscard]] std::size_t count(EntryOutcome outcome) const noexcept;
};

// Thread-safe.
class Imports {
 public:
  // `pool` runs the parsing, which takes seconds for encrypted files.
  Imports(store::Store& store, audit::Journal& journal, SeedSealer& sealer, WorkerPool& pool)
      : store_(store), journal_(journal), sealer_(sealer), pool_(pool) {}

  // Errors concern the file as a whole, with the fields of otp::parse_import, or the groups. In a dry run an entry
  // "imported" is one that would be.
  Task<Result<auth::Recorded<ImportReport>>> run(const auth::Permit& permit, ImportRequest request);

 private:
  store::Store& store_;
  audit::Journal& journal_;
  SeedSealer& sealer_;
  WorkerPool& pool_;
};

}  // namespace kaito::vault
