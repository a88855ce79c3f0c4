#include "luks/ways/fido2_way.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "luks/ways/sealed_share.hpp"

namespace kaito::luks {
namespace {

constexpr unsigned kMaxMembers = 16;
constexpr std::size_t kMaxMemberName = 64;

std::vector<Bytes> credentials_of(const Fido2QuorumRecord& record) {
  std::vector<Bytes> ids;
  for (const auto& member : record.members) ids.push_back(member.credential);
  return ids;
}

Status check_pin(bool wanted, const Pin* pin) {
  if (wanted == (pin != nullptr)) return {};
  return fail(Code::wrong_state, wanted ? "this way asks for the key's PIN" : "this way is without a PIN");
}

Salt salt_of(const Bytes& bytes) {
  Salt salt{};
  std::ranges::copy_n(bytes.begin(), static_cast<std::ptrdiff_t>(std::min(bytes.size(), salt.size())), salt.begin());
  return salt;
}

}  // namespace

Result<Fido2Way> make_fido2_way(Fido2Key& key, const Pin* pin, Random& random) {
  Fido2Way way{.record = {.salt = Bytes(Salt{}.size()),
                          .relying_party = std::string(kFido2RelyingParty),
                          .pin = pin != nullptr}};
  random.fill(way.record.salt);
  KAITO_TRY(auto credential, key.make_credential({}, pin, random));
  way.record.credential = std::move(credential.id);
  KAITO_TRY(way.secret, open_fido2_way(key, pin, way.record));
  return way;
}

Result<Passphrase> open_fido2_way(Fido2Key& key, const Pin* pin, const Fido2Record& record) {
  KAITO_CHECK(check_pin(record.pin, pin));
  const Fido2Question question{
      .relying_party = record.relying_party, .presence = record.presence, .verification = record.verification};
  KAITO_TRY(const Fido2Key::Answer answer, key.hmac_secret(question, {record.credential}, salt_of(record.salt), pin));
  return way_passphrase(answer.secret);
}

Result<Fido2QuorumMaking> Fido2QuorumMaking::begin(unsigned threshold, unsigned count, bool with_pin, Random& random) {
  if (count > kMaxMembers) return fail_invalid("count", "is more than 16");
  Fido2QuorumMaking making;
  making.secret_ = WayBytes::random(kWayBytes, random);
  KAITO_TRY(making.shares_, split_checked(making.secret_.expose_secret(), threshold, count, random));
  making.record_.threshold = threshold;
  making.record_.pin = with_pin;
  making.record_.salt.resize(Salt{}.size());
  random.fill(making.record_.salt);
  return making;
}

Status Fido2QuorumMaking::add(Fido2Key& key, const Pin* pin, std::string name, Random& random) {
  if (people_ == shares_.size()) return fail(Code::wrong_state, "the quorum has all its members");
  KAITO_CHECK(seal_to(key, pin, std::move(name), shares_[people_], random));
  ++people_;
  return {};
}

Status Fido2QuorumMaking::add_spare(Fido2Key& key, const Pin* pin, std::string name, Random& random) {
  if (people_ == 0) return fail(Code::wrong_state, "a spare key is of somebody who has one already");
  return seal_to(key, pin, std::move(name), shares_[people_ - 1], random);
}

Status Fido2QuorumMaking::seal_to(Fido2Key& key, const Pin* pin, std::string name, const Share& share, Random& random) {
  if (record_.members.size() == kMaxMembers) return fail(Code::wrong_state, "a quorum has at most 16 keys");
  if (name.empty() || name.size() > kMaxMemberName) return fail_invalid("name", "must have 1 to 64 characters");
  KAITO_CHECK(check_pin(record_.pin, pin));
  // A key that is a member answers; one that is not says so.
  if (!record_.members.empty()) {
    const auto known = key.hmac_secret({}, credentials_of(record_), salt_of(record_.salt), pin);
    if (known) return fail(Code::conflict, "this key is a member already");
    if (known.error().code != Code::not_found) return fail(known.error());
  }
  KAITO_TRY(auto credential, key.make_credential({}, pin, random));
  KAITO_TRY(const Fido2Key::Answer answer, key.hmac_secret({}, {credential.id}, salt_of(record_.salt), pin));
  KAITO_TRY(Bytes sealed, seal_share(answer.secret, share, credential.id, random));
  record_.members.push_back({.name = std::move(name), .credential = credential.id, .sealed = std::move(sealed)});
  public_keys_.push_back(std::move(credential.public_key));
  return {};
}

Result<Fido2QuorumMaking::Made> Fido2QuorumMaking::finish() {
  if (people_ < shares_.size()) return fail(Code::wrong_state, "members of the quorum are missing");
  return Made{.secret = way_passphrase(secret_), .record = record_, .public_keys = public_keys_};
}

Result<std::string> Fido2QuorumOpening::add(Fido2Key& key, const Pin* pin) {
  KAITO_CHECK(check_pin(record_.pin, pin));
  KAITO_TRY(const Fido2Key::Answer answer, key.hmac_secret({}, credentials_of(record_), salt_of(record_.salt), pin));
  const auto member = std::ranges::find(record_.members, answer.credential, &Fido2QuorumRecord::Member::credential);
  if (member == record_.members.end()) return fail(Code::not_found, "this key is no member of the quorum");
  KAITO_TRY(Share share, open_share(answer.secret, member->sealed, member->credential));
  // The same key again, or its owner's other one: neither is a second person.
  if (std::ranges::find(shares_, share.x, &Share::x) != shares_.end())
    return fail(Code::conflict,
                fmt::format("{}: this key, or another with the same share, was here already", member->name));
  shares_.push_back(std::move(share));
  return member->name;
}

unsigned Fido2QuorumOpening::missing() const noexcept {
  const auto have = static_cast<unsigned>(shares_.size());
  return have >= record_.threshold ? 0 : record_.threshold - have;
}

Result<Passphrase> Fido2QuorumOpening::finish() {
  if (missing() > 0) return fail(Code::wrong_state, "members of the quorum are missing");
  std::vector<Share> enough;
  for (std::size_t i = 0; i < record_.threshold; ++i)
    enough.push_back({.x = shares_[i].x, .y = shares_[i].y.duplicate()});
  KAITO_TRY(const SharedSecret secret, combine_checked(enough));
  return way_passphrase(WayBytes::copy_of(secret.expose_secret()));
}

}  // namespace kaito::luks
