// The worker's operations on one token, with recovery: what a lost session, login or token asks for is done here and
// the operation tried again, a bounded number of times. Not thread-safe; one thread, one session.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "appliance/base/log.hpp"
#include "appliance/base/random.hpp"
#include "hsm/audit_keys.hpp"
#include "hsm/canary.hpp"
#include "hsm/dek_rewrap.hpp"
#include "hsm/guarded_token_directory.hpp"
#include "hsm/held_keks.hpp"
#include "hsm/import_keys.hpp"
#include "hsm/known_answers.hpp"
#include "hsm/org_keks.hpp"
#include "hsm/platform_keks.hpp"
#include "hsm/protocol/messages.hpp"
#include "hsm/token.hpp"

namespace kaito::hsm {

// One for each item, in order; integrity where it did not authenticate.
template <class T>
using Outcomes = std::vector<Result<T>>;

struct UnwrappedDeks {
  std::vector<Status> outcomes;  // integrity where a DEK did not authenticate
  WipedBytes deks;               // kDekSize bytes for each outcome; zero where it is an error
};

// Whose token it is: the appliance's, or a customer's, which holds org KEKs and nothing else of ours.
enum class TokenRole : std::uint8_t { appliance, customer };

class KeyService {
 public:
  // Logs in and runs the preflight: mechanisms, known answers, keys and their attributes. In a customer's token nothing
  // is looked for and nothing made.
  // `guard` is null for a token that SoftHSM does not keep; it, `clock`, `random` and `logger` must outlive the
  // service.
  static Result<std::unique_ptr<KeyService>> open(std::vector<Cryptoki> modules, TokenUri uri, Pin pin, TokenRole role,
                                                  std::size_t org_kek_capacity, GuardedTokenDirectory* guard,
                                                  const Clock& clock, Random& random, Logger& logger);

  TokenStatus status() const;
  Status canary();
  Status create_platform_kek(KeyVersion version);
  Result<Bytes> create_org_kek(KeyVersion platform_version, ByteView aad);
  Status load_org_kek(OrgKekView kek);
  // A key of a customer's token; see HeldKeks::adopt(). invalid_request: not a URI of a key.
  Result<Bytes> adopt_org_kek(const AdoptRequest& request);
  Result<std::vector<Bytes>> wrap(OrgKekView kek, std::span<const DekToWrapView> deks);
  Result<UnwrappedDeks> unwrap(OrgKekView kek, std::span<const DekToUnwrapView> deks);
  Result<Outcomes<Bytes>> rewrap_org_keks(KeyVersion from, KeyVersion to, std::span<const OrgKekView> keks);
  // `pause` is called between DEKs, so that a long request does not hold up short ones; true: it has used the service.
  using Pause = std::function<bool()>;
  Result<Outcomes<Bytes>> rewrap(OrgKekView from, OrgKekView to, std::span<const DekToRewrapView> deks,
                                 const Pause& pause);
  Result<AuditKey> create_audit_key(KeyVersion version);
  Result<AuditKey> audit_key(KeyVersion version);
  Result<ByteArray<64>> sign(KeyVersion version, ByteView message);
  Status create_backup_key(KeyVersion version);
  // Takes seconds.
  Status create_wrapping_key(KeyVersion version);
  Result<WrappingKey> wrapping_key(KeyVersion version);
  Result<ImportedKey> import_org_kek(const ImportRequest& request);
  // Success when the key is gone from the token and from the guarded copy; also when it was gone before.
  Status destroy_platform_kek(KeyVersion version);
  Status destroy_audit_key(KeyVersion version);
  Status destroy_backup_key(KeyVersion version);
  Status destroy_wrapping_key(KeyVersion version);

  [[nodiscard]] TokenRole role() const noexcept { return role_; }
  // Set when nothing but a new process can help; the worker then answers what it has and ends.
  [[nodiscard]] const std::optional<Error>& must_restart() const noexcept { return must_restart_; }

 private:
  KeyService(std::unique_ptr<Token> token, TokenRole role, std::size_t org_kek_capacity, GuardedTokenDirectory* guard,
             const Clock& clock, Random& random, Logger& logger);
  TokenOutcome find_keys();
  TokenOutcome choose_methods();
  TokenOutcome reopen();
  void keep_copy_after_login();
  // Whether the operation that failed may be tried again; `failure` becomes what the caller gets otherwise.
  bool recover(Failure& failure, int tries);
  TokenOutcome confirm_token();
  template <class Operation>
  auto attempt(Operation operation) -> Result<typename std::invoke_result_t<Operation>::value_type>;
  template <class Undo>
  Status make_durable(Undo undo);
  template <class Keys, class Create>
  Status create_key(Keys& keys, KeyVersion version, std::string_view event, Create create);
  template <class Keys>
  Status destroy_key(Keys& keys, KeyVersion version, std::string_view event);
  TokenResult<LoadedOrgKek*> load(OrgKekView kek);
  TokenOutcome judge_items(bool refused, std::optional<OrgKekView> kek);
  Session& session() noexcept { return token_->session(); }

  std::unique_ptr<Token> token_;
  const TokenRole role_;
  GuardedTokenDirectory* guard_;
  Random& random_;
  Logger& logger_;
  WrapMethods methods_;
  AuditSigning audit_signing_ = AuditSigning::none;
  std::optional<Canary> canary_;
  PlatformKeks platform_keks_{PlatformKeks::kLabel};
  PlatformKeks backup_keys_{PlatformKeks::kBackupLabel};
  ImportKeys import_keys_;
  AuditKeys audit_keys_;
  OrgKeks org_keks_;
  DekRewrap dek_rewrap_;
  HeldKeks held_keks_;    // in place of org_keks_ where the token is a customer's
  TokenStatus counters_;  // of it, only the counters are used
  std::optional<Error> must_restart_;
};

}  // namespace kaito::hsm
