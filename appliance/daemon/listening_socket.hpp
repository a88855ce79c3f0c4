// The socket that the listener gets: the service manager's, or our own. Bound before anything else is made, because the
// port is part of the origins that browsers and security keys are held to.
#pragma once

#include <cstdint>
#include <string>

#include "appliance/base/result.hpp"
#include "appliance/base/unique_fd.hpp"

namespace kaito::daemon {

struct ListeningSocket {
  UniqueFd socket;
  std::uint16_t port = 0;
};

// The first of LISTEN_FDS when there is one (sd_listen_fds(3)); else bound to `address` and `port`. "::" takes IPv4
// too.
Result<ListeningSocket> listening_socket(const std::string& address, std::uint16_t port);

}  // namespace kaito::daemon
