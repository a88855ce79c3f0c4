// A KeyWrapper over the platform KEK of a token: the volume's secret is wrapped as a DEK of a KEK of its own.
#pragma once

#include "hsm/client/client.hpp"
#include "luks/ways/hsm_way.hpp"

namespace kaito::test {

// `client` outlives it; its token has a platform KEK of version 1. The blob of the KEK, with its length before it, then
// that of the secret.
class HsmKeyWrapper final : public luks::KeyWrapper {
 public:
  HsmKeyWrapper(hsm::Client& client, std::string name) : client_(client), name_(std::move(name)) {}
  [[nodiscard]] std::string name() const override { return name_; }
  Result<Wrapped> wrap(const luks::WayBytes& secret) override;
  Result<luks::WayBytes> unwrap(const Wrapped& wrapped) override;

 private:
  hsm::Client& client_;
  std::string name_;
};

}  // namespace kaito::test
