// Decodes a request, lets the key service do it, encodes the reply.
#pragma once

#include "hsm/key_service.hpp"
#include "hsm/protocol/frame.hpp"

namespace kaito::hsm {

class Dispatcher {
 public:
  // `pause`: see KeyService::rewrap().
  Dispatcher(KeyService& service, KeyService::Pause pause) : service_(service), pause_(std::move(pause)) {}
  // Appends exactly one reply frame to `out`.
  void handle(const Frame& frame, WipedBytes& out);
  // The client asked for the end.
  [[nodiscard]] bool draining() const noexcept { return draining_; }

 private:
  // Writes a whole reply, or nothing when it returns an error.
  Status reply(Op op, ByteReader in, WireWriter& out);
  Status wrap(ByteReader in, WireWriter& out);
  Status unwrap(ByteReader in, WireWriter& out);
  Status rewrap_org_keks(ByteReader in, WireWriter& out);
  Status rewrap(ByteReader in, WireWriter& out);
  Status create_org_kek(ByteReader in, WireWriter& out);
  Status wrapping_key(ByteReader in, WireWriter& out);
  Status import_org_kek(ByteReader in, WireWriter& out);
  Status adopt_org_kek(ByteReader in, WireWriter& out);
  Status keys(Op op, ByteReader in, WireWriter& out);
  Status create_or_destroy(Op op, KeyVersion version);
  Status sign(ByteReader in, WireWriter& out);
  KeyService& service_;
  KeyService::Pause pause_;
  bool draining_ = false;
};

}  // namespace kaito::hsm
