#include "hsm/client/find_worker.hpp"

namespace kaito::hsm {

Result<std::filesystem::path> find_worker(const std::filesystem::path& named) {
  if (!named.empty()) return named;
  std::error_code ignored;
  const auto here = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const auto& candidate : {here / "kaito-hsm-worker", here / "../../hsm/worker/kaito-hsm-worker",
                                std::filesystem::path("/usr/libexec/kaito/kaito-hsm-worker")})
    if (std::filesystem::exists(candidate, ignored)) return std::filesystem::weakly_canonical(candidate, ignored);
  return fail(Code::configuration, "kaito-hsm-worker was not found; name it with --hsm-worker");
}

}  // namespace kaito::hsm
