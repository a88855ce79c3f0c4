// Serves one client on a socket until it goes, asks for the end, or the token is lost for this process.
#pragma once

#include "hsm/key_service.hpp"
#include "hsm/protocol/connection.hpp"

namespace kaito::hsm {

// Tells the client how the start went.
Status send_hello(Connection& connection, const Status& outcome, ByteView extra = {});

// Success when the client is done; otherwise why the process must end.
Status serve(int socket, Connection& connection, KeyService& service);

// Waits until what is outgoing has been sent.
Status flush(int socket, Connection& connection);

}  // namespace kaito::hsm
