// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Solves with a Curvature on the subspace of free parameters. Private parameters are eliminated row by row (Schur
// complement); the shared block is factorised either densely (P x P) or in row space (B x B, Woodbury), whichever is
// cheaper.
//
//   CurvatureSolver solver(layout);
//   if (solver.factorise(curvature, free, Form::exact) == Factorisation::positive_definite) solver.solve(b, x);
//
// Cost: B P^2/2 + P^3/6 multiply-adds densely, B^2 P/2 + B^3/6 in row space. Rows with several private parameters
// allocate. Thread-safety: one solver per thread.
#pragma once

#include <memory>
#include <span>

#include "relume/math/curvature.hpp"

namespace relume::math {

enum class Factorisation { positive_definite, not_positive_definite };

class CurvatureSolver {
 public:
  explicit CurvatureSolver(const CurvatureLayout& layout);
  ~CurvatureSolver();
  CurvatureSolver(const CurvatureSolver&) = delete;
  CurvatureSolver& operator=(const CurvatureSolver&) = delete;

  /// True when the exact Hessian is factorised as cheaply as its semidefinite part; otherwise the exact form is reached
  /// by conjugate gradients with the preconditioner form.
  bool prefers_dense() const;

  /// Factorises H on the parameters with free[i] != 0. The exact form reads `curvature` again when it
  /// solves; the others keep what they need, and serve as preconditioners of neighbouring points. Directions without
  /// curvature get `null_direction_share` of their own Fisher diagonal, so that the semidefinite form always succeeds.
  Factorisation factorise(const Curvature& curvature, std::span<const char> free, Form form);

  /// x = H^-1 b on the free parameters; zero elsewhere.
  void solve(std::span<const double> b, std::span<double> x);

  /// Relative stiffness lent to directions without any curvature: far below anything a fit resolves, far above
  /// rounding.
  static constexpr double null_direction_share = 1e-9;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace relume::math
