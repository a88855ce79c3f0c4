#include "provisioning/hsm_token.hpp"

#include "hsm/client/find_worker.hpp"
#include "hsm/client/module_environment.hpp"

namespace kaito::provisioning {

Result<hsm::ClientConfig> token_config(const HsmPlan& hsm, const Places& places) {
  hsm::ClientConfig config;
  KAITO_TRY(config.worker, hsm::find_worker(places.hsm_worker));
  config.token_uri = hsm.token_uri;
  config.module = hsm.module;
  config.module_arguments = hsm.module_arguments;
  KAITO_TRY(config.environment, hsm::parse_environment(hsm.module_environment));
  config.start_deadline = Seconds(120);  // a smart card takes its time to make an RSA key
  return config;
}

}  // namespace kaito::provisioning
