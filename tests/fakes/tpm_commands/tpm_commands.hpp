// Commands to a TPM that only tests give; `tcti` in the words of the TSS.
#pragma once

#include <string>

#include "appliance/base/result.hpp"

namespace kaito::test {

// Extends a digest, 32 times `byte`, into a register's SHA-256 bank.
Status extend_pcr(const std::string& tcti, unsigned pcr, std::uint8_t byte);
// TPM2_Clear: another owner's seed, so that nothing opens that was sealed before.
Status clear_tpm(const std::string& tcti);

}  // namespace kaito::test
