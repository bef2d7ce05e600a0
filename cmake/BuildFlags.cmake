# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
#
# `relume_build_flags` carries what every target of this project is compiled with and no consumer ever sees.

if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release or RelWithDebInfo" FORCE)
  endif()
  # A compiler cache is used when there is one. It lives in the checkout unless the caller's environment says where.
  find_program(RELUME_CCACHE ccache)
  if(RELUME_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    if(DEFINED ENV{CCACHE_DIR})
      set(CMAKE_CXX_COMPILER_LAUNCHER "${RELUME_CCACHE}")
    else()
      set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND};-E;env;CCACHE_DIR=${PROJECT_SOURCE_DIR}/.ccache;${RELUME_CCACHE}")
    endif()
  endif()
endif()

add_library(relume_build_flags INTERFACE)

# Floating point. Results must be the same bits for any number of threads and any grouping of toys; neither needs
# more than one compiled copy of each kernel, so contraction to fused multiply-add stays at the compiler's default.
# Never -ffast-math: it would let the compiler reorder sums and assume that no NaN or infinity ever occurs, and a rate
# that has gone wrong is recognised by exactly those. Left out are only errno and floating-point traps, which nothing
# here reads and which keep sqrt and selections from being vectorised.
target_compile_options(relume_build_flags INTERFACE -fno-math-errno -fno-trapping-math)

# Consumers that compile Eigen themselves for another instruction set should link a relume that was built without this.
if(RELUME_NATIVE)
  target_compile_options(relume_build_flags INTERFACE -march=native)
endif()

if(RELUME_DEVELOPER_MODE)
  target_compile_options(relume_build_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
  # Not gcc's guesses that depend on what it inlined: gcc 12 takes its own AVX-512 intrinsics for uninitialised (gcc bug
  # 105593), the more so under sanitizers, and sees overruns in initializer lists and strings that are none (105329,
  # 107852). clang, clang-tidy and the address sanitizer look for the real ones.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(relume_build_flags INTERFACE
      -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow -Wno-restrict)
    if(RELUME_SANITIZE)
      target_compile_options(relume_build_flags INTERFACE -Wno-uninitialized)
    endif()
  endif()
endif()

# Bounds checks of the standard library, wherever asserts are live.
target_compile_definitions(relume_build_flags INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)

if(RELUME_SANITIZE)
  set(relume_sanitizer_flags -fsanitize=${RELUME_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_options(relume_build_flags INTERFACE ${relume_sanitizer_flags})
  target_link_options(relume_build_flags INTERFACE ${relume_sanitizer_flags})
endif()

# The library tells libFuzzer which branches an input takes; only the fuzz targets have libFuzzer's main().
if(RELUME_BUILD_FUZZERS)
  target_compile_options(relume_build_flags INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(relume_build_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(RELUME_CLANG_TIDY)
  find_program(RELUME_CLANG_TIDY_PROGRAM "${RELUME_CLANG_TIDY}" REQUIRED)
  set(CMAKE_CXX_CLANG_TIDY "${RELUME_CLANG_TIDY_PROGRAM}" --quiet)
endif()
