// Who the client is when a trusted proxy stands before the appliance.
#pragma once

#include <span>

#include "appliance/http/ip_network.hpp"
#include "appliance/http/request_head.hpp"

namespace kaito::http {

// head.socket_peer, unless it is in `trusted`: then the right-most address of X-Forwarded-For that is not itself in
// `trusted`. Each proxy adds the address it was called from at the right, so everything left of that one is the
// client's own word. An entry that is no address ends the search at the last trusted proxy.
IpAddress client_address(const RequestHead& head, std::span<const IpNetwork> trusted) noexcept;

}  // namespace kaito::http
