// Org KEKs that live in a customer's own token: token objects that never leave it, found by the name that the customer
// gave them. What is kept here is which object it was and when it was last looked at: a key that was removed, disabled
// or exchanged in the token is noticed within kRecheck at the latest, whatever the module still lets a handle do.
#pragma once

#include <optional>
#include <string>

#include "appliance/base/time.hpp"
#include "hsm/key_uri.hpp"
#include "hsm/org_keks.hpp"

namespace kaito::hsm {

class HeldKeks {
 public:
  // A key that was looked at longer ago is found and checked anew before it is used.
  static constexpr Milliseconds kRecheck{500};

  // `clock` and `random` must outlive this.
  HeldKeks(std::size_t capacity, const Clock& clock, Random& random)
      : held_(std::max<std::size_t>(capacity, 2)), clock_(clock), random_(random) {}

  // The key that `uri` names, found to be as it must be and to work, and bound to `aad`: the blob by which it is used
  // from now on. hsm_key_rejected: there is none, there are several, or it is not as it must be; says which and why.
  TokenResult<Bytes> adopt(Token& token, const WrapMethods& methods, const KeyUri& uri, MakeKey make, ByteView aad);

  // hsm_key_rejected: the key is not there, not as it must be, or not the one that was adopted. integrity: the blob is
  // none. The pointer outlives one more load(), not two.
  TokenResult<LoadedOrgKek*> load(Token& token, const WrapMethods& methods, OrgKekView kek);
  // Before it is believed of a DEK that it is bad: is the key still what it was?
  TokenOutcome look_again(Token& token, const WrapMethods& methods, OrgKekView kek);

  // Forgets all handles; after the session was reopened.
  void clear() { held_.clear(); }
  [[nodiscard]] std::size_t size() const noexcept { return held_.size(); }

 private:
  struct Held {
    LoadedOrgKek kek;
    std::optional<SteadyPoint> checked_at;  // nothing: has to be checked
  };
  struct Checked {
    ObjectHandle object;
    std::optional<OaepKek> pair;
  };
  TokenResult<Checked> check(Token& token, const WrapMethods& methods, OrgKekView kek) const;

  LruCache<std::string, Held> held_;  // keyed by blob and AAD in full
  const Clock& clock_;
  Random& random_;
};

}  // namespace kaito::hsm
