// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A file gives the entries of a matrix one by one, the matrix takes memory with the square of its labels: a small file
// of many labels must be refused before the matrix is made.
#pragma once

#include <cstddef>

namespace relume::formats {

/// Entries of one triangle and the diagonal.
constexpr std::size_t triangle_size(std::size_t n_labels) { return n_labels * (n_labels + 1) / 2; }

/// How many of these are not given; some formats have a meaning for that.
constexpr std::size_t n_not_given(std::size_t n_labels, std::size_t n_given) {
  return n_given < triangle_size(n_labels) ? triangle_size(n_labels) - n_given : 0;
}

}  // namespace relume::formats
