#include "appliance/api/handlers/key_import.hpp"

#include <charconv>

namespace kaito::api {
namespace {

// What is no number cannot be a version that there is.
KeyVersion version_of(std::optional<std::string_view> text) {
  KeyVersion version = 0;
  if (!text) return 0;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), version);
  return parsed.ec == std::errc{} && parsed.ptr == text->data() + text->size() ? version : 0;
}

HsmKeyView hsm_key_view(const store::HsmKey& key) {
  return {.kind = key.kind,
          .version = key.version,
          .state = key.destroyed_at ? "destroyed" : "newest",
          .created_at = key.created_at,
          .destroyed_at = key.destroyed_at,
          .wraps = {}};
}

Result<keys::KeyImportRequest> request_of(const ImportOrgKey::Input& input) {
  auto wrapped = from_base64(input.wrapped_key.value);
  if (!wrapped || wrapped->empty() || wrapped->size() > keys::kMaxWrappedImport)
    return fail_invalid("wrapped_key", fmt::format("must be base64 of 1 to {} bytes", keys::kMaxWrappedImport));
  const auto stated = from_hex(input.check_value.value);
  keys::KeyImportRequest request{.key = {.wrapping_version = input.wrapping_version.value,
                                         .mechanism = input.mechanism,
                                         .wrapped = *std::move(wrapped)},
                                 .check_value = {},
                                 .destroy_old = input.destroy_old};
  if (!stated || stated->size() != request.check_value.size())
    return fail_invalid("check_value", "must be six hexadecimal digits");
  std::ranges::copy(*stated, request.check_value.begin());
  return request;
}

}  // namespace

Task<Result<Done<CreateWrappingKey::Output>>> CreateWrappingKey::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto made, co_await services.wrapping_keys.create(call.permit));
  co_return done<Output>(std::move(made), hsm_key_view);
}

Task<Result<Done<DestroyWrappingKey::Output>>> DestroyWrappingKey::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto gone,
               co_await services.wrapping_keys.destroy(call.permit, version_of(call.path.get("wrapping_version"))));
  co_return done<Output>(std::move(gone), hsm_key_view);
}

Task<Result<Done<GetWrappingCertificate::Output>>> GetWrappingCertificate::process(Services& services,
                                                                                   Call<Input> call) {
  std::optional<KeyVersion> version;
  if (call.input.version) version = call.input.version->value;
  KAITO_CO_TRY(auto certificate, co_await services.wrapping_keys.certificate(call.permit, version));
  co_return done<Output>(std::move(certificate), [](keys::WrappingCertificate found) {
    Output output{.version = found.version,
                  .certificate = std::move(found.pem),
                  .bits = static_cast<std::uint32_t>(found.bits),
                  .oaep_hash = std::move(found.hash),
                  .mechanisms = {std::string(enum_name(keys::ImportMechanism::rsa_oaep))},
                  .verifier_key = std::move(found.verifier_key),
                  .made_at = found.made_at};
    if (found.takes_aes_key_wrap) output.mechanisms.emplace_back(enum_name(keys::ImportMechanism::rsa_aes_key_wrap));
    return output;
  });
}

Task<Result<Done<ImportOrgKey::Output>>> ImportOrgKey::process(Services& services, Call<Input> call) {
  KAITO_CO_TRY(auto request, request_of(call.input));
  KAITO_CO_TRY(auto started, co_await services.key_import.import(call.permit, std::move(request)));
  co_return done<Output>(std::move(started), RotationView::of);
}

}  // namespace kaito::api
