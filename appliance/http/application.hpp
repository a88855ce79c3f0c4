// What the daemon gives the listener: the code that answers requests.
#pragma once

#include "appliance/base/task.hpp"
#include "appliance/http/refusal.hpp"
#include "appliance/http/request.hpp"
#include "appliance/http/sealed_reply.hpp"

namespace kaito::http {

// Called from every I/O thread at once. Outlives the Listener.
class Application {
 public:
  virtual ~Application() = default;

  // From the head to the sealed reply, on the connection's I/O thread; Executor::current() is that thread's. The order
  // of the request path is the application's: match the endpoint, authenticate, limit the rate, and only then
  // request.read_body(). A body that is never read costs the client its connection.
  // Must end: bounded by deadlines of its own. A closed connection does not cancel it; its reply is then dropped.
  virtual Task<SealedReply> serve(Request& request) = 0;

  // The answer to a request that the guard refused. Must not wait.
  virtual SealedReply refuse(const Refusal& refusal, const IpAddress& peer) = 0;
};

}  // namespace kaito::http
