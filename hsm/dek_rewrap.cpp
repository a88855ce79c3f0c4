#include "hsm/dek_rewrap.hpp"

#include <sodium.h>

namespace kaito::hsm {
namespace {

// A lie that is told once heals; one that is told twice is not worth a third try.
constexpr int kOpenings = 2;

}  // namespace

TokenResult<Bytes> DekRewrap::rewrap(Session& session, const WrapMethods& methods, LoadedOrgKek& from, LoadedOrgKek& to,
                                     const DekToRewrapView& item) {
  ByteArray<kDekSize> dek{};
  auto opened =
      item.proof ? open_proven(session, methods, from, item, dek) : open_twice(session, methods, from, item, dek);
  if (!opened) {
    wipe(dek);
    return fail(std::move(opened).error());
  }
  auto blob = to.wrap(session, methods, dek, item.aad_after, ivs_);
  wipe(dek);
  return blob;
}

TokenOutcome DekRewrap::open(Session& session, const WrapMethods& methods, LoadedOrgKek& from,
                             const DekToRewrapView& item, std::span<std::uint8_t> dek) {
  return from.unwrap(session, methods, item.wrapped, item.aad_before, dek);
}

TokenOutcome DekRewrap::open_proven(Session& session, const WrapMethods& methods, LoadedOrgKek& from,
                                    const DekToRewrapView& item, std::span<std::uint8_t> dek) {
  for (int openings = 1;; ++openings) {
    auto opened = open(session, methods, from, item, dek);
    if (opened && seals_.opens(dek, *item.proof)) return {};
    const bool last = openings == kOpenings;
    // Where the wrap's own tag is checked outside the token, a wrong DEK is found there, as a data_error.
    if (!opened && (last || opened.error().kind != ReturnClass::data_error)) return opened;
    if (last)
      return fail(Failure({.code = Code::integrity,
                           .detail = "what the token opened is not the DEK: twice it did not open what is sealed "
                                     "under it"},
                          ReturnClass::data_error));
  }
}

TokenOutcome DekRewrap::open_twice(Session& session, const WrapMethods& methods, LoadedOrgKek& from,
                                   const DekToRewrapView& item, std::span<std::uint8_t> dek) {
  KAITO_CHECK(open(session, methods, from, item, dek));
  ByteArray<kDekSize> again{};
  auto opened = open(session, methods, from, item, again);
  const bool same = sodium_memcmp(dek.data(), again.data(), again.size()) == 0;
  wipe(again);
  if (!opened || same) return opened;
  return fail(Failure(
      Error{.code = Code::hsm_unavailable, .detail = "the token opened the same DEK twice, to different bytes"}));
}

}  // namespace kaito::hsm
