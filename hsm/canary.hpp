// A wrapped DEK with which the token shows that it works: its health check, and what tells a bad blob from a bad token
// where a module says the same of both (F9).
#pragma once

#include "hsm/dek_wrap.hpp"

namespace kaito::hsm {

class Canary {
 public:
  // A key of its own, kept as a session object.
  static TokenResult<Canary> create(Session& session, const WrapMethods& methods, Random& random);
  // Unwraps the DEK. hsm_key_rejected: it came out wrong.
  TokenOutcome sing(Session& session) const;
  // Wraps it once more, to measure how long that takes.
  TokenOutcome wrap_again(Session& session, Random& random) const;

 private:
  Canary(OwnedObject key, WrapMethods methods) : key_(std::move(key)), methods_(methods) {}
  OwnedObject key_;
  WrapMethods methods_;
  Bytes wrapped_;
};

}  // namespace kaito::hsm
