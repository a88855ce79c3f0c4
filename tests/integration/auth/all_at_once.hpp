// Starts many tasks before any has ended, and waits for all of them.
#pragma once

#include <memory>
#include <vector>

#include "appliance/base/task.hpp"

namespace kaito::test {

template <class T>
Task<std::vector<T>> gather(std::vector<Task<T>> tasks) {
  struct State {
    explicit State(Completer<bool> completer) : done(std::move(completer)) {}
    std::vector<std::optional<T>> values;
    std::size_t left = 0;
    Completer<bool> done;
  };
  auto [all_done, completer] = make_future<bool>();
  const auto state = std::make_shared<State>(std::move(completer));
  state->values.resize(tasks.size());
  state->left = tasks.size();
  for (std::size_t i = 0; i < tasks.size(); ++i)
    spawn(std::move(tasks[i]), [state, i](T value) {
      state->values[i].emplace(std::move(value));
      if (--state->left == 0) state->done.set(true);
    });
  static_cast<void>(co_await all_done);
  std::vector<T> values;
  values.reserve(state->values.size());
  for (auto& value : state->values) values.push_back(*std::move(value));
  co_return values;
}

// All on the calling thread. At least one task.
template <class T>
std::vector<T> all_at_once(std::vector<Task<T>> tasks) {
  return sync_wait(gather(std::move(tasks)));
}

}  // namespace kaito::test
