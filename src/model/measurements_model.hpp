// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Measured values and tables as a Likelihood. With p_i the prediction of value i, e_i = g_i(p_i) what is expected of
// its datum d_i (the prediction itself but for upper limits), u_i the distance e_i - d_i in standard deviations
// (AsymmetricError) and P the inverse correlation of values measured together,
//
//   deviance = sum over groups u^T P u / 2 + sum over tables f(p) + constraints.
//
// A row of the curvature is the expected datum of one value. Its weight carries values that are correlated with no
// others; those measured together, and all that rows cannot carry (bends of predictions, of g and of u), stand in dense
// blocks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "math/expression.hpp"
#include "math/grid_interpolation.hpp"
#include "math/monotone_curve.hpp"
#include "model/asymmetric_error.hpp"
#include "relume/model/likelihood.hpp"

namespace relume::model {

class MeasurementsLikelihood final : public Likelihood {
 public:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  struct Value {
    std::string name;
    math::ExpressionTape::Node prediction = 0;
    std::uint32_t curve = none;  ///< of expected data in predictions
    AsymmetricError error;
    std::uint32_t block = none;  ///< dense block of the layout, for values that are correlated with no others
  };
  /// Values that are correlated, one after the other.
  struct Group {
    std::size_t first = 0, size = 0;
    std::vector<double> precision, root;  ///< of the correlation; empty: there is one value
    double log_determinant = 0.0;
    std::uint32_t block = none;         ///< of groups of several values
    bool is_constant = false;           ///< linear predictions, one width each: second derivatives never change
    std::vector<std::uint32_t> places;  ///< of each value's parameters in the block's, one value after the other
    double acceptance = 1.0;            ///< share of tries that toys of split normals keep
  };
  struct Table {
    struct Axis {
      std::string name;
      math::ExpressionTape::Node prediction = 0;
      std::vector<std::uint32_t> places;  ///< of its parameters in the block's
    };
    std::string name;
    std::vector<Axis> axes;
    math::GridInterpolation values;
    double factor = 1.0;   ///< deviance = factor * (values - minimum)
    double minimum = 0.0;  ///< of the table
    std::uint32_t block = none;
  };

  class Work;

  /// Building, in this order: parameters and their constraints, what is public below, `arrange`.
  explicit MeasurementsLikelihood(math::ExpressionTape expressions) : tape(std::move(expressions)) {}
  std::vector<Parameter>& own_parameters() { return parameters_; }
  std::vector<CorrelatedConstraint>& own_correlations() { return correlated_constraints_; }
  void set_poi(std::optional<ParamId> poi) { poi_ = poi; }
  /// Parameter sets, data blocks, channels and the layout of the curvature. `observed`: the measured values; the means
  /// of constraints (one per parameter, where there is one) are added.
  void arrange(std::span<const double> constraint_means, Data& observed);

  std::unique_ptr<Scratch> make_scratch() const override;
  math::Evaluation evaluate(std::span<const double> point, const Data& data, math::Derivatives derivatives,
                            const math::Relaxation& relaxation, Scratch& scratch) const noexcept override;
  Constants constants(const Data& data) const override;
  Data expected_data(std::span<const double> point) const override;
  PredictionSlopes prediction_slopes(std::span<const double> point) const override;
  void fluctuate(const Data& expected, const RandomKey& key, Data& toy) const override;
  std::string why_no_expected_data() const override;
  std::string why_no_toys() const override;
  void reset_multipliers(Scratch&) const override {}
  double update_multipliers(double, Scratch&) const override { return 0.0; }
  std::string explain(std::span<const double> point, const Scratch& scratch) const override;

  math::ExpressionTape tape;
  std::vector<Value> values;
  std::vector<Group> groups;
  std::vector<Table> tables;
  std::vector<math::MonotoneCurve> curves;

 private:
  void lay_out();
  /// Expected datum of a value and its derivatives in the prediction.
  math::Jet expected(const Value& value, double prediction) const;
  bool respond(std::span<const double> data, double floor, Work& work) const noexcept;
  bool add_groups(math::Derivatives derivatives, Work& work, double& sum) const noexcept;
  bool add_tables(math::Derivatives derivatives, double floor, Work& work, double& sum) const noexcept;
  void fill_row(std::size_t row, Work& work) const noexcept;
  void fill_single(const Group& group, Work& work) const noexcept;
  void fill_group(const Group& group, Work& work) const noexcept;
  void add_bends(math::ExpressionTape::Node node, std::span<const std::uint32_t> places, std::size_t n, double slope,
                 double bend, const Work& work, double* out) const noexcept;
};

/// What an evaluation writes besides.
class MeasurementsLikelihood::Work final : public Scratch {
 public:
  explicit Work(const MeasurementsLikelihood& model);

  math::ExpressionWork expressions;
  std::vector<math::Jet> expected, response;  ///< per value: e(p), u(e)
  std::vector<double> pulled;                 ///< per value: (P u)_i
  std::vector<double> rows, weighted;         ///< of a group's Jacobian, and P times it
  std::vector<double> x, slope, second;       ///< of a table

  enum class Failure { no, not_finite, beyond_pole, outside_of_table, too_large };
  Failure failure = Failure::no;
  std::size_t failed = 0, failed_axis = 0;  ///< value; or table and its axis
  bool failed_in_table = false;
  std::ptrdiff_t bad_parameter = -1;
};

}  // namespace relume::model
