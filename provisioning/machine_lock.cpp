#include "provisioning/machine_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include "appliance/base/file.hpp"

namespace kaito::provisioning {

Result<UniqueFd> lock_machine(const Places& places) {
  KAITO_CHECK(make_private_directory(places.boot));
  const auto path = places.boot / "lock";
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail(Code::storage_failed, path.string() + " cannot be written; kaito-boot needs root");
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return fail(Code::conflict, "another kaito-boot is at work");
  return fd;
}

}  // namespace kaito::provisioning
