#include "appliance/keys/escrow.hpp"

#include "appliance/base/file.hpp"

namespace kaito::keys {

Status Escrow::write() {
  const std::lock_guard lock(mutex_);
  return write_locked();
}

Status Escrow::refresh() {
  const std::lock_guard lock(mutex_);
  if (written_ == keyring_.changes()) return {};
  return write_locked();
}

Status Escrow::write_locked() {
  written_.reset();
  // Read before the image: a change between the two is written once more, not missed.
  const std::uint64_t changes = keyring_.changes();
  KAITO_TRY(const Bytes image, keyring_.image());
  Status first;
  for (const auto& copy : copies_) {
    auto written = write_file_atomically(copy, image);
    if (!written && first) first = fail(std::move(written).error().within("escrow copy " + copy.string()));
  }
  if (first) written_ = changes;
  return first;
}

}  // namespace kaito::keys
