// DEKs that move from one org KEK to another inside one token. Their old wraps are given up for what comes out of here,
// so nothing that the token says on the way is taken on trust.
#pragma once

#include "appliance/base/random.hpp"
#include "hsm/org_keks.hpp"
#include "hsm/protocol/messages.hpp"
#include "hsm/session.hpp"
#include "hsm/wrap_methods.hpp"

namespace kaito::hsm {

class DekRewrap {
 public:
  // `random` must outlive it.
  explicit DekRewrap(Random& random) noexcept : ivs_(random) {}

  // The DEK under `to`. What the token opened has been held against the DEK's proof, or, where there is none, against
  // what it opens a second time; and what it wrapped anew was opened again and is that very DEK.
  // A data_error concerns what is to be opened: altered, or bound to another place, or the token has twice made of it
  // what does not open the proof. hsm_unavailable: without a proof, it made two different things of it.
  TokenResult<Bytes> rewrap(Session& session, const WrapMethods& methods, LoadedOrgKek& from, LoadedOrgKek& to,
                            const DekToRewrapView& item);
  // Wipes what is left of the last DEK; after each request.
  void forget() noexcept { seals_.forget(); }

 private:
  TokenOutcome open(Session& session, const WrapMethods& methods, LoadedOrgKek& from, const DekToRewrapView& item,
                    std::span<std::uint8_t> dek);
  TokenOutcome open_proven(Session& session, const WrapMethods& methods, LoadedOrgKek& from,
                           const DekToRewrapView& item, std::span<std::uint8_t> dek);
  TokenOutcome open_twice(Session& session, const WrapMethods& methods, LoadedOrgKek& from, const DekToRewrapView& item,
                          std::span<std::uint8_t> dek);
  PooledRandom ivs_;
  SealCheck seals_;
};

}  // namespace kaito::hsm
