// An org's key in the customer's own HSM. Which HSMs there are is the operator's configuration; the org's owner chooses
// among those that are open to the org.
#pragma once

#include "appliance/api/handlers/keys.hpp"

namespace kaito::api {

// For staff.
struct HsmView {
  std::string name;
  keys::HsmConnectionState state = keys::HsmConnectionState::idle;
  std::optional<std::string> failure;
  std::vector<OrgId> orgs;  // that may use it
  std::uint64_t worker_starts = 0;
  std::uint64_t worker_crashes = 0;
  std::uint64_t worker_hangs = 0;
  std::uint64_t outstanding = 0;  // calls
  static HsmView of(const keys::HsmConnectionReport& report);
};
BOOST_DESCRIBE_STRUCT(HsmView, (),
                      (name, state, failure, orgs, worker_starts, worker_crashes, worker_hangs, outstanding))
BOOST_DESCRIBE_STRUCT(Listing<HsmView>, (), (items, next_cursor))

struct ListHsms {
  using Input = Nothing;
  using Output = Listing<HsmView>;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

BOOST_DESCRIBE_STRUCT(Listing<OrgHsmView>, (), (items, next_cursor))

struct ListOrgHsms {
  using Input = Nothing;
  using Output = Listing<OrgHsmView>;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct ConnectHsm {
  struct Input {
    static constexpr bool kFromQuery = false;
    Text<1, 32> hsm;
    std::optional<Text<8, 512>> key;  // RFC 7512: pkcs11:object=NAME; absent: a key of our naming is made
    std::optional<bool> make;         // `key`, when it is missing
    std::optional<bool> destroy_old;
  };
  using Output = RotationView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(ConnectHsm::Input, (), (hsm, key, make, destroy_old))

struct DisconnectHsm {
  using Input = Nothing;
  using Output = RotationView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct CancelRotation {
  using Input = Nothing;
  using Output = RotationView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

}  // namespace kaito::api
