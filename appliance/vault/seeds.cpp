#include "appliance/vault/seeds.hpp"

#include <set>

#include "appliance/vault/seed_access.hpp"

namespace kaito::vault {
namespace {

Status insert_new(store::Writer& writer, const store::Seed& row, const std::vector<GroupId>& groups) {
  KAITO_CHECK(check_kek_version(writer, row));
  KAITO_TRY(const auto twins, writer.seeds_by_fingerprint(row.org, row.fingerprint));
  if (!twins.empty()) return fail(Error{.code = Code::conflict, .field = "secret", .reason = "is in this org already"});
  KAITO_TRY(const std::uint64_t count, writer.seed_count(row.org));
  if (count >= kMaxSeedsPerOrg)
    return fail(Error{.code = Code::conflict,
                      .field = "seeds",
                      .reason = fmt::format("of an org may number at most {}", kMaxSeedsPerOrg)});
  KAITO_CHECK(writer.insert(row));
  for (const auto& group : groups) KAITO_CHECK(writer.add_to_group(group, row.id));
  return {};
}

}  // namespace

Status check_labels(std::string_view issuer, std::string_view account) {
  if (issuer.size() > kMaxLabelBytes)
    return fail_invalid("issuer", fmt::format("must be at most {} bytes", kMaxLabelBytes));
  if (account.size() > kMaxLabelBytes)
    return fail_invalid("account", fmt::format("must be at most {} bytes", kMaxLabelBytes));
  if (issuer.empty() && account.empty()) return fail_invalid("account", "must not be empty when the issuer is");
  return {};
}

Status check_groups(store::Reader& reader, const auth::Permit& permit, const std::vector<GroupId>& groups) {
  KAITO_TRY(const OrgId org, org_of(permit));
  const auto visible = permit.principal().visible_groups();
  if (visible && groups.empty())
    return fail(Error{.code = Code::forbidden,
                      .field = "groups",
                      .reason = "must name one of your groups, or the seed would be out of your sight"});
  if (std::set<GroupId>(groups.begin(), groups.end()).size() != groups.size())
    return fail_invalid("groups", "must not hold an identifier twice");
  for (const auto& id : groups) {
    if (visible && std::ranges::find(*visible, id) == visible->end())
      return fail(Code::not_found, "the caller is not in that group");
    KAITO_TRY(const auto group, reader.group(org, id));
    if (!group) return fail(Code::not_found, "no such group in the org");
  }
  return {};
}

Task<Result<auth::Recorded<store::Seed>>> Seeds::create(const auth::Permit& permit, NewSeed seed,
                                                        std::vector<GroupId> groups) {
  KAITO_CO_CHECK(check_labels(seed.issuer, seed.account));
  KAITO_CO_CHECK(otp::validate(seed.parameters));
  KAITO_CO_TRY(const OrgId id, org_of(permit));
  std::optional<store::Org> org;
  {
    KAITO_CO_TRY(const auto snapshot, store_.snapshot());
    KAITO_CO_TRY(org, snapshot->org(id));
    if (!org) co_return fail(Code::not_found, "no such org");
    KAITO_CO_CHECK(check_groups(*snapshot, permit, groups));
  }
  std::vector<NewSeed> one;
  one.push_back(std::move(seed));
  KAITO_CO_TRY(auto rows, co_await sealer_.seal(*org, std::move(one)));
  store::Seed row = std::move(rows.front());

  audit::Event event = permit.event();
  event.targets.push_back(seed_target(row.id));
  auto change = [&](store::Writer& writer, audit::Event&) -> Status {
    KAITO_CHECK(check_groups(writer, permit, groups));
    return insert_new(writer, row, groups);
  };
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.commit(std::move(event), std::move(change)));
  co_return auth::Recorded<store::Seed>{std::move(row), std::move(receipt)};
}

Task<Result<auth::Recorded<store::Page<store::Seed>>>> Seeds::list(const auth::Permit& permit, SeedQuery query) {
  KAITO_CO_TRY(const OrgId org, org_of(permit));
  const store::SeedFilter filter{.org = org,
                                 .groups = permit.principal().visible_groups(),
                                 .group = query.group,
                                 .search = std::move(query.search)};
  store::Page<store::Seed> page;
  {
    KAITO_CO_TRY(const auto snapshot, store_.snapshot());
    KAITO_CO_TRY(page, snapshot->seeds(filter, query.page));
  }
  audit::Event event = permit.event();
  event.details.push_back({.key = "rows", .value = std::to_string(page.rows.size())});
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.record(std::move(event)));
  co_return auth::Recorded<store::Page<store::Seed>>{std::move(page), std::move(receipt)};
}

Task<Result<auth::Recorded<store::Seed>>> Seeds::get(const auth::Permit& permit, SeedId id) {
  store::Seed row;
  {
    KAITO_CO_TRY(const auto snapshot, store_.snapshot());
    KAITO_CO_TRY(row, reachable_seed(*snapshot, permit, id));
  }
  audit::Event event = permit.event();
  event.targets.push_back(seed_target(id));
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.record(std::move(event)));
  co_return auth::Recorded<store::Seed>{std::move(row), std::move(receipt)};
}

Task<Result<auth::Recorded<store::Seed>>> Seeds::relabel(const auth::Permit& permit, SeedId id, SeedLabels labels) {
  store::Seed row;
  {
    KAITO_CO_TRY(const auto snapshot, store_.snapshot());
    KAITO_CO_TRY(row, reachable_seed(*snapshot, permit, id));
  }
  KAITO_CO_TRY(const Dek dek, co_await opener_.open_dek(row));
  audit::Event event = permit.event();
  event.targets.push_back(seed_target(id));
  auto change = [&](store::Writer& writer, audit::Event& recorded) -> Status {
    KAITO_TRY(row, reachable_seed(writer, permit, id));
    KAITO_CHECK(envelope::check_row_mac(dek, row));
    if (labels.expected_revision && *labels.expected_revision != row.revision)
      return fail(
          Error{.code = Code::conflict, .field = "revision", .reason = "is not the present one; read it again"});
    std::string changed;
    for (const auto& [key, wanted, present] :
         {std::tuple{"issuer", &labels.issuer, &row.issuer}, std::tuple{"account", &labels.account, &row.account}}) {
      if (!*wanted || **wanted == *present) continue;
      *present = **wanted;
      (changed += changed.empty() ? "" : " ") += key;
    }
    if (!changed.empty()) recorded.details.push_back({.key = "changed", .value = std::move(changed)});
    KAITO_CHECK(check_labels(row.issuer, row.account));
    ++row.revision;
    row.row_mac = envelope::row_mac(dek, row);
    return writer.update(row);
  };
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.commit(std::move(event), std::move(change)));
  co_return auth::Recorded<store::Seed>{std::move(row), std::move(receipt)};
}

Task<Result<auth::Recorded<void>>> Seeds::remove(const auth::Permit& permit, SeedId id) {
  KAITO_CO_TRY(const OrgId org, org_of(permit));
  audit::Event event = permit.event();
  event.targets.push_back(seed_target(id));
  auto change = [&](store::Writer& writer, audit::Event&) -> Status {
    KAITO_CHECK(reachable_seed(writer, permit, id));
    return writer.remove_seed(org, id);
  };
  KAITO_CO_TRY(audit::Receipt receipt, co_await journal_.commit(std::move(event), std::move(change)));
  co_return auth::Recorded<void>{{}, std::move(receipt)};
}

}  // namespace kaito::vault
