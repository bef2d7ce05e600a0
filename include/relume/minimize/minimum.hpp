// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The answer of a minimisation and its certificate.
//
//   if (!minimum.is_usable()) report(minimum.reason);
//
// "Converged" is a claim about the point, checked the same way whatever algorithm found it: the projected gradient in
// units of each parameter's pre-fit sigma, and the expected distance to the minimum.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace relume::minimize {

enum class MinimumStatus {
  converged,      ///< certified
  singular,       ///< certified value, but some direction has no curvature: the point is not unique
  not_converged,  ///< stopped before the certificate held; the point is the best found
  infeasible,     ///< no point of the domain was found
  interrupted,    ///< the caller asked to stop
};
std::string_view to_string(MinimumStatus status);

/// What is checked at the reported point.
struct Certificate {
  double projected_gradient =
      std::numeric_limits<double>::infinity();  ///< largest component, in units of pre-fit sigma; components pushing
                                                ///< into a bound are zero
  std::uint32_t worst_parameter = 0;
  double edm = std::numeric_limits<double>::infinity();  ///< what the quadratic model at the point still promises
                                                         ///< within the bounds: 1/2 g^T H^-1 g where no bound is near
  bool semidefinite_curvature =
      false;  ///< the EDM had to use the Fisher form, because H is not positive definite along its way
};

/// Certificate limits (design: a converged minimum has both).
inline constexpr double max_projected_gradient = 1e-6;
inline constexpr double max_edm = 1e-9;

/// One attempt of the fallback ladder.
struct Attempt {
  std::string rung;  ///< "start", "feasibility", "Fisher steps", "nominal, Newton", "other start", "displaced", …
  MinimumStatus status = MinimumStatus::not_converged;
  double value = 0.0;
  int iterations = 0;
};

struct Counts {
  int iterations = 0, evaluations = 0, gradients = 0, factorisations = 0, products = 0;
};

struct Minimum {
  MinimumStatus status = MinimumStatus::not_converged;
  std::string reason;  ///< in words, also when all is well
  std::vector<double> x;
  double value = 0.0;
  Certificate certificate;
  std::vector<std::uint32_t> at_lower, at_upper;  ///< free parameters at a bound
  std::vector<std::uint32_t> at_kink;             ///< held at a kink with zero inside the one-sided gradients
  std::string edge;                               ///< names inequality constraints that hold with equality; empty: none
  std::vector<Attempt> attempts;
  Counts counts;
  double seconds = 0.0;

  bool is_converged() const { return status == MinimumStatus::converged; }
  /// The value can be used (a test statistic is meaningful), even if the point is not unique.
  bool is_usable() const { return status == MinimumStatus::converged || status == MinimumStatus::singular; }
};

}  // namespace relume::minimize
