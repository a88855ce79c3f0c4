# kaito_library(NAME [sources…]): the static library kaito_NAME from the current folder's *.cpp (and those of the
# sub-folders named in SUBFOLDERS), with the product's flags and the shared precompiled header.
function(kaito_library name)
  cmake_parse_arguments(arg "" "" "SUBFOLDERS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp *.hpp)
  foreach(folder ${arg_SUBFOLDERS})
    file(GLOB more CONFIGURE_DEPENDS ${folder}/*.cpp ${folder}/*.hpp)
    list(APPEND sources ${more})
  endforeach()
  add_library(kaito_${name} STATIC ${sources})
  target_link_libraries(kaito_${name} PUBLIC kaito_flags)
  if(name STREQUAL "base")
    target_precompile_headers(kaito_${name} PRIVATE "${CMAKE_SOURCE_DIR}/cmake/pch.hpp")
  else()
    kaito_use_pch(kaito_${name})
    target_link_libraries(kaito_${name} PUBLIC kaito_base)
  endif()
endfunction()

# The standard library and fmt, compiled once.
function(kaito_use_pch target)
  target_precompile_headers(${target} REUSE_FROM kaito_base)
endfunction()

# kaito_executable(NAME sources…)
function(kaito_executable name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE kaito_flags kaito_base)
  kaito_use_pch(${name})
endfunction()

# kaito_test(NAME LABEL sources… LINK libraries…): one GoogleTest program; every test in it runs as its own ctest entry
# unless AS_ONE is given (for suites whose fixture is dear).
function(kaito_test name label)
  cmake_parse_arguments(arg "AS_ONE" "TIMEOUT" "LINK" ${ARGN})
  add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE kaito_flags ${arg_LINK} kaito_base GTest::gmock GTest::gtest_main)
  kaito_use_pch(${name})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  if(arg_AS_ONE)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT ${arg_TIMEOUT})
  else()
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                         PROPERTIES LABELS ${label} TIMEOUT ${arg_TIMEOUT})
  endif()
endfunction()
