// A broken invariant ends the process, in release builds too: going on would mean acting on a state nobody designed.
#pragma once

namespace kaito {
[[noreturn]] void invariant_broken(const char* expression, const char* file, int line) noexcept;
}

#define KAITO_INVARIANT(expression) \
  ((expression) ? static_cast<void>(0) : ::kaito::invariant_broken(#expression, __FILE__, __LINE__))
