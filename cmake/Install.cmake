# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
#
# Library, headers, CMake package; and, with the program, the man page and shell completions, which it prints itself.

include(GNUInstallDirs)
if(SKBUILD)
  # In a wheel: library, headers and CMake package inside of the Python package, the program among the environment's programs.
  set(CMAKE_INSTALL_BINDIR "${SKBUILD_SCRIPTS_DIR}")
  set(CMAKE_INSTALL_MANDIR "${SKBUILD_DATA_DIR}/share/man")
  set(CMAKE_INSTALL_DATADIR "${SKBUILD_DATA_DIR}/share")
endif()
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

  # install_page(<folder> <file> <arguments of relume that print it>)
  function(install_page folder file)
    set(page "${PROJECT_BINARY_DIR}/pages/${folder}/${file}")
    cmake_path(GET page PARENT_PATH page_folder)
    install(CODE "
      file(MAKE_DIRECTORY \"${page_folder}\")
      execute_process(COMMAND \"$<TARGET_FILE:relume_cli>\" ${ARGN} OUTPUT_FILE \"${page}\" COMMAND_ERROR_IS_FATAL ANY)")
    install(FILES "${page}" DESTINATION "${folder}")
  endfunction()
  install_page("${CMAKE_INSTALL_MANDIR}/man1" relume.1 man)
  install_page("${CMAKE_INSTALL_DATADIR}/bash-completion/completions" relume completions bash)
  install_page("${CMAKE_INSTALL_DATADIR}/zsh/site-functions" _relume completions zsh)
  install_page("${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d" relume.fish completions fish)
endif()
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
