// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The one abstraction: parameters, data and a function of both with exact derivatives. Everything in infer/ speaks to
// this and to nothing else; a new kind of published result is one new class.
//
//   auto scratch = likelihood.make_scratch();
//   auto e = likelihood.evaluate(point, observed, math::Derivatives::gradient, {}, *scratch);
//   double nll = e.value + likelihood.constant(observed);     // -ln L with all constants
//   use(scratch->gradient);
//
// Cost: one pass over the model's non-zero effects; nothing is allocated while evaluating. Thread-safety: a Likelihood
// is immutable and serves all threads; what an evaluation writes lives in a Scratch, one per thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "relume/base/ids.hpp"
#include "relume/math/curvature.hpp"
#include "relume/math/evaluation.hpp"
#include "relume/model/data.hpp"

namespace relume::model {

enum class ConstraintKind { none, normal, poisson, gamma_variance, correlated_normal };
std::string_view to_string(ConstraintKind kind);  ///< as they are written here

/// How auxiliary data constrain one parameter: Normal(a | theta, width) or Poisson(a | rate * theta); or, with an error
/// on the error, Normal(a | theta, sigma) and an estimate v of sigma^2 that fluctuates, sigma being profiled
/// (docs/concepts/errors_on_errors.md); or, together with others, one multivariate normal.
struct Constraint {
  ConstraintKind kind = ConstraintKind::none;
  std::size_t data_index = 0;      ///< of the auxiliary datum in Data::values
  double width = 0.0;              ///< all but poisson: standard deviation
  double rate = 0.0;               ///< poisson: expected auxiliary count at theta = 1
  double error_on_error = 0.0;     ///< gamma_variance: relative uncertainty of the width
  std::size_t variance_index = 0;  ///< gamma_variance: of the estimated variance in Data::values
};

/// The constraints of several parameters of kind correlated_normal: with u_i = (a_i - theta_i) / width_i, the deviance
/// is u^T precision u / 2.
struct CorrelatedConstraint {
  std::vector<std::uint32_t> parameters;  ///< ascending
  std::vector<double> correlation;        ///< of u, row by row
  std::vector<double> precision;          ///< its inverse
  std::vector<double> root;               ///< lower triangle L with L L^T = correlation
  double log_determinant = 0.0;           ///< of the correlation
  double least_precision = 0.0;           ///< smallest eigenvalue of the precision
};

struct Parameter {
  std::string name;  ///< "mu", or "gamma[3]" for a component of a set
  double initial = 0.0, lower = 0.0, upper = 0.0;
  bool is_fixed = false;
  Constraint constraint;
  /// Pre-fit standard deviation; 0 where there is none (an unconstrained parameter).
  double prefit_sigma() const;
};

/// Parameters published under one name; scalars have one component and print without index.
struct ParameterSet {
  std::string name;
  std::size_t first = 0, size = 1;
  bool is_scalar = true;
};

/// A prediction group: the bins of a channel, with its samples.
struct ChannelInfo {
  std::string name;
  std::size_t first_bin = 0, n_bins = 0;
  std::vector<std::string> samples;
};

/// What an evaluation writes. Made by Likelihood::make_scratch, used by one thread at a time.
class Scratch {
 public:
  explicit Scratch(const math::CurvatureLayout& layout)
      : gradient(layout.n_parameters), curvature(layout), pulls(layout.n_parameters) {}
  virtual ~Scratch() = default;

