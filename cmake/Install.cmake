# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
#
# Library, headers, CMake package; and, with the program, its man page and shell completions, which it writes itself.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(relume_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/relume")
install(TARGETS relume EXPORT relume-targets FILE_SET HEADERS)
install(EXPORT relume-targets NAMESPACE relume:: DESTINATION "${relume_package_dir}")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/relume-config.cmake.in" "${PROJECT_BINARY_DIR}/relume-config.cmake"
  INSTALL_DESTINATION "${relume_package_dir}" NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/relume-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/relume-config.cmake" "${PROJECT_BINARY_DIR}/relume-config-version.cmake"
  DESTINATION "${relume_package_dir}")
if(TARGET relume_cli)
  set_target_properties(relume_cli PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
  install(TARGETS relume_cli)
endif()
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
