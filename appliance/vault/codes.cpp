#include "appliance/vault/codes.hpp"

#include <set>

#include "appliance/vault/seed_parameters.hpp"

namespace kaito::vault {
namespace {

Error hotp_needs_post() {
  return Error{.code = Code::conflict,
               .field = "type",
               .reason = "is hotp: reading would not move its counter; POST to the same path takes the next code"};
}

// The time that a code is made for, and how far it may be off.
struct Now {
  TimePoint time;
  std::optional<Milliseconds> uncertainty;
};

Result<CodeRead> time_code(const Seed& secret, const otp::Parameters& parameters, const Now& now, bool want_next) {
  KAITO_TRY(auto timed, otp::totp_code(secret, parameters, now.time));
  CodeRead read{.code = timed.code,
                .valid_from = timed.valid_from,
                .valid_until = timed.valid_until,
                .next_code = {},
                .counter = {},
                .server_time = now.time,
                .time_uncertainty = now.uncertainty};
  if (want_next && timed.valid_until - now.time < kNextCodeWindow) {
    KAITO_TRY(auto next, otp::totp_code(secret, parameters, timed.valid_until));
    read.next_code = next.code;
  }
  return read;
}

}  // namespace

Task<Result<auth::Recorded<CodeRead>>> Codes::read(const auth::Permit& permit, SeedId id, bool want_next) {
  KAITO_CO_TRY(const auto reached, rows_.reachable(permit, id));
  const store::Seed& row = *reached.row;
  KAITO_CO_TRY(const otp::Parameters parameters, from_row(row.parameters));
  if (parameters.type == otp::Type::hotp) co_return fail(hotp_needs_post());
  KAITO_CO_CHECK(time_.check());
  KAITO_CO_TRY(const OpenSeed open, co_await opener_.open(row, reached.lease, reached.mac_is_right.get()));
  auto code = time_code(open.secret, parameters, {clock_.now(), time_.uncertainty()}, want_next);
  if (!code) co_return fail(std::move(code).error());
  audit::Event event = permit.event();
  event.targets.push_back(seed_target(id));
  if (code->next_code) event.details.push_back({.key = "next", .value = "given"});
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.record(std::move(event)));
  co_return auth::Recorded<CodeRead>{std::move(code), std::move(receipt)};
}

Task<Result<auth::Recorded<CodeRead>>> Codes::take_next(const auth::Permit& permit, SeedId id) {
  KAITO_CO_TRY(const auto reached, rows_.reachable(permit, id));
  const store::Seed& row = *reached.row;
  KAITO_CO_TRY(const otp::Parameters parameters, from_row(row.parameters));
  if (parameters.type != otp::Type::hotp)
    co_return fail(Error{.code = Code::conflict,
                         .field = "type",
                         .reason = "is time-based: GET the same path, it has no counter to move"});
  KAITO_CO_TRY(const OpenSeed open, co_await opener_.open(row, reached.lease, reached.mac_is_right.get()));

  // The counter is read, used and moved inside the transaction, so that no two callers get the same code. The row may
  // have changed since it was opened; its secret and DEK have not.
  CodeRead read{.server_time = clock_.now(), .time_uncertainty = time_.uncertainty()};
  audit::Event event = permit.event();
  event.targets.push_back(seed_target(id));
  auto change = [&](store::Writer& writer, audit::Event& recorded) -> Status {
    KAITO_TRY(store::Seed current, reachable_seed(writer, permit, id));
    KAITO_CHECK(envelope::check_row_mac(open.dek, current));
    KAITO_TRY(read.code, otp::hotp_code(open.secret, parameters, current.counter));
    read.counter = current.counter;
    recorded.details.push_back({.key = "counter", .value = std::to_string(current.counter)});
    if (current.counter == std::numeric_limits<std::int64_t>::max())
      return fail(Error{.code = Code::conflict, .field = "counter", .reason = "has reached its end"});
    ++current.counter;
    ++current.revision;
    current.row_mac = envelope::row_mac(open.dek, current);
    return writer.update(current);
  };
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.commit(std::move(event), std::move(change)));
  co_return auth::Recorded<CodeRead>{std::move(read), std::move(receipt)};
}

Task<Result<auth::Recorded<std::vector<CodeOfSeed>>>> Codes::read_many(const auth::Permit& permit,
                                                                       std::vector<SeedId> ids) {
  if (ids.empty() || ids.size() > kMaxCodesAtOnce)
    co_return fail_invalid("seeds", fmt::format("must hold 1 to {} identifiers", kMaxCodesAtOnce));
  if (std::set<SeedId>(ids.begin(), ids.end()).size() != ids.size())
    co_return fail_invalid("seeds", "must not hold an identifier twice");
  KAITO_CO_TRY(const OrgId org, org_of(permit));
  KAITO_CO_CHECK(time_.check());

  std::vector<CodeOfSeed> codes;
  std::vector<store::Seed> rows;
  std::vector<std::size_t> places;  // of rows[i] in codes
  Seconds lease{0};
  for (const auto& id : ids) {
    codes.push_back({id, fail(Code::not_found, "no such seed")});
    const auto reached = rows_.reachable(permit, id);
    if (!reached && reached.error().code != Code::not_found) co_return fail(reached.error());
    if (!reached) continue;
    // What gives no code is not opened either.
    const auto parameters = from_row(reached->row->parameters);
    if (!parameters || parameters->type == otp::Type::hotp) {
      codes.back().code = fail(parameters ? hotp_needs_post() : parameters.error());
      continue;
    }
    lease = reached->lease;
    rows.push_back(*reached->row);
    places.push_back(codes.size() - 1);
  }
  KAITO_CO_TRY(auto opened, co_await opener_.open_all(org, rows, lease));
  const Now now{clock_.now(), time_.uncertainty()};
  audit::Event event = permit.event();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto& place = codes[places[i]].code;
    auto parameters = from_row(rows[i].parameters);
    if (!opened[i])
      place = fail(std::move(opened[i]).error());
    else if (!parameters)
      place = fail(std::move(parameters).error());
    else
      place = time_code(opened[i]->secret, *parameters, now, false);
    if (place) event.targets.push_back(seed_target(rows[i].id));
  }
  event.details.push_back({.key = "asked", .value = std::to_string(ids.size())});
  event.details.push_back({.key = "given", .value = std::to_string(event.targets.size())});
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.record(std::move(event)));
  co_return auth::Recorded<std::vector<CodeOfSeed>>{std::move(codes), std::move(receipt)};
}

}  // namespace kaito::vault
