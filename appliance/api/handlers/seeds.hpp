// Seeds of an org: secrets go in, never out.
#pragma once

#include "appliance/api/handlers/reply.hpp"
#include "appliance/api/services.hpp"
#include "appliance/otp/base32.hpp"

namespace kaito::api {

using Label = Text<0, vault::kMaxLabelBytes>;
using GroupList = List<GroupId, 100>;

struct CreateSeed {
  // Either `uri` alone, or `secret` with what goes with it.
  struct Input {
    static constexpr bool kFromQuery = false;
    std::optional<Secret<struct UriTag>> uri;  // otpauth://…
    std::optional<Secret<struct Base32Tag>> secret;
    std::optional<Label> issuer;
    std::optional<Label> account;
    std::optional<otp::Type> type;                                                              // default totp
    std::optional<otp::Algorithm> algorithm;                                                    // default SHA1
    std::optional<Number<std::uint8_t, otp::kSteamDigits, otp::kMaxDigits>> digits;             // default 6
    std::optional<Number<std::uint16_t, otp::kMinPeriod, otp::kMaxPeriod>> period;              // seconds; default 30
    std::optional<Number<std::uint64_t, 0, std::numeric_limits<std::int64_t>::max()>> counter;  // HOTP; default 0
    std::optional<GroupList> groups;
  };
  using Output = SeedView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(CreateSeed::Input, (),
                      (uri, secret, issuer, account, type, algorithm, digits, period, counter, groups))

struct ListSeeds {
  struct Input {
    static constexpr bool kFromQuery = true;
    std::optional<Text<1, 256>> search;  // part of issuer or account
    std::optional<GroupId> group;
    std::optional<PageLimit> limit;  // default 100
    std::optional<Cursor> cursor;
  };
  using Output = Listing<SeedView>;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(ListSeeds::Input, (), (search, group, limit, cursor))

struct GetSeed {
  using Input = Nothing;
  using Output = SeedView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

struct RelabelSeed {
  struct Input {
    static constexpr bool kFromQuery = false;
    std::optional<Label> issuer;
    std::optional<Label> account;
    std::optional<Number<std::uint32_t, 1, std::numeric_limits<std::uint32_t>::max()>> revision;  // as last read
  };
  using Output = SeedView;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};
BOOST_DESCRIBE_STRUCT(RelabelSeed::Input, (), (issuer, account, revision))

struct DeleteSeed {
  using Input = Nothing;
  using Output = Nothing;
  static Task<Result<Done<Output>>> process(Services& services, Call<Input> call);
};

}  // namespace kaito::api
