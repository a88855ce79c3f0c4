#include "appliance/api/handlers/byok.hpp"

namespace kaito::api {

HsmView HsmView::of(const keys::HsmConnectionReport& report) {
  HsmView view{.name = report.name,
               .state = report.state,
               .failure = {},
               .orgs = report.orgs,
               .worker_starts = report.starts,
               .worker_crashes = report.crashes,
               .worker_hangs = report.hangs,
               .outstanding = report.outstanding};
  if (report.failure) view.failure = keys::shown_error(*report.failure);
  return view;
}

Task<Result<Done<ListHsms::Output>>> ListHsms::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto hsms, co_await services.customer_hsms.list(call.permit));
  co_return done<Output>(std::move(hsms), [](const std::vector<keys::HsmConnectionReport>& reports) {
    Output listing;
    for (const auto& report : reports) listing.items.push_back(HsmView::of(report));
    return listing;
  });
}

Task<Result<Done<ListOrgHsms::Output>>> ListOrgHsms::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto hsms, co_await services.customer_hsms.list(call.permit));
  co_return done<Output>(std::move(hsms), [](const std::vector<keys::HsmConnectionReport>& reports) {
    Output listing;
    for (const auto& report : reports) listing.items.push_back({.name = report.name, .state = report.state});
    return listing;
  });
}

Task<Result<Done<ConnectHsm::Output>>> ConnectHsm::process(Services& services, Call<Input> call) {
  keys::HsmToConnect wanted{.hsm = std::move(call.input.hsm.value),
                            .key = {},
                            .make = call.input.make.value_or(false),
                            .destroy_old = call.input.destroy_old};
  if (call.input.key) wanted.key = std::move(call.input.key->value);
  KAITO_CO_TRY(auto started, co_await services.customer_hsms.connect(call.permit, std::move(wanted)));
  co_return done_rotation(std::move(started));
}

Task<Result<Done<DisconnectHsm::Output>>> DisconnectHsm::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto started, co_await services.customer_hsms.disconnect(call.permit, {}));
  co_return done_rotation(std::move(started));
}

Task<Result<Done<CancelRotation::Output>>> CancelRotation::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const RotationId id, call.path.id<RotationId>("rotation"));
  KAITO_CO_TRY(auto cancelled, co_await services.rotations.cancel(call.permit, id));
  co_return done_rotation(std::move(cancelled));
}

}  // namespace kaito::api
