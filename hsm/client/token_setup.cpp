#include "hsm/client/token_setup.hpp"

#include "hsm/client/one_shot.hpp"

namespace kaito::hsm {

Status set_up_token(const ClientConfig& config, const TokenSetup& setup) {
  KAITO_CHECK(run_worker_once(config,
                              {"--init-token", "--label", setup.label, "--so-pin-file", setup.so_pin_file.string(),
                               "--pin-file", setup.user_pin_file.string()},
                              config.start_deadline));
  return {};
}

}  // namespace kaito::hsm
