// Reads the structure of an object file of SoftHSM 2's "file" store: enough to tell a whole one from a damaged one.
#pragma once

#include <set>

#include "appliance/base/bytes.hpp"

namespace kaito::hsm {

// The types of the attributes in the file, in SoftHSM's numbering (CKA_… and its own, from 0x80005349).
// Code::integrity: cut short, empty, or not of the format. At most 64 KiB are looked at.
//
// Format, all numbers 8 bytes big-endian: generation, then per attribute its type, the kind of its value, the value:
// 1 boolean (1 byte), 2 number, 3 byte string (length, bytes), 4 nested attributes (length, attributes), 5 set of
// mechanisms (count, numbers).
Result<std::set<std::uint64_t>> read_softhsm_object(ByteView file);

}  // namespace kaito::hsm
