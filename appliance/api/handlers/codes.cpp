#include "appliance/api/handlers/codes.hpp"

namespace kaito::api {

CodeView CodeReply::view() const {
  CodeView view{.code = read.code.view(),
                .valid_from = read.valid_from,
                .valid_until = read.valid_until,
                .next_code = {},
                .counter = read.counter,
                .server_time = read.server_time,
                .time_uncertainty_ms = {}};
  if (read.time_uncertainty) view.time_uncertainty_ms.value = read.time_uncertainty->count();
  if (read.next_code) view.next_code = read.next_code->view();
  return view;
}

Task<Result<Done<CodeReply>>> ReadCode::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const SeedId id, call.path.id<SeedId>("seed"));
  KAITO_CO_TRY(auto code, co_await services.codes.read(call.permit, id, call.input.next.value_or(false)));
  co_return done<Output>(std::move(code), [](vault::CodeRead read) { return CodeReply{std::move(read)}; });
}

Task<Result<Done<CodeReply>>> TakeCode::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(const SeedId id, call.path.id<SeedId>("seed"));
  KAITO_CO_TRY(auto code, co_await services.codes.take_next(call.permit, id));
  co_return done<Output>(std::move(code), [](vault::CodeRead read) { return CodeReply{std::move(read)}; });
}

Task<Result<Done<ReadCodes::Output>>> ReadCodes::process(Services& services, Call<Input> call) {
  // The Gate has taken one for the request; each further code costs what it would cost alone.
  if (const std::size_t codes = call.input.seeds.values.size(); codes > 1) {
    const auto rest = services.rate_limiter.take(auth::RateClass::code, auth::RateKey::of(call.permit.principal(), {}),
                                                 static_cast<double>(codes - 1));
    if (!rest.allowed) co_return fail(Code::rate_limited, "bucket is empty");
  }
  KAITO_CO_TRY(auto codes, co_await services.codes.read_many(call.permit, std::move(call.input.seeds.values)));
  co_return done<Output>(std::move(codes), [](std::vector<vault::CodeOfSeed> all) {
    Output output;
    output.codes.reserve(all.size());
    for (auto& one : all) {
      SeedCodeReply reply{.seed = one.seed, .code = {}, .problem = {}};
      if (one.code)
        reply.code = CodeReply{*std::move(one.code)};
      else
        reply.problem = ProblemView{"urn:kaito:problem:" + std::string(traits(one.code.error().code).slug),
                                    one.code.error().field, one.code.error().reason};
      output.codes.push_back(std::move(reply));
    }
    return output;
  });
}

}  // namespace kaito::api
