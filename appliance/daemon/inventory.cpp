#include "appliance/daemon/inventory.hpp"

#include "appliance/base/json_text.hpp"
#include "appliance/daemon/data_directory.hpp"
#include "appliance/daemon/identity.hpp"
#include "appliance/store/sqlite/sqlite_store.hpp"

namespace kaito::daemon {
namespace {

constexpr std::uint32_t kPage = 1000;

Status count(store::Reader& reader, Inventory& inventory) {
  store::PageRequest request{.limit = kPage};
  do {
    KAITO_TRY(auto page, reader.orgs(request));
    for (const auto& org : page.rows) {
      KAITO_TRY(const auto seeds, reader.seed_count(org.id));
      inventory.seeds += seeds;
    }
    inventory.orgs += page.rows.size();
    request.cursor = std::move(page.next);
  } while (request.cursor);
  return {};
}

}  // namespace

Result<Inventory> take_inventory(const Config& config, Logger& log) {
  const DataDirectory data(config.data_dir);
  KAITO_TRY(const auto lock, lock_data_directory(data));
  KAITO_TRY(const auto store, store::sqlite::open_store(data.database(), {}, log));
  KAITO_TRY(const std::string id, appliance_id(*store));
  Inventory inventory{.origin = "kaito.local/" + id};
  KAITO_TRY(const auto reader, store->snapshot());
  KAITO_CHECK(count(*reader, inventory));
  return inventory;
}

std::string to_json(const Inventory& inventory) {
  std::string text;
  JsonObjectWriter writer(text);
  writer.text("appliance", inventory.origin);
  writer.number("orgs", static_cast<std::int64_t>(inventory.orgs));
  writer.number("seeds", static_cast<std::int64_t>(inventory.seeds));
  writer.close();
  return text + "\n";
}

}  // namespace kaito::daemon
