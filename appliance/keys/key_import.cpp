#include "appliance/keys/key_import.hpp"

#include "appliance/envelope/binding.hpp"

namespace kaito::keys {
namespace {

constexpr int kTries = 3;  // the platform KEK may be rotated meanwhile

bool is(const Bytes& kept, const hsm::CheckValue& check_value) { return std::ranges::equal(kept, check_value); }

std::string_view name_of(hsm::ImportMechanism mechanism) {
  return mechanism == hsm::ImportMechanism::rsa_oaep ? "rsa_oaep" : "rsa_aes_key_wrap";
}

// What the worker found wrong with the customer's key is the customer's to mend, and no alarm.
Error explained(const Error& error) {
  if (error.code == Code::integrity)
    return Error::invalid("wrapped_key",
                          "does not unwrap: it was changed, or was wrapped for another wrapping key, by another "
                          "mechanism or with another hash than the certificate says");
  if (error.code == Code::invalid_request) return Error::invalid("wrapped_key", "is no AES key of 256 bits");
  return error;
}

}  // namespace

Result<KeyImport::Place> KeyImport::place_for(const OrgId& id, const hsm::CheckValue& check_value) {
  KAITO_TRY(const auto snapshot, parts_.store.snapshot());
  KAITO_TRY(const auto org, snapshot->org(id));
  if (!org) return fail(Code::not_found, "no such org");
  KAITO_TRY(const auto open, snapshot->open_rotation(store::KeyKind::org, id));
  if (open)
    return fail(Error{.code = Code::conflict,
                      .field = "key",
                      .reason = "is being rotated, by rotation " + open->id.str() + "; import when that is done"});
  KAITO_TRY(const auto entries, parts_.keyring.entries_of(id));
  for (const auto& entry : entries)
    if (entry.version <= org->kek_version && is(entry.check_value, check_value))
      return fail(
          Error{.code = Code::conflict,
                .field = "check_value",
                .reason = fmt::format("is of version {} of the key, which was imported before", entry.version)});
  return Place{id, org->kek_version + 1};
}

Task<Status> KeyImport::check_wrapping_key(const hsm::KeyToImport& key) {
  const auto wrapping = co_await parts_.hsm.wrapping_key(key.wrapping_version);
  if (!wrapping && (wrapping.error().code == Code::not_found || wrapping.error().code == Code::invalid_request))
    co_return fail_invalid("wrapping_version", "is no wrapping key of this appliance");
  KAITO_CO_CHECK(wrapping);
  if (key.mechanism == hsm::ImportMechanism::rsa_aes_key_wrap && !wrapping->takes_aes_key_wrap)
    co_return fail_invalid("mechanism", "must be rsa_oaep: this HSM does not unwrap by rsa_aes_key_wrap");
  // What it wraps to is known, and a blob that was cut off deserves to be called that.
  const std::size_t modulus = wrapping->modulus.size();
  const bool plain = key.mechanism == hsm::ImportMechanism::rsa_oaep;
  if (plain ? key.wrapped.size() != modulus : key.wrapped.size() <= modulus)
    co_return fail_invalid("wrapped_key", fmt::format("has {} bytes; {} gives {}{}", key.wrapped.size(),
                                                      name_of(key.mechanism), modulus, plain ? "" : " and 40 more"));
  co_return Status{};
}

Task<Result<hsm::ImportedOrgKek>> KeyImport::unwrap(Place place, hsm::KeyToImport key) {
  for (int tries = 1;; ++tries) {
    auto imported = co_await parts_.hsm.import_org_kek(parts_.org_keys.platform_version(),
                                                       envelope::org_kek_aad(place.org, place.version), key);
    if (imported) co_return imported;
    if (imported.error().code != Code::not_found || tries == kTries) co_return fail(explained(imported.error()));
  }
}

// An entry of that version that nothing refers to is what a stop has left between the keyring and the database.
Status KeyImport::keep(const store::KeyringEntry& entry) {
  auto kept = parts_.keyring.insert(entry);
  if (kept || kept.error().code != Code::conflict) return kept;
  if (kept.error().field == "platform_version")
    return fail(Code::hsm_unavailable, "the platform key was rotated meanwhile; trying again finds the new one");
  KAITO_TRY(const auto there, parts_.keyring.find(entry.org, entry.version));
  if (there && there->check_value == entry.check_value) return {};
  return fail(Error{
      .code = Code::conflict,
      .field = "key",
      .reason = fmt::format("has a version {} that was not taken into use; rotate the key first", entry.version)});
}

Task<Result<auth::Recorded<RotationProgress>>> KeyImport::import(const auth::Permit& permit, KeyImportRequest request) {
  if (!permit.org()) co_return fail(Code::internal, "the permit names no org");
  KAITO_CO_TRY(const Place place, place_for(*permit.org(), request.check_value));
  KAITO_CO_CHECK(co_await check_wrapping_key(request.key));
  audit::Event event = permit.event();
  event.details.push_back({.key = "mechanism", .value = std::string(name_of(request.key.mechanism))});
  event.details.push_back({.key = "wrapping_version", .value = std::to_string(request.key.wrapping_version)});
  event.details.push_back({.key = "check_value", .value = to_hex(request.check_value)});
  KAITO_CO_TRY(auto imported, co_await unwrap(place, std::move(request.key)));
  if (imported.check_value != request.check_value)
    co_return fail_invalid("check_value", "is not that of the key that was unwrapped; nothing was kept of it");

  const auto id = RotationId::make(parts_.clock, random_);
  const store::KeyringEntry entry{.org = place.org,
                                  .version = place.version,
                                  .platform_version = imported.kek.platform_version,
                                  .blob = std::move(imported.kek.blob),
                                  .created_at = parts_.clock.now(),
                                  .invocations = 1,  // the binding's
                                  .check_value = Bytes(imported.check_value.begin(), imported.check_value.end())};
  store::Rotation started;
  auto change = [&](store::Writer& writer, audit::Event& recorded) -> Status {
    KAITO_TRY(started, start_rotation(writer,
                                      {.kind = store::KeyKind::org,
                                       .org = place.org,
                                       .destroy_old = request.destroy_old.value_or(destroy_old_by_default_)},
                                      id, parts_.clock.now()));
    if (started.to != place.version)
      return fail(Error{.code = Code::conflict, .field = "key", .reason = "was rotated"});
    recorded.targets.push_back({.kind = "rotation", .id = id.str()});
    recorded.details.push_back({.key = "version", .value = std::to_string(started.to)});
    recorded.details.push_back({.key = "destroy_old", .value = started.destroy_old ? "true" : "false"});
    // Last, and before the row is durable: a rotation that finds its key made uses it, and makes one otherwise. It
    // costs the writer's thread one more fsync, as rare as imports are.
    return keep(entry);
  };
  KAITO_CO_TRY(audit::Receipt receipt, co_await parts_.journal.commit(std::move(event), std::move(change)));
  engine_.wake();
  co_return auth::Recorded<RotationProgress>{RotationProgress{.rotation = std::move(started), .rate = {}, .eta = {}},
                                             std::move(receipt)};
}

}  // namespace kaito::keys
