// How Client's calls become frames, and replies become results.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "hsm/client/supervisor.hpp"
#include "hsm/protocol/messages.hpp"

namespace kaito::hsm {

template <class V>
Future<Result<V>> refused(Error error) {
  auto [future, completer] = make_future<V>();
  completer.set(fail(std::move(error)));
  return std::move(future);
}

// Sends what `encode(WireWriter&)` writes; the answer is what `decode(ByteReader&)` reads. `allowance`: how much longer
// than any other call it may take.
template <class V, class Encode, class Decode>
Future<Result<V>> request(Supervisor& supervisor, const Status& checked, Op op, Encode encode, Decode decode,
                          Milliseconds allowance = {}) {
  if (!checked) return refused<V>(checked.error());
  auto [future, completer] = make_future<V>();
  Call call{.op = op, .payload = {}, .deadline = supervisor.deadline() + allowance, .done = {}, .allowance = allowance};
  WireWriter out(call.payload);
  encode(out);
  call.done = [done = std::move(completer), decode](Result<ByteReader> reply) mutable {
    if (reply)
      done.set(decode(*reply));
    else
      done.set(fail(std::move(reply).error()));
  };
  supervisor.submit(std::move(call));
  return std::move(future);
}

// A list that travels in several frames: collects their results, answers with all of them or the first error.
template <class Output>
class Parts {
 public:
  Parts(Completer<std::vector<Result<Output>>> done, std::size_t parts) : done_(std::move(done)), results_(parts) {}

  // On the supervisor's thread, or on the submitting thread when a part is refused at once.
  void answer(std::size_t part, Result<std::vector<Result<Output>>> result) {
    const std::scoped_lock lock(mutex_);
    if (result)
      results_[part] = *std::move(result);
    else if (!error_)
      error_ = std::move(result).error();
    if (++answered_ < results_.size()) return;
    if (error_) return done_.set(fail(*std::move(error_)));
    std::vector<Result<Output>> all;
    for (auto& some : results_) std::ranges::move(some, std::back_inserter(all));
    done_.set(std::move(all));
  }

 private:
  std::mutex mutex_;
  Completer<std::vector<Result<Output>>> done_;
  std::vector<std::vector<Result<Output>>> results_;
  std::size_t answered_ = 0;
  std::optional<Error> error_;
};

// How a list is cut into frames: at most `items` in one, behind at most `head_size` bytes.
struct FrameLimits {
  std::size_t items;
  std::size_t head_size;
};

// What an item takes in a frame.
inline std::size_t wire_size(const DekToWrap& item) { return kDekSize + 2 + item.aad.size(); }
inline std::size_t wire_size(const DekToUnwrap& item) { return 2 + item.wrapped.blob.size() + 2 + item.aad.size(); }
inline std::size_t wire_size(const DekToRewrap& item) {
  const std::size_t proof =
      item.proof ? kGcmIvSize + 2 + item.proof->aad.size() + 2 + item.proof->ciphertext.size() + kGcmTagSize : 0;
  return 2 + item.wrapped.blob.size() + 2 + item.aad_before.size() + 2 + item.aad_after.size() + 1 + proof;
}
inline std::size_t wire_size(const OrgKekToRewrap& item) { return 2 + item.blob.size() + 2 + item.aad.size(); }

// Cuts `items` into frames. `encode(WireWriter&, span)` writes one frame's request; `begin(ByteReader&)` reads what
// stands before the reply's items, `read(ByteReader&)` one of them.
template <class Output, class Item, class Encode, class Begin, class Read>
Future<Result<std::vector<Result<Output>>>> request_list(Supervisor& supervisor, const Status& checked,
                                                         std::vector<Item> items, FrameLimits limits, Op op,
                                                         Encode encode, Begin begin, Read read) {
  using List = std::vector<Result<Output>>;
  if (!checked) return refused<List>(checked.error());
  const std::size_t batch = limits.items;
  const std::size_t count = std::max<std::size_t>(1, (items.size() + batch - 1) / batch);
  auto [future, completer] = make_future<List>();
  auto parts = std::make_shared<Parts<Output>>(std::move(completer), count);
  for (std::size_t part = 0; part < count; ++part) {
    const auto some = std::span(items).subspan(part * batch, std::min(batch, items.size() - part * batch));
    Call call{.op = op, .payload = {}, .deadline = supervisor.deadline(), .done = {}};
    // All at once, so that a payload with DEKs is not moved as it grows.
    std::size_t bound = limits.head_size;
    for (const Item& item : some) bound += wire_size(item);
    call.payload.reserve(bound);
    WireWriter out(call.payload);
    encode(out, some);
    call.done = [parts, part, size = some.size(), begin, read](Result<ByteReader> reply) {
      if (!reply) return parts->answer(part, fail(std::move(reply).error()));
      if (auto begun = begin(*reply); !begun) return parts->answer(part, fail(std::move(begun).error()));
      List results;
      results.reserve(size);
      for (std::size_t i = 0; i < size; ++i) results.push_back(read(*reply));
      parts->answer(part, std::move(results));
    };
    supervisor.submit(std::move(call));
  }
  return std::move(future);
}

}  // namespace kaito::hsm
