// One case for comparing labels.
#pragma once

#include <string>
#include <string_view>

namespace kaito::store::sqlite {

// Lower case of every character by glibc's C.UTF-8 tables (simple case mapping: one character to one). Bytes that are
// not UTF-8 stay as they are. At most one and a half times as long as `text`.
std::string fold_case(std::string_view text);

}  // namespace kaito::store::sqlite
