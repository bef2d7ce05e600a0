// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What every kind of likelihood does with its constraints and auxiliary data: these functions are what a class derived
// from Likelihood calls in its own of the same purpose.
//
//   const ConstraintSum constraints = add_constraint_terms(*this, point, data, derivatives, scratch);
//   if (constraints.bad_parameter >= 0) return {math::EvaluationStatus::infeasible, infinity, infinity};
//
// Cost: a few operations per parameter, n^2 per correlated constraint of n parameters. Thread-safety: as Likelihood.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/model/likelihood.hpp"
#include "relume/spec/workspace.hpp"

namespace relume::model {

struct ConstraintSum {
  double value = 0.0;                 ///< deviance
  std::ptrdiff_t bad_parameter = -1;  ///< outside of the domain of its constraint
};

/// Sets the gradient, and the diagonals of the curvature, to what the constraints say: call it before main terms are
/// added to them. Parameters without constraint, and those that Scratch::left_out marks, get zeros.
ConstraintSum add_constraint_terms(const Likelihood& likelihood, std::span<const double> point, const Data& data,
                                   math::Derivatives derivatives, Scratch& scratch) noexcept;

/// One dense block per correlated constraint, the first ones of the layout. Its parameters must not be private.
void add_dense_blocks(std::span<const CorrelatedConstraint> constraints, math::CurvatureLayout& layout);
/// Their numbers, which never change: once, for a new scratch.
void fill_dense_blocks(const Likelihood& likelihood, Scratch& scratch);

/// Evaluations with this scratch (a new one) leave out the constraints of the parameters that `which` marks: those of
/// products and marginal likelihoods, which count them themselves. A correlated constraint is left out with its first
/// parameter.
void leave_out_constraints(const Likelihood& likelihood, std::span<const char> which, Scratch& scratch);

/// A correlation as models keep it: parameters ascend, the matrix goes with them, row by row.
struct OrderedCorrelation {
  std::vector<std::uint32_t> parameters;
  std::vector<double> correlation;
};
/// `find` says which parameter a name is, or why it is none that could be correlated; it is asked once per name, in the
/// order of the file. Errors, at `where`: all that `find` says, a matrix of another size, a name that is there twice.
Result<OrderedCorrelation> in_order(const spec::Correlation& given, const std::string& where,
                                    const std::function<Result<std::uint32_t>(const std::string& name)>& find);

/// The joint constraint of these parameters (ascending), given the correlation of u (row by row). Errors: a matrix that
/// is not positive definite enough to be inverted.
Result<CorrelatedConstraint> correlated_constraint(std::vector<std::uint32_t> parameters,
                                                   std::vector<double> correlation);

/// What the deviance of the constraints leaves out of -ln L.
double constraint_constant(const Likelihood& likelihood, const Data& data);

/// Expected auxiliary data at a point; main data stay as they are.
void set_expected_auxiliary(const Likelihood& likelihood, std::span<const double> point, Data& data);
/// Fluctuates auxiliary data alone.
void fluctuate_auxiliary(const Likelihood& likelihood, const Data& expected, const RandomKey& key, Data& toy);

/// Why a constraint put the parameter outside of its domain.
std::string explain_constraint(const Likelihood& likelihood, std::span<const double> point, std::size_t parameter);

}  // namespace relume::model
