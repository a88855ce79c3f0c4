#include "appliance/daemon/data_directory.hpp"

#include "appliance/base/file.hpp"

namespace kaito::daemon {

Status DataDirectory::create() const {
  for (const auto& directory : {root_, database().parent_path(), keyring().parent_path(), hsm(), tls()})
    KAITO_CHECK(make_private_directory(directory));
  return {};
}

}  // namespace kaito::daemon
