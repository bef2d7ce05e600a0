# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause

find_package(GTest 1.12 REQUIRED)
find_package(Python3 REQUIRED COMPONENTS Interpreter)

# Tests see private headers and the linear algebra that reference implementations are written in. They link the
# library as users get it, but are themselves compiled quickly.
add_library(relume_test_flags INTERFACE)
target_include_directories(relume_test_flags INTERFACE "${PROJECT_SOURCE_DIR}/src" "${CMAKE_CURRENT_SOURCE_DIR}")
target_link_libraries(relume_test_flags INTERFACE relume::relume relume_build_flags Eigen3::Eigen fmt::fmt LibArchive::LibArchive Threads::Threads)
target_compile_definitions(relume_test_flags INTERFACE RELUME_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
target_compile_options(relume_test_flags INTERFACE $<$<CONFIG:Release>:-O1>)

# relume_add_test(unit/infer/limit_test.cpp [SLOW])
#
# Tests of one folder share an executable (unit_infer; the slow ones unit_infer_slow): that keeps the build short.
function(relume_add_test source)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SLOW" "" "")
  get_filename_component(folder "${source}" DIRECTORY)
  string(REPLACE "/" "_" name "${folder}")
  if(arg_SLOW)
    string(APPEND name "_slow")
  endif()
  if(NOT TARGET ${name})
    add_executable(${name})
    target_link_libraries(${name} PRIVATE relume_test_flags GTest::gtest_main)
    set_target_properties(${name} PROPERTIES CXX_EXTENSIONS OFF)
    add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
    if(arg_SLOW)
      set_tests_properties(${name} PROPERTIES LABELS slow)
    endif()
  endif()
  target_sources(${name} PRIVATE "${source}")
endfunction()

# relume_add_fuzz_target(pyhf_json): fuzz/pyhf_json_fuzz.cpp, with seeds in fuzz/seeds/pyhf_json/
#
# Always a smoke test with any compiler; with RELUME_BUILD_FUZZERS the libFuzzer program too.
function(relume_add_fuzz_target name)
  set(seeds "${CMAKE_CURRENT_SOURCE_DIR}/fuzz/seeds/${name}")
  add_executable(fuzz_${name}_smoke fuzz/${name}_fuzz.cpp fuzz/smoke_driver.cpp)
  target_link_libraries(fuzz_${name}_smoke PRIVATE relume_test_flags)
  set_target_properties(fuzz_${name}_smoke PROPERTIES CXX_EXTENSIONS OFF)
  add_test(NAME fuzz_${name}_smoke COMMAND fuzz_${name}_smoke "${seeds}")
  if(RELUME_BUILD_FUZZERS)
    add_executable(fuzz_${name} fuzz/${name}_fuzz.cpp)
    target_link_libraries(fuzz_${name} PRIVATE relume_test_flags -fsanitize=fuzzer)
    set_target_properties(fuzz_${name} PROPERTIES CXX_EXTENSIONS OFF)
    if(NOT TARGET relume_fuzzers)
      add_custom_target(relume_fuzzers)
    endif()
    add_dependencies(relume_fuzzers fuzz_${name})
  endif()
endfunction()

# relume_add_must_not_compile(must_not_compile/ids.cpp)
#
# The file compiles as it is, and does not with RELUME_BAD_LINE defined.
function(relume_add_must_not_compile source)
  get_filename_component(name "${source}" NAME_WE)
  set(compile "${CMAKE_CXX_COMPILER}" -std=c++20 -fsyntax-only "-I${PROJECT_SOURCE_DIR}/include" "${CMAKE_CURRENT_SOURCE_DIR}/${source}")
  add_test(NAME compiles_${name} COMMAND ${compile})
  add_test(NAME must_not_compile_${name} COMMAND ${compile} -DRELUME_BAD_LINE)
  set_tests_properties(must_not_compile_${name} PROPERTIES WILL_FAIL ON)
endfunction()

# relume_add_pytest(cli): every test in the folder, from the Python environment that scripts/setup makes.
#
# Those marked slow become a test of their own, with that label. They run the program: what needs the Python package is in tests/python, so no
# package from elsewhere is to be found here.
function(relume_add_pytest folder)
  set(pytest "${PROJECT_SOURCE_DIR}/.venv/bin/python" -m pytest --quiet "${CMAKE_CURRENT_SOURCE_DIR}/${folder}")
  add_test(NAME pytest_${folder} COMMAND ${pytest} -m "not slow")
  add_test(NAME pytest_${folder}_slow COMMAND ${pytest} -m slow)
  set_tests_properties(pytest_${folder}_slow PROPERTIES LABELS slow)
  set_tests_properties(pytest_${folder} pytest_${folder}_slow PROPERTIES
    SKIP_RETURN_CODE 5  # pytest: nothing was selected
    ENVIRONMENT_MODIFICATION PYTHONPATH=unset:
    ENVIRONMENT "RELUME_CLI=${PROJECT_BINARY_DIR}/relume;PYTHONDONTWRITEBYTECODE=1;MPLCONFIGDIR=${PROJECT_BINARY_DIR}/matplotlib;HYPOTHESIS_STORAGE_DIRECTORY=${PROJECT_BINARY_DIR}/hypothesis")
endfunction()