  std::vector<double> gradient;  ///< of the value, one entry per parameter
  math::Curvature curvature;
  std::vector<double> pulls;  ///< of correlated constraints, while they are summed
  /// Parameters (non-zero) whose constraints evaluations leave out, because someone else counts them; empty: none.
  /// leave_out_constraints (model/constraint_terms.hpp) sets it.
  std::vector<char> left_out;
};

/// Derivatives of predictions with respect to parameters, row by row without the zeros. A parameter may be there twice
/// in a row: its derivative is the sum.
struct PredictionSlopes {
  std::vector<std::size_t> rows = {0};  ///< row r: [rows[r], rows[r + 1]) of the other two
  std::vector<std::uint32_t> parameters;
  std::vector<double> slopes;
};

/// A place in the random number space: the same key gives the same toy, whoever draws it, in whatever order.
struct RandomKey {
  std::uint64_t seed = 0, stream = 0, index = 0;
};

/// What a deviance leaves out of -ln L: the saturated terms, which depend on the data alone.
struct Constants {
  double main = 0.0, constraint = 0.0;
};

class Likelihood;

/// What the constraints of the parameters that `which` (empty: all) marks add to the deviance; infinite outside of
/// their domain. A correlated constraint counts with all of its parameters, or, where only some are marked, as their
/// marginal distribution.
double constraint_deviance(const Likelihood& likelihood, std::span<const double> point, const Data& data,
                           std::span<const char> which = {});

class Likelihood {
 public:
  virtual ~Likelihood() = default;

  std::span<const Parameter> parameters() const { return parameters_; }
  std::span<const ParameterSet> parameter_sets() const { return parameter_sets_; }
  std::span<const CorrelatedConstraint> correlated_constraints() const { return correlated_constraints_; }
  std::span<const DataBlock> data_blocks() const { return data_blocks_; }
  /// One per block of main data, in the same order.
  std::span<const ChannelInfo> channels() const { return channels_; }
  std::optional<ParamId> poi() const { return poi_; }
  std::size_t n_data() const { return n_data_; }
  /// Whether the constraints were published as priors rather than as results of auxiliary measurements: a-posteriori
  /// Asimov data then keep the auxiliary data as they were observed (docs/concepts/simplified_likelihoods.md).
  bool constraints_are_priors() const { return constraints_are_priors_; }
  std::optional<ParamId> find_parameter(std::string_view name) const;
  const math::CurvatureLayout& layout() const { return layout_; }
  /// Parameters whose derivative jumps at 0 (interpolation codes 0 and 1); the sign bit of a zero selects the side.
  std::span<const std::uint32_t> kinks() const { return kinks_; }
  /// Parameters whose variations up and down go to the same side somewhere: the likelihood may have a minimum on either
  /// side of 0.
  std::span<const std::uint32_t> two_sided() const { return two_sided_; }

  virtual std::unique_ptr<Scratch> make_scratch() const = 0;

  /// Whether `evaluate` and all others honour Data::masked. A likelihood that does not is never given masked data:
  /// mask_channels (model/channel_mask.hpp) refuses to make them.
  virtual bool has_channel_masks() const { return false; }
  /// Free parameters without constraint on which the likelihood does not depend because of the masked channels: what
  /// acts in those alone. Fits hold them at their initial values. The default takes the rows of the curvature for the
  /// bins of the channels; it is only asked with a mask.
  virtual std::vector<std::uint32_t> idle_parameters(const Data& data) const;

  /// Deviance: -ln L minus its saturated reference, constraint terms included. A masked channel adds nothing to value
  /// and derivatives, and its rates are not kept from going below zero. Never throws, never allocates.
  virtual math::Evaluation evaluate(std::span<const double> point, const Data& data, math::Derivatives derivatives,
                                    const math::Relaxation& relaxation, Scratch& scratch) const noexcept = 0;

  /// k points and k data sets at once. A lane's result never depends on its neighbours; the default is a loop.
  virtual void evaluate_lanes(std::span<const std::span<const double>> points, std::span<const Data* const> data,
                              math::Derivatives derivatives, const math::Relaxation& relaxation,
                              std::span<Scratch* const> scratch, std::span<math::Evaluation> results) const noexcept;

  /// -ln L = value + constant(data).
  virtual Constants constants(const Data& data) const = 0;
  double constant(const Data& data) const {
    const Constants c = constants(data);
    return c.main + c.constraint;
  }

