#include "appliance/base/invariant.hpp"

#include <cstdio>
#include <cstdlib>

namespace kaito {

void invariant_broken(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "invariant broken: %s at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace kaito
