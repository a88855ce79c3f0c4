#include "hsm/cryptoki.hpp"

namespace kaito::hsm {

TokenOutcome Cryptoki::judge(std::string_view function, CK_RV value, Purpose purpose) {
  const ReturnTraits row = traits_of(value, purpose);
  if (row.kind == ReturnClass::ok) return {};
  return fail(
      Failure({.code = row.code, .detail = fmt::format("{}: {} (0x{:x})", function, row.name, value)}, row.kind));
}

}  // namespace kaito::hsm
