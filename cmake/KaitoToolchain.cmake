# Language, warnings, hardening and sanitizers: the same for every target.
option(KAITO_TESTS "Build the tests" ON)
option(KAITO_FUZZ "Build the libFuzzer targets" OFF)
set(KAITO_SANITIZE "" CACHE STRING "Sanitizers: address,undefined or thread; empty for none")

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(KAITO_CCACHE ccache)
if(KAITO_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${KAITO_CCACHE}")
  # The same bytes from the same headers, or ccache never hits behind the precompiled header.
  list(APPEND CMAKE_CXX_COMPILE_OPTIONS_CREATE_PCH -Xclang -fno-pch-timestamp)
endif()

add_library(kaito_flags INTERFACE)
target_compile_options(kaito_flags INTERFACE
  -Wall -Wextra -Werror -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wcast-qual -Wformat=2 -Wimplicit-fallthrough -Wnull-dereference -Wextra-semi -Wunused
  -Wno-missing-designated-field-initializers -Wno-missing-field-initializers
  -fPIE -fno-omit-frame-pointer -fstack-protector-strong)
target_link_options(kaito_flags INTERFACE -fuse-ld=lld -pie -Wl,-z,relro,-z,now,-z,noexecstack)
target_include_directories(kaito_flags INTERFACE "${CMAKE_SOURCE_DIR}")
if(KAITO_SANITIZE)
  target_compile_options(kaito_flags INTERFACE -fsanitize=${KAITO_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(kaito_flags INTERFACE -fsanitize=${KAITO_SANITIZE})
  target_compile_definitions(kaito_flags INTERFACE KAITO_SANITIZED)
else()
  target_compile_options(kaito_flags INTERFACE $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=3>)
endif()
if(KAITO_FUZZ)
  target_compile_options(kaito_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
