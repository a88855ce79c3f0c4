#include "appliance/base/secret.hpp"

#include <fmt/format.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <vector>

#include "appliance/base/invariant.hpp"

namespace kaito {
namespace {

// sodium_malloc costs about ten system calls, too many for a DEK and a seed in each request. Small secrets therefore
// share slabs: each slab is one sodium_malloc region (guard pages on both sides, locked, not dumped), cut into slots of
// one size class. A slot is wiped when it is given back.
constexpr std::array<std::size_t, 4> kSlotSizes{32, 64, 256, 1024};
constexpr std::size_t kSlabBytes = 16 * 1024;

// Zeroed. sodium_malloc does not say when it could not lock; locking once more does. Going on with ordinary memory
// would break the promise silently, so the process ends.
std::uint8_t* locked_memory(std::size_t size) {
  auto* const memory = static_cast<std::uint8_t*>(sodium_malloc(size));
  KAITO_INVARIANT(memory != nullptr);
  KAITO_INVARIANT(mlock(memory, size) == 0);
  sodium_memzero(memory, size);
  return memory;
}

class SlotPool {
 public:
  explicit SlotPool(std::size_t slot_size) : slot_size_(slot_size) {}

  std::uint8_t* take() {
    const std::scoped_lock lock(mutex_);
    if (free_.empty()) grow();
    std::uint8_t* slot = free_.back();
    free_.pop_back();
    return slot;
  }

  void give_back(std::uint8_t* slot) noexcept {
    sodium_memzero(slot, slot_size_);
    const std::scoped_lock lock(mutex_);
    free_.push_back(slot);  // never reallocates: grow() reserves for every slot
  }

 private:
  void grow() {
    KAITO_INVARIANT(sodium_init() >= 0);  // idempotent
    std::uint8_t* const slab = locked_memory(kSlabBytes);
    slots_ += kSlabBytes / slot_size_;
    free_.reserve(slots_);
    for (std::size_t at = 0; at + slot_size_ <= kSlabBytes; at += slot_size_) free_.push_back(slab + at);
  }

  const std::size_t slot_size_;
  std::mutex mutex_;
  std::vector<std::uint8_t*> free_;
  std::size_t slots_ = 0;
};

// The one allocator, like malloc's: a static that outlives every Secret. Never destroyed.
SlotPool* pool_for(std::size_t size) {
  static auto* const pools = new std::array<SlotPool, 4>{SlotPool{kSlotSizes[0]}, SlotPool{kSlotSizes[1]},
                                                         SlotPool{kSlotSizes[2]}, SlotPool{kSlotSizes[3]}};
  for (std::size_t i = 0; i < kSlotSizes.size(); ++i)
    if (size <= kSlotSizes[i]) return &(*pools)[i];
  return nullptr;
}

}  // namespace

Status init_secret_memory() {
  if (sodium_init() < 0) return fail(Code::configuration, "libsodium could not be initialised");
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return fail(Code::configuration, "PR_SET_DUMPABLE could not be cleared");
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0) return fail(Code::configuration, "core dumps could not be turned off");
  constexpr std::size_t kProbe = 256 * 1024;
  void* memory = mmap(nullptr, kProbe, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return fail(Code::configuration, "memory for secrets could not be mapped");
  const int locked = mlock(memory, kProbe);
  const int reason = errno;
  munmap(memory, kProbe);
  if (locked != 0)
    return fail(Code::configuration,
                fmt::format("memory cannot be locked ({}): raise LimitMEMLOCK or `ulimit -l`", std::strerror(reason)));
  return {};
}

namespace detail {

std::uint8_t* secret_allocate(std::size_t size) {
  if (SlotPool* pool = pool_for(size)) return pool->take();
  KAITO_INVARIANT(sodium_init() >= 0);
  return locked_memory(size);
}

void secret_free(std::uint8_t* memory, std::size_t size) noexcept {
  if (SlotPool* pool = pool_for(size))
    pool->give_back(memory);
  else
    sodium_free(memory);  // wipes
}

bool secret_equal(ByteView a, ByteView b) noexcept {
  return a.size() == b.size() && (a.empty() || sodium_memcmp(a.data(), b.data(), a.size()) == 0);
}

}  // namespace detail

void wipe(std::span<std::uint8_t> memory) noexcept { sodium_memzero(memory.data(), memory.size()); }

void wipe(std::string& text) noexcept {
  text.resize(text.capacity());  // what an earlier, longer value left behind goes too
  sodium_memzero(text.data(), text.size());
  text.clear();
}

}  // namespace kaito
