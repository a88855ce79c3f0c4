#include "tests/fakes/tpm_commands/tpm_commands.hpp"

#include <fmt/format.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_tctildr.h>

#include <algorithm>
#include <functional>

namespace kaito::test {
namespace {

Status with_tpm(const std::string& tcti, const std::function<TSS2_RC(ESYS_CONTEXT*)>& command) {
  TSS2_TCTI_CONTEXT* connection = nullptr;
  ESYS_CONTEXT* esys = nullptr;
  TSS2_RC result = Tss2_TctiLdr_Initialize(tcti.c_str(), &connection);
  if (result == TSS2_RC_SUCCESS) result = Esys_Initialize(&esys, connection, nullptr);
  if (result == TSS2_RC_SUCCESS) result = command(esys);
  Esys_Finalize(&esys);
  Tss2_TctiLdr_Finalize(&connection);
  if (result == TSS2_RC_SUCCESS) return {};
  return fail(Code::storage_failed, fmt::format("TPM: error {:#x}", result));
}

}  // namespace

Status extend_pcr(const std::string& tcti, unsigned pcr, std::uint8_t byte) {
  return with_tpm(tcti, [&](ESYS_CONTEXT* esys) {
    TPML_DIGEST_VALUES values{};
    values.count = 1;
    values.digests[0].hashAlg = TPM2_ALG_SHA256;
    std::ranges::fill(values.digests[0].digest.sha256, byte);
    return Esys_PCR_Extend(esys, ESYS_TR_PCR0 + pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &values);
  });
}

Status clear_tpm(const std::string& tcti) {
  return with_tpm(tcti, [](ESYS_CONTEXT* esys) {
    return Esys_Clear(esys, ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE);
  });
}

}  // namespace kaito::test
