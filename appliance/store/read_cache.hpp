// Rows that every request reads and hardly any changes, kept between two changes of the store. What is given is the
// present state, as a snapshot opened now would show it: any change makes the cache read anew.
//
// For what the database holds in clear or wrapped; opened secrets are never put here.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "appliance/store/store.hpp"

namespace kaito::store {

// Thread-safe.
template <class Key, class Value, class Hash = std::hash<Key>>
class ReadCache {
 public:
  using Pointer = std::shared_ptr<const Value>;

  // Keeps at most about `capacity` values. `store` must outlive the cache.
  ReadCache(Store& store, std::size_t capacity) : store_(store), shard_capacity_(capacity / kShards + 1) {}

  // The value of `key`; when it is not known, `load(Reader&)`, a Result<std::optional<Value>>, reads it from a
  // snapshot. Null when there is none: that is not remembered, so nobody fills the cache with guesses.
  template <class Load>
  Result<Pointer> get(const Key& key, Load load) {
    const std::uint64_t generation = store_.change_generation();
    const std::size_t hash = Hash{}(key);
    Shard& shard = shards_[hash % kShards];
    {
      const std::lock_guard lock(shard.mutex);
      if (shard.generation == generation)
        if (const auto found = shard.values.find(key); found != shard.values.end()) return found->second;
    }
    // A change that commits from here on, before the snapshot or after it, moves the generation on.
    KAITO_TRY(const auto snapshot, store_.snapshot());
    KAITO_TRY(std::optional<Value> loaded, load(*snapshot));
    if (!loaded) return Pointer();
    auto value = std::make_shared<const Value>(*std::move(loaded));
    const std::lock_guard lock(shard.mutex);
    if (shard.generation < generation || shard.values.size() >= shard_capacity_) shard.values.clear();
    if (shard.generation > generation) return value;
    shard.generation = generation;
    shard.values.insert_or_assign(key, value);
    return value;
  }

 private:
  static constexpr std::size_t kShards = 16;  // so that I/O threads seldom meet
  struct Shard {
    std::mutex mutex;
    std::uint64_t generation = 0;  // of all its values
    std::unordered_map<Key, Pointer, Hash> values;
  };

  Store& store_;
  const std::size_t shard_capacity_;
  std::array<Shard, kShards> shards_;
};

}  // namespace kaito::store
