#include "appliance/auth/api_key.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "appliance/base/utf8.hpp"
#include "appliance/http/ip_network.hpp"

namespace kaito::auth {
namespace {

constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxNetworks = 32;
constexpr std::size_t kMaxGroups = 256;
constexpr std::size_t kHintCharacters = 4;
constexpr std::size_t kRemembered = 16'384;
constexpr Seconds kKeyTouchInterval = std::chrono::minutes(1);

// The canonical list that the row keeps.
Result<std::string> join_networks(const std::vector<std::string>& texts) {
  if (texts.size() > kMaxNetworks)
    return fail_invalid("allowed_networks", fmt::format("may hold at most {} networks", kMaxNetworks));
  std::string list;
  for (const std::string& text : texts) {
    const Result<http::IpNetwork> network = http::IpNetwork::parse(text);
    if (!network) return fail_invalid("allowed_networks", network.error().reason);
    if (!list.empty()) list.push_back(',');
    list += network->str();
  }
  return list;
}

Result<bool> allows(std::string_view networks, const http::IpAddress& peer) {
  if (networks.empty()) return true;
  while (!networks.empty()) {
    const std::size_t end = std::min(networks.find(','), networks.size());
    const Result<http::IpNetwork> network = http::IpNetwork::parse(networks.substr(0, end));
    if (!network) return fail(Code::integrity, "stored allow-list of an API key is not a list of networks");
    if (network->contains(peer)) return true;
    networks.remove_prefix(std::min(end + 1, networks.size()));
  }
  return false;
}

Status check(const NewApiKey& wanted, TimePoint now) {
  if (wanted.name.empty() || wanted.name.size() > kMaxName || !utf8_printable_length(wanted.name))
    return fail_invalid("name", fmt::format("must have 1 to {} bytes of UTF-8 without control characters", kMaxName));
  if (wanted.scopes.empty()) return fail_invalid("scopes", "must name at least one scope");
  if (wanted.groups.size() > kMaxGroups)
    return fail_invalid("groups", fmt::format("may hold at most {} groups", kMaxGroups));
  if (wanted.expires_at && *wanted.expires_at <= now) return fail_invalid("expires_at", "must lie in the future");
  return {};
}

// A key made by a key can do no more than its maker, anywhere or for any longer.
Status check_within(const store::ApiKey& made, const store::ApiKey& maker) {
  const bool groups_within =
      maker.groups.empty() || (!made.groups.empty() && std::ranges::all_of(made.groups, [&](const GroupId& group) {
        return std::ranges::find(maker.groups, group) != maker.groups.end();
      }));
  const bool ends_within = !maker.expires_at || (made.expires_at && *made.expires_at <= *maker.expires_at);
  const bool networks_within = maker.allowed_networks.empty() || made.allowed_networks == maker.allowed_networks;
  if ((made.scopes & ~maker.scopes) != 0 || !groups_within || !ends_within || !networks_within)
    return fail(Code::forbidden, "the new API key would exceed the one that makes it");
  return {};
}

Status insert(store::Writer& writer, const store::ApiKey& key, const std::optional<ApiKeyId>& maker) {
  KAITO_TRY(const std::optional<store::Org> org, writer.org(key.org));
  if (!org) return fail(Code::not_found, "no such org");
  for (const GroupId& id : key.groups) {
    KAITO_TRY(const std::optional<store::Group> group, writer.group(key.org, id));
    if (!group) return fail(Code::not_found, "no such group in the org");
  }
  if (maker) {
    KAITO_TRY(const std::optional<store::ApiKey> row, writer.api_key(key.org, *maker));
    if (!row) return fail(Code::unauthenticated, "the API key was revoked meanwhile");
    KAITO_CHECK(check_within(key, *row));
  }
  return writer.insert(key);
}

}  // namespace

ApiKeys::ApiKeys(store::Store& store, audit::Journal& journal, const Clock& clock, Random& random)
    : store_(store), journal_(journal), clock_(clock), random_(random), known_(store, kRemembered) {}

Task<Result<Recorded<IssuedApiKey>>> ApiKeys::issue(const Permit& permit, NewApiKey wanted) {
  const TimePoint now = clock_.now();
  if (!permit.org()) co_return fail(Code::not_found, "API keys belong to an org");
  KAITO_CO_CHECK(check(wanted, now));
  KAITO_CO_TRY(std::string networks, join_networks(wanted.allowed_networks));

  IssuedApiKey issued{.token = make_token(TokenKind::api_key, random_)};
  const std::string_view text = as_text(issued.token.expose_secret());
  KAITO_CO_TRY(const TokenDigest digest, digest_token(TokenKind::api_key, text));
  issued.key = {.id = ApiKeyId::make(clock_, random_),
                .org = *permit.org(),
                .name = std::move(wanted.name),
                .token_hash = digest,
                .hint = std::string(text.substr(text.size() - kHintCharacters)),
                .scopes = wanted.scopes.bits(),
                .groups = std::move(wanted.groups),
                .allowed_networks = std::move(networks),
                .expires_at = wanted.expires_at,
                .created_at = now};

  std::optional<ApiKeyId> maker;
  if (const ApiKeyPrincipal* key = permit.principal().api_key()) maker = key->id;
  audit::Event event = permit.event();
  event.targets.push_back({.kind = "api_key", .id = issued.key.id.str()});
  event.details.push_back({.key = "scopes", .value = fmt::format("{}", fmt::join(wanted.scopes.names(), " "))});
  KAITO_CO_TRY(
      audit::Receipt receipt,
      co_await journal_.commit(std::move(event), [key = issued.key, maker](store::Writer& writer, audit::Event&) {
        return insert(writer, key, maker);
      }));
  co_return Recorded<IssuedApiKey>{.result = std::move(issued), .receipt = std::move(receipt)};
}

Task<Result<Recorded<void>>> ApiKeys::revoke(const Permit& permit, ApiKeyId id) {
  const std::optional<OrgId> org = permit.org();
  if (!org) co_return fail(Code::not_found, "API keys belong to an org");
  audit::Event event = permit.event();
  event.targets.push_back({.kind = "api_key", .id = id.str()});
  KAITO_CO_TRY(audit::Receipt receipt,
               co_await journal_.commit(std::move(event), [=](store::Writer& writer, audit::Event&) {
                 return writer.remove_api_key(*org, id);
               }));
  co_return Recorded<void>{.result = {}, .receipt = std::move(receipt)};
}

Result<Principal> ApiKeys::authenticate(std::string_view token, const http::IpAddress& peer) {
  KAITO_TRY(const TokenDigest digest, digest_token(TokenKind::api_key, token));
  KAITO_TRY(const auto key,
            known_.get(digest, [&digest](store::Reader& reader) { return reader.api_key_by_hash(digest); }));
  if (!key) return fail(Code::unauthenticated, "API key is unknown or revoked");
  const TimePoint now = clock_.now();
  if (key->expires_at && now >= *key->expires_at) return fail(Code::unauthenticated, "API key has expired");
  KAITO_TRY(const bool allowed, allows(key->allowed_networks, peer));
  if (!allowed) return fail(Code::unauthenticated, "API key is not for this network");
  KAITO_TRY(const ScopeSet scopes, ScopeSet::from_bits(key->scopes));

  // Nobody waits for this note of use; see Sessions::touch.
  if (!key->last_used || now >= *key->last_used + kKeyTouchInterval)
    static_cast<void>(store_.write([id = key->id, now](store::Writer& writer) { return writer.touch_api_key(id, now); },
                                   store::JobKind::change));

  ApiKeyPrincipal principal{.id = key->id, .org = key->org, .name = key->name, .scopes = scopes};
  if (key->groups.empty())
    principal.groups.reset();
  else
    principal.groups = key->groups;
  return Principal(std::move(principal));
}

}  // namespace kaito::auth
