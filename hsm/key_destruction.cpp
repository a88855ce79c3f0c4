#include "hsm/key_destruction.hpp"

#include "hsm/key_policy.hpp"

namespace kaito::hsm {

TokenResult<std::size_t> destroy_and_look_again(Session& session, CK_OBJECT_CLASS object_class, std::string_view label,
                                                std::uint32_t version, std::optional<ObjectHandle> known) {
  const auto search = [&] {
    return session.find(AttributeTemplate()
                            .number(CKA_CLASS, object_class)
                            .flag(CKA_TOKEN, true)
                            .text(CKA_LABEL, label)
                            .bytes(CKA_ID, key_id(version)));
  };
  KAITO_TRY(auto found, search());
  if (known && std::ranges::find(found, known->value, &ObjectHandle::value) == found.end()) found.push_back(*known);
  for (const ObjectHandle object : found) KAITO_CHECK(session.destroy(object));
  KAITO_TRY(const auto left, search());
  if (left.empty()) return found.size();
  return fail(Failure(
      Error{.code = Code::hsm_unavailable,
            .detail = fmt::format("{} version {} is still in the token after C_DestroyObject", label, version)}));
}

}  // namespace kaito::hsm
