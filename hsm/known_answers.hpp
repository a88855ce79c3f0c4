// Known-answer tests in the token, run before it serves (F17) and, in part, as its health check.
#pragma once

#include "hsm/session.hpp"

namespace kaito::hsm {

// A session object with a published key, kept for as long as the session lives.
class Canary {
 public:
  static TokenResult<Canary> create(Session& session);
  // Opens a published AES-GCM ciphertext. hsm_key_rejected: the answer is wrong.
  TokenOutcome sing(Session& session) const;

 private:
  explicit Canary(OwnedObject key) : key_(std::move(key)) {}
  OwnedObject key_;
};

// AES-GCM, AES-KW and Ed25519 against published vectors, right ones and spoilt ones. hsm_key_rejected names the test
// whose answer is wrong.
TokenOutcome run_known_answers(Session& session);

}  // namespace kaito::hsm
