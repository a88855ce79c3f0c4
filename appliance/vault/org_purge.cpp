#include "appliance/vault/org_purge.hpp"

namespace kaito::vault {

Task<Status> OrgPurge::step() {
  for (std::uint32_t slices = 0; slices < kSlicesOfAStep;) {
    std::optional<OrgId> id;
    {
      KAITO_CO_TRY(const auto snapshot, store_.snapshot());
      KAITO_CO_TRY(id, snapshot->org_to_purge());
    }
    if (!id) co_return Status{};
    bool more = true;
    for (; more && slices < kSlicesOfAStep; ++slices) {
      auto slice = [&](store::Writer& writer) -> Status {
        KAITO_TRY(more, writer.purge_org(*id, kPurgeSlice));
        return {};
      };
      const auto written = co_await store_.write(std::move(slice), store::JobKind::bulk);
      // The store has said so once; it would be said again with each step.
      if (!written && written.error().code == Code::storage_full) co_return Status{};
      if (!written) co_return fail(written.error());
    }
    if (!more) log_.info("vault.org.purged", {{"org", *id}});
  }
  co_return Status{};
}

}  // namespace kaito::vault
