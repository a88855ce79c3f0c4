// A wrapped DEK with which the token shows that it works: its health check, and what tells a bad blob from a bad token
// where a module says the same of both (F9).
#pragma once

#include "hsm/dek_wrap.hpp"

namespace kaito::hsm {

class Canary {
 public:
  // A key of its own, kept as a session object. In a token that serves by RSA pairs alone there is none: making a pair
  // takes seconds, and some tokens keep every one. It searches the token then, and what tells a bad blob from a bad
  // token is the binding of the pair that the blob is of.
  static TokenResult<Canary> create(Session& session, const WrapMethods& methods, Random& random);
  // Unwraps the DEK, or searches. hsm_key_rejected: it came out wrong.
  TokenOutcome sing(Session& session) const;
  // Wraps it once more, to measure how long that takes; for one with a key.
  TokenOutcome wrap_again(Session& session, Random& random) const;

 private:
  Canary(OwnedObject key, WrapMethods methods) : key_(std::move(key)), methods_(methods) {}
  OwnedObject key_;
  WrapMethods methods_;
  Bytes wrapped_;
};

}  // namespace kaito::hsm
