// Ways to unlock by officers' FIDO2 keys: one key, or any m of n.
#pragma once

#include <vector>

#include "luks/ways/checked_sharing.hpp"
#include "luks/ways/fido2_key.hpp"
#include "luks/ways/token_record.hpp"

namespace kaito::luks {

struct Fido2Way {
  Passphrase secret;  // the keyslot's
  Fido2Record record;
};

// Asks the key twice: for a credential, and for its secret. `pin` null: the way is opened by touch alone.
Result<Fido2Way> make_fido2_way(Fido2Key& key, const Pin* pin, Random& random);
// Errors as Fido2Key.
Result<Passphrase> open_fido2_way(Fido2Key& key, const Pin* pin, const Fido2Record& record);

// Collects the members of a quorum, one key after the other.
class Fido2QuorumMaking {
 public:
  // Code::invalid_request unless 2 <= threshold <= count <= 16.
  static Result<Fido2QuorumMaking> begin(unsigned threshold, unsigned count, bool with_pin, Random& random);
  // Enrols the next key. `name`, at most 64 characters, is for people. Code::conflict for a key that is a member
  // already, Code::wrong_state when there are enough, or a PIN is given or missing against what begin said.
  Status add(Fido2Key& key, const Pin* pin, std::string name, Random& random);
  // Another key of the person who was added last: it holds the same share, so that two keys of one person never count
  // as two members. Errors as add(); Code::wrong_state before the first member, or with 16 keys.
  Status add_spare(Fido2Key& key, const Pin* pin, std::string name, Random& random);
  struct Made {
    Passphrase secret;
    Fido2QuorumRecord record;
    std::vector<Bytes> public_keys;  // of record.members, as Fido2Key::Credential has them
  };
  // Code::wrong_state while members are missing.
  Result<Made> finish();

 private:
  Fido2QuorumMaking() = default;
  Status seal_to(Fido2Key& key, const Pin* pin, std::string name, const Share& share, Random& random);
  std::vector<Share> shares_;
  std::size_t people_ = 0;  // who have a share; each may have two keys
  WayBytes secret_;
  Fido2QuorumRecord record_;
  std::vector<Bytes> public_keys_;
};

// Collects the shares of members until the threshold is reached. `record` outlives it.
class Fido2QuorumOpening {
 public:
  explicit Fido2QuorumOpening(const Fido2QuorumRecord& record) : record_(record) {}
  // Gives the member's name. Code::not_found for a key that is no member, Code::conflict for one that was here already,
  // or whose owner was, Code::integrity when the member's share was altered.
  Result<std::string> add(Fido2Key& key, const Pin* pin);
  [[nodiscard]] unsigned missing() const noexcept;
  // Code::wrong_state while some are missing; Code::integrity when the shares do not belong together.
  Result<Passphrase> finish();

 private:
  const Fido2QuorumRecord& record_;
  std::vector<Share> shares_;
};

}  // namespace kaito::luks
