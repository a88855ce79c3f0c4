#include "appliance/http/openssl_handles.hpp"

#include <openssl/err.h>

namespace kaito::http {

std::string openssl_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason ? reason : "unknown reason";
}

}  // namespace kaito::http
