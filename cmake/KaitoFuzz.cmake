# kaito_fuzzer(NAME source… LINK libraries…): the libFuzzer program NAME, and a ctest entry that runs it over its seeds
# (seeds/NAME beside the first source, where there is one) and for KAITO_FUZZ_SECONDS more.
set(KAITO_FUZZ_SECONDS 3 CACHE STRING "How long ctest runs each fuzzer")
add_custom_target(kaito_fuzzers)

function(kaito_fuzzer name)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE kaito_flags ${arg_LINK} kaito_base)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  kaito_use_pch(${name})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzzers")
  add_dependencies(kaito_fuzzers ${name})

  # New inputs go to the first folder named, which must exist; an input that crashes is kept beside it.
  set(corpus "${CMAKE_BINARY_DIR}/fuzz-corpus/${name}")
  file(MAKE_DIRECTORY "${corpus}")
  list(GET arg_UNPARSED_ARGUMENTS 0 source)
  get_filename_component(source "${source}" ABSOLUTE)
  get_filename_component(folder "${source}" DIRECTORY)
  set(seeds "${folder}/seeds/${name}")
  if(NOT IS_DIRECTORY "${seeds}")
    set(seeds "")
  endif()
  add_test(NAME Fuzz.${name} COMMAND ${name} -max_total_time=${KAITO_FUZZ_SECONDS} -timeout=10 -rss_limit_mb=2048
                                             -print_final_stats=1 "-artifact_prefix=${corpus}.found-" "${corpus}" ${seeds})
  set_tests_properties(Fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 120)
endfunction()
