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
find_package(pugixml 1.11 REQUIRED)          # XML
find_package(yaml-cpp 0.6 REQUIRED)          # YAML
# Its target has had a namespace since 0.8.
set(RELUME_YAML_CPP yaml-cpp)
if(TARGET yaml-cpp::yaml-cpp)
  set(RELUME_YAML_CPP yaml-cpp::yaml-cpp)
endif()

find_package(Qhull 8.0 REQUIRED)              # Delaunay triangulations (docs/decisions/0007-triangulation.md)
find_package(Boost 1.75 REQUIRED)             # headers: JSON, special functions, random distributions

# Random123, counter-based random numbers: headers without a CMake package.
find_path(RELUME_RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED DOC "Where Random123/philox.h is")
mark_as_advanced(RELUME_RANDOM123_INCLUDE_DIR)
add_library(relume_random123 INTERFACE IMPORTED)
target_include_directories(relume_random123 SYSTEM INTERFACE "${RELUME_RANDOM123_INCLUDE_DIR}")
