# SPDX-FileCopyrightText: relume authors
# SPDX-License-Identifier: BSD-3-Clause
#
# The verbs a newcomer types. Each is one line; the work is in scripts/ and CMakePresets.json.
.PHONY: help setup build demo toy-search test test-slow bench format clean

help:       ; @sed -n 's/^\([a-z-]*\): *; .* \# /  make \1\t/p' Makefile
setup:      ; @scripts/setup      # packages and Python environment that the other verbs need
build:      ; @scripts/build      # the program build/relume and the library
demo:       ; @scripts/demo       # limits over a mass plane: a table and a picture
toy-search: ; @scripts/toy-search # a full likelihood of 90 bins beside its simplified ones: a table and a picture
test:       ; @scripts/test       # everything that runs in minutes
test-slow:  ; @scripts/test-slow  # coverage of toys, sanitizers, long fuzzing
bench:      ; @scripts/bench      # speed, with the peers in the same run
format:     ; @scripts/format     # clang-format on every C++ file
clean:      ; @rm -rf build       # all that was built
