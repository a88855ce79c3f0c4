// Enrols a second way on the volume in FILE, for a test that kills it at one of its writes. Prints "enrolled" when
// done.
#include <fmt/format.h>

#include "luks/ways/enrolment.hpp"
#include "luks/ways/recovery_key.hpp"

using namespace kaito;
using namespace kaito::luks;

int main(int count, char** arguments) {
  if (count != 4) return 2;
  auto volume = Volume::load(arguments[1]);
  if (!volume) return 3;
  const auto key = volume->unlock(Passphrase::copy_of(std::string_view(arguments[2])));
  if (!key) return 4;
  const auto enrolled = enrol(*volume, *key, Passphrase::copy_of(std::string_view(arguments[3])), RecoveryRecord{},
                              KdfCost::for_random_secret());
  if (!enrolled) return 5;
  fmt::print("enrolled\n");
  return 0;
}
