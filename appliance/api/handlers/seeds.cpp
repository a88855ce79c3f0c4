#include "appliance/api/handlers/seeds.hpp"

#include "appliance/otp/otpauth_uri.hpp"

namespace kaito::api {
namespace {

using SeedInput = CreateSeed::Input;

Result<vault::NewSeed> from_uri(const SeedInput& input) {
  if (input.secret || input.issuer || input.account || input.type || input.algorithm || input.digits || input.period ||
      input.counter)
    return fail_invalid("uri", "stands alone: it says everything that the other fields would");
  KAITO_TRY(auto entry, otp::parse_otpauth_uri(as_text(input.uri->expose_secret())));
  return vault::NewSeed{.issuer = std::move(entry.issuer),
                        .account = std::move(entry.account),
                        .parameters = entry.parameters,
                        .counter = entry.counter,
                        .secret = std::move(entry.secret)};
}

// Defaults where a field is absent; a field that the type does not have is refused, not ignored.
Result<otp::Parameters> parameters_of(const SeedInput& input) {
  const otp::Type type = input.type.value_or(otp::Type::totp);
  if (input.counter && type != otp::Type::hotp) return fail_invalid("counter", "goes with type hotp only");
  if (type == otp::Type::hotp && input.period) return fail_invalid("period", "does not go with type hotp");
  otp::Parameters parameters = type == otp::Type::steam ? otp::kSteamParameters : otp::Parameters{.type = type};
  if (type == otp::Type::hotp) parameters.period = 0;
  if (input.algorithm) parameters.algorithm = *input.algorithm;
  if (input.digits) parameters.digits = input.digits->value;
  if (input.period) parameters.period = input.period->value;
  KAITO_CHECK(otp::validate(parameters));
  return parameters;
}

Result<vault::NewSeed> from_fields(SeedInput& input) {
  if (!input.secret) return fail_invalid("secret", "is required, or uri");
  KAITO_TRY(const auto parameters, parameters_of(input));
  KAITO_TRY(auto secret, otp::decode_base32(as_text(input.secret->expose_secret())));
  return vault::NewSeed{.issuer = input.issuer ? std::move(input.issuer->value) : "",
                        .account = input.account ? std::move(input.account->value) : "",
                        .parameters = parameters,
                        .counter = input.counter ? input.counter->value : 0,
                        .secret = std::move(secret)};
}

std::optional<std::string> label_text(std::optional<Label>& label) {
  if (!label) return std::nullopt;
  return std::move(label->value);
}

}  // namespace

Task<Result<Done<SeedView>>> CreateSeed::process(Services& services, Call<Input> call) {
  auto seed = call.input.uri ? from_uri(call.input) : from_fields(call.input);
  if (!seed) co_return fail(std::move(seed).error());
  std::vector<GroupId> groups;
  if (call.input.groups) groups = std::move(call.input.groups->values);
  KAITO_CO_TRY(auto row, co_await services.seeds.create(call.permit, *std::move(seed), std::move(groups)));
  co_return done<Output>(std::move(row), SeedView::of);
}

Task<Result<Done<ListSeeds::Output>>> ListSeeds::process(Services& services, Call<Input> call) {
  vault::SeedQuery query{.group = call.input.group,
                         .search = call.input.search ? std::move(call.input.search->value) : "",
                         .page = page_request(call.input.limit, call.input.cursor)};
  KAITO_CO_TRY(auto page, co_await services.seeds.list(call.permit, std::move(query)));
  co_return done_listing<SeedView>(std::move(page));
}

Task<Result<Done<SeedView>>> GetSeed::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const SeedId id, call.path.id<SeedId>("seed"));
  KAITO_CO_TRY(auto row, co_await services.seeds.get(call.permit, id));
  co_return done<Output>(std::move(row), SeedView::of);
}

Task<Result<Done<SeedView>>> RelabelSeed::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const SeedId id, call.path.id<SeedId>("seed"));
  vault::SeedLabels labels{
      .issuer = label_text(call.input.issuer), .account = label_text(call.input.account), .expected_revision = {}};
  if (call.input.revision) labels.expected_revision = call.input.revision->value;
  KAITO_CO_TRY(auto row, co_await services.seeds.relabel(call.permit, id, std::move(labels)));
  co_return done<Output>(std::move(row), SeedView::of);
}

Task<Result<Done<Nothing>>> DeleteSeed::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const SeedId id, call.path.id<SeedId>("seed"));
  KAITO_CO_TRY(auto removed, co_await services.seeds.remove(call.permit, id));
  co_return done(std::move(removed));
}

}  // namespace kaito::api