  /// Empty where `expected_data` and `fluctuate` can make data. Otherwise why not ("published at observed data only"):
  /// what needs Asimov data or toys is then not defined, and says this; nobody asks for expected data.
  virtual std::string why_no_expected_data() const { return {}; }
  /// The same for toys alone: there may be expected data, but no distribution of what is measured.
  virtual std::string why_no_toys() const { return why_no_expected_data(); }
  /// Whether a fit to the expected data of a point ends at this point, with a deviance of zero (main terms and
  /// constraints are densities of data that are expected at their best); averages over nuisance parameters do not.
  virtual bool peaks_at_expected_data() const { return true; }
  /// Expected main and auxiliary data at a point, laid out as Data, without a mask.
  virtual Data expected_data(std::span<const double> point) const = 0;
  /// Expected main data alone, one block after the other, for loops over many points: `scratch` is used instead of
  /// memory of its own. Zeros for the channels that `masked` (empty: none) marks.
  virtual void expected_main(std::span<const double> point, std::span<const char> masked, Scratch& scratch,
                             std::span<double> expected) const;
  /// Expected main data of each sample: for each channel its samples one after the other (ChannelInfo), each with the
  /// channel's bins; of a channel without samples its bins alone. Empty where no channel has samples.
  virtual std::vector<double> expected_by_sample(std::span<const double> point) const;
  /// d expected_by_sample / d parameters, one row per number; where there are no samples, of the main data of
  /// expected_data: for each channel n_bins max(1, samples) rows. The default takes central differences within the
  /// bounds of the parameters.
  virtual PredictionSlopes prediction_slopes(std::span<const double> point) const;
  /// The same of the main data, samples added up: one row per main datum, one column per parameter, with the zeros.
  std::vector<double> main_slopes(std::span<const double> point) const;
  /// The same by differences over `steps` to both sides (one per parameter; 0: the parameter is held), cut at bounds.
  PredictionSlopes difference_slopes(std::span<const double> point, std::span<const double> steps) const;
  /// d value / d nominal yield of every sample and bin, laid out as expected_by_sample, all else held (uncertainties,
  /// shape variations); empty where there are no samples. NaN outside of the domain, and for parts of products that
  /// have none.
  virtual std::vector<double> yield_gradient(std::span<const double> point, const Data& data, Scratch& scratch) const;
  /// A toy data set: every datum of `expected` (expected_data at the true point) fluctuated, auxiliary data too. What
  /// `toy` held before is overwritten; its mask is that of `expected`.
  virtual void fluctuate(const Data& expected, const RandomKey& key, Data& toy) const = 0;
  /// A toy data set at a point.
  Data sample(std::span<const double> point, const RandomKey& key) const;

  /// Moves parameters that act in one bin only to their minima, all others held, where these are known in closed form
  /// and `fixed` (one entry per parameter) does not hold them: a better point to start a fit from, at less than the
  /// cost of an evaluation. What the last evaluation left in the scratch is lost.
  virtual void settle(std::span<double> point, const Data& data, std::span<const char> fixed,
                      Scratch& scratch) const noexcept;

  /// See minimize::Objective: the state lives in the scratch.
  virtual void reset_multipliers(Scratch& scratch) const = 0;
  virtual double update_multipliers(double penalty, Scratch& scratch) const = 0;
  /// What made the last evaluation fail, or which rates sit at their edge, by name: sample, bin and parameters. Not
  /// empty when it failed.
  virtual std::string explain(std::span<const double> point, const Scratch& scratch) const = 0;

 protected:
  /// Of the parameters that `acts` does not mark, those that are free and have no constraint.
  std::vector<std::uint32_t> without_constraint(std::span<const char> acts) const;

  std::vector<Parameter> parameters_;
  std::vector<ParameterSet> parameter_sets_;
  std::vector<CorrelatedConstraint> correlated_constraints_;
  std::vector<DataBlock> data_blocks_;
  std::vector<ChannelInfo> channels_;
  std::optional<ParamId> poi_;
  std::size_t n_data_ = 0;
  bool constraints_are_priors_ = false;
  math::CurvatureLayout layout_;
  std::vector<std::uint32_t> kinks_, two_sided_;
};

}  // namespace relume::model
