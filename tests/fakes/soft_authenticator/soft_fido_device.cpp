#include "tests/fakes/soft_authenticator/soft_fido_device.hpp"
