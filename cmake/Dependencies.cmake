# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
#
# What the library stands on. All of it is private: no type of these appears in a public header.
# cmake/relume-config.cmake.in finds again those that a static relume has to be linked with.

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)  # dense linear algebra
find_package(fmt 9 REQUIRED)                 # text
find_package(LibArchive 3.6 REQUIRED)        # tar, zip, gzip and friends, as published on HEPData

# Header-only libraries without a CMake package of their own in Debian 12.
function(relume_find_headers target file purpose)
  find_path(${target}_INCLUDE_DIR ${file} REQUIRED DOC "Where ${file} is (${purpose})")
  mark_as_advanced(${target}_INCLUDE_DIR)
  add_library(${target} INTERFACE IMPORTED)
  target_include_directories(${target} SYSTEM INTERFACE "${${target}_INCLUDE_DIR}")
endfunction()
relume_find_headers(relume_rapidjson rapidjson/document.h "JSON")
relume_find_headers(relume_boost_math boost/math/tools/roots.hpp "special functions, root finding")
relume_find_headers(relume_random123 Random123/philox.h "counter-based random numbers")
