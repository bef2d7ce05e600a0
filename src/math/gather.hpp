// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Dot products and updates, plain and through index lists: the inner loops of the structured linear algebra.
#pragma once

#include <cstddef>
#include <cstdint>

namespace relume::math {

/// sum_j a_j b_j, in four partial sums, for the same reason as below.
inline double plain_dot(const double* a, const double* b, std::size_t n) {
  double sum = 0.0;
  std::size_t j = 0;
  if (n >= 8) {
    double s[4] = {};
    for (; j + 4 <= n; j += 4) {
      for (std::size_t k = 0; k < 4; ++k) s[k] += a[j + k] * b[j + k];
    }
    sum = (s[0] + s[2]) + (s[1] + s[3]);
  }
  for (; j < n; ++j) sum += a[j] * b[j];
  return sum;
}

/// sum_j a_j v[index_j], in four partial sums: the compiler may not reorder a sum by itself, and one chain of additions
/// would cost four times as much.
inline double gathered_dot(const double* a, const std::uint32_t* index, std::size_t n, const double* v) {
  double s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0;
  std::size_t j = 0;
  for (; j + 4 <= n; j += 4) {
    s0 += a[j] * v[index[j]];
    s1 += a[j + 1] * v[index[j + 1]];
    s2 += a[j + 2] * v[index[j + 2]];
    s3 += a[j + 3] * v[index[j + 3]];
  }
  for (; j < n; ++j) s0 += a[j] * v[index[j]];
  return (s0 + s1) + (s2 + s3);
}

/// Both dot products of a pair of vectors, for one pass through the index list.
struct TwoDots {
  double a = 0.0, b = 0.0;
};
inline TwoDots gathered_dots(const double* a, const double* b, const std::uint32_t* index, std::size_t n,
                             const double* v) {
  double a0 = 0.0, a1 = 0.0, b0 = 0.0, b1 = 0.0;
  std::size_t j = 0;
  for (; j + 2 <= n; j += 2) {
    const double v0 = v[index[j]], v1 = v[index[j + 1]];
    a0 += a[j] * v0;
    a1 += a[j + 1] * v1;
    b0 += b[j] * v0;
    b1 += b[j + 1] * v1;
  }
  if (j < n) {
    a0 += a[j] * v[index[j]];
    b0 += b[j] * v[index[j]];
  }
  return {a0 + a1, b0 + b1};
}

/// out[index_j] += a_j x; the indices are distinct.
inline void scattered_add(const double* a, const std::uint32_t* index, std::size_t n, double x, double* out) {
  for (std::size_t j = 0; j < n; ++j) out[index[j]] += a[j] * x;
}

}  // namespace relume::math
