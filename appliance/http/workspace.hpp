// The buffers of one request in flight.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "appliance/base/secret.hpp"
#include "appliance/http/head_scanner.hpp"
#include "appliance/http/request_head.hpp"

namespace kaito::http {

// An idle connection has none; a request borrows one from its thread's pool. What a client sent (passwords, cookies,
// keys) and what it was answered is wiped before the workspace serves another.
struct Workspace {
  // One TLS record: a head and a small body arrive in `in` together, and `out` leaves as one.
  static constexpr std::size_t kSize = 16 * 1024;

  RequestHead head;
  HeadScanner scanner;
  std::size_t in_used = 0;
  std::size_t out_used = 0;
  std::array<std::uint8_t, kSize> in;
  std::array<std::uint8_t, kSize> out;

  Workspace() {}  // leaves the buffers uninitialised
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace() { restart(in_used); }

  [[nodiscard]] std::string_view text() const noexcept { return {reinterpret_cast<const char*>(in.data()), in_used}; }
  [[nodiscard]] std::span<std::uint8_t> room() noexcept { return std::span(in).subspan(in_used); }

  // Forgets the first `consumed` bytes of `in`, moves what follows them to the front, and wipes the rest.
  void restart(std::size_t consumed) noexcept {
    const std::size_t left = in_used - consumed;
    if (left > 0) std::memmove(in.data(), in.data() + consumed, left);
    wipe(std::span(in).subspan(left, consumed));
    wipe(std::span(out).first(out_used));
    in_used = left;
    out_used = 0;
    scanner = HeadScanner{};
    head.reset();
  }
};

// One thread's spare workspaces; the one used last comes first, since it is in the cache.
class WorkspacePool {
 public:
  std::unique_ptr<Workspace> take() {
    if (spare_.empty()) return std::make_unique<Workspace>();
    std::unique_ptr<Workspace> workspace = std::move(spare_.back());
    spare_.pop_back();
    return workspace;
  }
  void give_back(std::unique_ptr<Workspace> workspace) {
    workspace->restart(workspace->in_used);
    if (spare_.size() < kMaxSpare) spare_.push_back(std::move(workspace));
  }

 private:
  static constexpr std::size_t kMaxSpare = 64;  // 2 MiB
  std::vector<std::unique_ptr<Workspace>> spare_;
};

}  // namespace kaito::http
