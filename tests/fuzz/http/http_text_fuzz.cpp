// The small texts of the protocol: addresses, networks, hosts, targets and queries. What is accepted must read back.
#include "appliance/base/invariant.hpp"
#include "appliance/http/host_field.hpp"
#include "appliance/http/ip_network.hpp"
#include "appliance/http/query.hpp"
#include "appliance/http/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kaito;
  using namespace kaito::http;
  const std::string_view text = as_text({data, size});
  if (const auto address = IpAddress::parse(text))
    KAITO_INVARIANT(IpAddress::parse(address->str()).value() == *address);
  if (const auto network = IpNetwork::parse(text))
    KAITO_INVARIANT(IpNetwork::parse(network->str()).value() == *network);
  if (const auto host = host_of(text)) KAITO_INVARIANT(!host->empty() && host->size() <= text.size());
  if (const auto target = split_target(text))
    KAITO_INVARIANT(target->path.size() + target->query.size() <= text.size() && target->path.front() == '/');
  static_cast<void>(Query::parse(text));
  return 0;
}
