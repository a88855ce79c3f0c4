// What the journal must know of the records before the next one: the tree's frontier and the last leaf hash. Kept in
// the store's meta table by every batch, in its transaction, and checked against the records when the log is opened.
#pragma once

#include "appliance/audit/merkle.hpp"
#include "appliance/base/log.hpp"
#include "appliance/store/store.hpp"

namespace kaito::audit {

struct LogTail {
  Frontier tree;
  Hash last{};  // leaf hash of the last record; zeros when there is none
};

// docs/formats/audit.md, "Tail".
Bytes encode_tail(const LogTail& tail);
Result<LogTail> decode_tail(ByteView bytes);

Status store_tail(store::Writer& writer, const LogTail& tail);

// The tail as stored, or, when none is stored, computed from the leaf hashes. Code::integrity, with the sequence, when
// it, the last records and the last checkpoint do not fit together: the log was damaged or tampered with.
Result<LogTail> load_tail(store::Reader& reader, Logger& log);

}  // namespace kaito::audit
