// API keys of an org.
#pragma once

#include "appliance/api/handlers/reply.hpp"
#include "appliance/api/services.hpp"

namespace kaito::api {

struct CreateApiKey {
  struct Input {
    static constexpr bool kFromQuery = false;
    Text<1, 128> name;
    List<Text<1, 32>, 16> scopes;
    std::optional<List<GroupId, 100>> groups;               // default: all of the org's seeds
    std::optional<List<Text<1, 64>, 32>> allowed_networks;  // CIDR; default: any
    std::optional<TimePoint> expires_at;
  };
  struct Output {
    ApiKeyView api_key;
    ShownOnce token;
  };
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(CreateApiKey::Input, (), (name, scopes, groups, allowed_networks, expires_at))
BOOST_DESCRIBE_STRUCT(CreateApiKey::Output, (), (api_key, token))

struct ListApiKeys {
  using Input = PageQuery;
  using Output = Listing<ApiKeyView>;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct RevokeApiKey {
  using Input = Nothing;
  using Output = Nothing;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

}  // namespace kaito::api
