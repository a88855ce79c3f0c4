// A bounded map that forgets what was used longest ago. Not thread-safe.
#pragma once

#include <list>
#include <unordered_map>
#include <utility>

#include "appliance/base/invariant.hpp"

namespace kaito::hsm {

template <class Key, class Value>
class LruCache {
 public:
  // `capacity` is at least 1.
  explicit LruCache(std::size_t capacity) : capacity_(capacity) { KAITO_INVARIANT(capacity > 0); }

  // Null when absent. What is found counts as used. Valid until the next insert() or clear().
  Value* find(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }
  // `key` must be absent.
  Value& insert(Key key, Value value) {
    if (entries_.size() == capacity_) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(std::move(key), std::move(value));
    KAITO_INVARIANT(index_.emplace(entries_.front().first, entries_.begin()).second);
    return entries_.front().second;
  }
  // Forgets every entry for which `condition(value)` holds.
  template <class Condition>
  void erase_if(Condition condition) {
    for (auto entry = entries_.begin(); entry != entries_.end();) {
      if (!condition(std::as_const(entry->second))) {
        ++entry;
        continue;
      }
      index_.erase(entry->first);
      entry = entries_.erase(entry);
    }
  }
  void clear() {
    index_.clear();
    entries_.clear();
  }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  // Most recently used first.
  [[nodiscard]] const std::list<std::pair<Key, Value>>& entries() const noexcept { return entries_; }

 private:
  using Entries = std::list<std::pair<Key, Value>>;
  std::size_t capacity_;
  Entries entries_;
  std::unordered_map<Key, typename Entries::iterator> index_;
};

}  // namespace kaito::hsm
