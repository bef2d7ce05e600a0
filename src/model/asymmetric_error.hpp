// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What a measured value with a lower and an upper error says about the distance r = prediction - value: u(r), the
// distance in standard deviations with its sign, so that -2 ln L = u^2 for one value, u^T rho^-1 u for several with
// correlation rho. u is -1 at r = -lower and +1 at r = upper. The five forms are those of spec::ErrorModel, formulas
// and domains in docs/concepts/measurements.md (R. Barlow, physics/0406120).
//
//   const AsymmetricError error(spec::ErrorModel::variable_gaussian_2, 0.2, 0.3);
//   if (const auto u = error.response(r, 0.0)) use(u->value, u->slope, u->curvature);
//
// Thread-safety: a value.
#pragma once

#include <optional>

#include "math/interpolation.hpp"
#include "relume/spec/publication.hpp"

namespace relume::model {

class AsymmetricError {
 public:
  /// Precondition: both errors positive. `is_possible()` may be false afterwards: no generalised Poisson goes through
  /// errors whose ratio is beyond 30 or so, and squares of errors must be numbers.
  AsymmetricError(spec::ErrorModel model, double lower, double upper);

  bool is_possible() const { return is_possible_; }
  /// Nothing beyond the pole. With a floor > 0, u is continued there quadratically from where w = 1 + shape * r has
  /// come down to the floor (see math::Relaxation).
  std::optional<math::Jet> response(double r, double floor) const;
  /// Where the domain ends; nothing: nowhere.
  std::optional<double> pole() const;
  double shape() const { return shape_; }
  double width() const { return 0.5 * (lower_ + upper_); }
  double lower() const { return lower_; }
  double upper() const { return upper_; }
  spec::ErrorModel model() const { return model_; }
  /// One width on both sides: the error is Gaussian, whatever its form.
  bool is_symmetric() const { return model_ == spec::ErrorModel::gaussian || lower_ == upper_; }
  /// u is not linear on either side of r = 0.
  bool is_curved() const { return shape_ != 0.0; }

 private:
  math::Jet inside(double r) const;

  spec::ErrorModel model_;
  double lower_, upper_;
  double shape_ = 0.0;  ///< the domain is w = 1 + shape r > 0; 0: everywhere
  double scale_ = 1.0;  ///< u'(0) of the curved forms
  bool is_possible_ = true;
};

}  // namespace relume::model
