#include "appliance/keys/dek_move.hpp"

#include "hsm/protocol/sealed_message.hpp"

namespace kaito::keys {
namespace {

using Opened = std::vector<Result<Dek>>;
using Places = std::vector<std::size_t>;

std::vector<hsm::DekToUnwrap> to_unwrap(const std::vector<hsm::DekToRewrap>& deks, const Places& places) {
  std::vector<hsm::DekToUnwrap> list;
  list.reserve(places.size());
  for (const auto place : places) list.push_back({.wrapped = deks[place].wrapped, .aad = deks[place].aad_before});
  return list;
}

bool is_proven(hsm::SealCheck& seals, const hsm::DekToRewrap& dek, const Result<Dek>& opened) {
  return opened && dek.proof && seals.opens(opened->expose_secret(), view_of(*dek.proof));
}

// Those that one opening does not settle. What did not open for another reason than its bytes is not asked for again.
Places doubtful(hsm::SealCheck& seals, const std::vector<hsm::DekToRewrap>& deks, const Opened& opened) {
  Places places;
  for (std::size_t i = 0; i < deks.size(); ++i) {
    const bool may_be_a_lie = opened[i] || (deks[i].proof && opened[i].error().code == Code::integrity);
    if (may_be_a_lie && !is_proven(seals, deks[i], opened[i])) places.push_back(i);
  }
  return places;
}

Result<Dek> settled(hsm::SealCheck& seals, const hsm::DekToRewrap& dek, const Result<Dek>& first, Result<Dek> second) {
  if (!second || is_proven(seals, dek, second)) return second;
  if (dek.proof)
    return fail(Code::integrity, "what the HSM opened is not the DEK: twice it did not open what is sealed under it");
  if (*first == *second) return second;
  return fail(Code::hsm_unavailable, "the HSM opened the same DEK twice, to different bytes");
}

Task<Result<Opened>> open_all(const std::vector<hsm::DekToRewrap>& deks, const UnwrapDeks& unwrap) {
  Places all(deks.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  KAITO_CO_TRY(Opened opened, co_await unwrap(to_unwrap(deks, all)));
  hsm::SealCheck seals;
  const Places again = doubtful(seals, deks, opened);
  if (again.empty()) co_return opened;
  KAITO_CO_TRY(Opened second, co_await unwrap(to_unwrap(deks, again)));
  for (std::size_t i = 0; i < again.size(); ++i) {
    auto& dek = opened[again[i]];
    dek = settled(seals, deks[again[i]], dek, std::move(second[i]));
  }
  co_return opened;
}

}  // namespace

Task<Result<std::vector<Result<hsm::WrappedDek>>>> move_deks(std::vector<hsm::DekToRewrap> deks, UnwrapDeks unwrap,
                                                             WrapDeks wrap) {
  KAITO_CO_TRY(Opened opened, co_await open_all(deks, unwrap));
  std::vector<Result<hsm::WrappedDek>> results;
  results.reserve(opened.size());
  std::vector<hsm::DekToWrap> open;
  Places places;  // of open[i] in results
  for (std::size_t i = 0; i < opened.size(); ++i) {
    results.emplace_back(fail(opened[i] ? Error{.code = Code::internal, .detail = "not wrapped"} : opened[i].error()));
    if (!opened[i]) continue;
    open.push_back({.dek = *std::move(opened[i]), .aad = std::move(deks[i].aad_after)});
    places.push_back(i);
  }
  KAITO_CO_TRY(auto wrapped, co_await wrap(std::move(open)));
  for (std::size_t i = 0; i < wrapped.size(); ++i) results[places[i]] = std::move(wrapped[i]);
  co_return results;
}

}  // namespace kaito::keys
