#include "hsm/worker/server.hpp"

#include <poll.h>

#include "hsm/worker/dispatcher.hpp"

namespace kaito::hsm {

Status send_hello(Connection& connection, const Status& outcome, ByteView extra) {
  {
    FrameWriter hello(connection.outgoing(), 0, Op::hello);
    if (outcome) {
      write_ok(hello.payload());
      hello.payload().raw(extra);
    } else {
      write_error(hello.payload(), outcome.error());
    }
  }
  return connection.send();
}

Status flush(int socket, Connection& connection) {
  KAITO_CHECK(connection.send());
  while (connection.has_outgoing()) {
    pollfd writable{.fd = socket, .events = POLLOUT, .revents = 0};
    ::poll(&writable, 1, -1);
    KAITO_CHECK(connection.send());
  }
  return {};
}

Status serve(int socket, Connection& connection, KeyService& service) {
  Dispatcher dispatcher(service);
  for (bool open = true; open && !dispatcher.draining();) {
    pollfd readable{.fd = socket, .events = POLLIN, .revents = 0};
    ::poll(&readable, 1, -1);
    open = connection.receive();
    for (;;) {
      KAITO_TRY(const auto frame, connection.next());
      if (!frame) break;
      dispatcher.handle(*frame, connection.outgoing());
      // At once: the next frame may be a long one. A client that is gone needs no answer; that is no failure.
      if (!flush(socket, connection)) return {};
    }
    if (service.must_restart()) return fail(*service.must_restart());
  }
  return {};
}

}  // namespace kaito::hsm
