// The appliance behind the listener: takes each request through router, Gate, handler and journal to its sealed reply.
#pragma once

#include "appliance/api/gate.hpp"
#include "appliance/http/application.hpp"

namespace kaito::api {

class Application final : public http::Application {
 public:
  explicit Application(Services& services) : services_(services), router_(endpoint_table()), gate_(services) {}

  Task<http::SealedReply> serve(http::Request& request) override;
  http::SealedReply refuse(const http::Refusal& refusal, const http::IpAddress& peer) override;

 private:
  // Refused before anybody was identified: nothing to record.
  http::SealedReply refuse_unidentified(const http::RequestHead& head, const Error& error, Seconds retry_after = {});
  // Refused afterwards: recorded with the caller's name.
  void note_denied(const Endpoint& endpoint, const http::RequestHead& head, const Error& error);
  Task<http::SealedReply> refuse_recorded(const Admitted& admitted, Error error);
  Task<http::SealedReply> answer(http::Request& request, const Route& route);

  Services& services_;
  Router router_;
  Gate gate_;
};

}  // namespace kaito::api
