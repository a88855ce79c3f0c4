// A customer with OpenSSL: makes a key, wraps it for a wrapping key, knows its check value.
#pragma once

#include "hsm/protocol/key_import.hpp"

namespace kaito::hsm::test {

class CustomerKey {
 public:
  explicit CustomerKey(std::size_t size = 32);
  [[nodiscard]] Bytes wrapped_for(const WrappingKey& key, ImportMechanism mechanism) const;
  [[nodiscard]] CheckValue check_value() const;
  [[nodiscard]] const Bytes& bytes() const noexcept { return key_; }

 private:
  Bytes key_;
};

}  // namespace kaito::hsm::test
