# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
#
# Installs the build tree `build` into a stage, then lets the outside project next to this file find, build and run it;
# and has the checkout `source` configured as a part of that project.

set(stage "${build}/package/stage")
set(outside "${build}/package/outside")
file(REMOVE_RECURSE "${build}/package")

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
endfunction()

run("${CMAKE_COMMAND}" --install "${build}" --prefix "${stage}")
run("${CMAKE_COMMAND}" -G Ninja -S "${CMAKE_CURRENT_LIST_DIR}" -B "${outside}" -D "CMAKE_PREFIX_PATH=${stage}" -D "CMAKE_CXX_COMPILER=${compiler}")
run("${CMAKE_COMMAND}" --build "${outside}")
execute_process(COMMAND "${outside}/outside" "${version}" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${outside}/outside_c" "${version}" COMMAND_ERROR_IS_FATAL ANY)
run("${stage}/bin/relume" --version)

run("${CMAKE_COMMAND}" -G Ninja -S "${CMAKE_CURRENT_LIST_DIR}" -B "${build}/package/embedded" -D "relume_source=${source}" -D "CMAKE_CXX_COMPILER=${compiler}")
