#include "appliance/auth/webauthn/client.hpp"

#include <boost/url/parse.hpp>

#include "appliance/auth/webauthn/cbor_writer.hpp"
#include "appliance/base/invariant.hpp"

namespace kaito::webauthn {
namespace {

constexpr std::size_t kAaguidOffset = 37;
constexpr std::size_t kAaguidBytes = 16;

}  // namespace

Bytes make_attestation_object(std::string_view format, ByteView statement, ByteView authenticator_data) {
  cbor::Writer writer;
  writer.map(3).text("fmt").text(format).text("attStmt").raw(statement).text("authData").bytes(authenticator_data);
  return writer.take();
}

Bytes make_anonymous_attestation_object(ByteView authenticator_data) {
  KAITO_INVARIANT(authenticator_data.size() >= kAaguidOffset + kAaguidBytes);
  Bytes anonymous(authenticator_data.begin(), authenticator_data.end());
  std::ranges::fill(std::span(anonymous).subspan(kAaguidOffset, kAaguidBytes), std::uint8_t{0});
  cbor::Writer empty;
  return make_attestation_object("none", empty.map(0).view(), anonymous);
}

Status check_rp_id(std::string_view origin, std::string_view rp_id) {
  const auto url = boost::urls::parse_uri(origin);
  if (!url) return fail(Code::forbidden, "the appliance's origin is not a URL");
  const std::string host = url->host();
  const bool secure = url->scheme() == "https" || (url->scheme() == "http" && host == "localhost");
  if (!secure) return fail(Code::forbidden, "security keys are used over https only");
  if (rp_id == host) return {};
  const bool is_name = url->host_type() == boost::urls::host_type::name;
  const bool parent = is_name && rp_id.find('.') != std::string_view::npos && host.size() > rp_id.size() + 1 &&
                      host.ends_with(rp_id) && host[host.size() - rp_id.size() - 1] == '.';
  if (parent) return {};
  return fail(Code::forbidden,
              fmt::format("the appliance at {} asks for credentials of \"{}\": not its own", host, rp_id));
}

}  // namespace kaito::webauthn
