// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The sum over nodes behind infer/marginal.hpp. Integrated parameters theta have coordinates y: theta itself, or its
// logarithm where a Poisson constraint keeps it positive. With the fit of all parameters to the data at (phi_0, y_0)
// and the slope S = dy/dphi of the conditional fit there,
//
//   y_k(phi) = x_k + S (phi - phi_0),   L(phi) = sum_k w_k exp(-D(phi, theta(y_k))) |d theta/d y|,
//
// whose derivatives are averages of those of D. The x_k are those of a product rule in the Laplace scale of y at the
// fit, or drawn from densities adapted to the integrand at several phi. They are placed anew when the data change, by
// the data alone: the same data have the same function, whatever was evaluated before.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <Eigen/Dense>

#include "infer/marginal_nodes.hpp"
#include "infer/marginal_proposal.hpp"
#include "model/constraint_draws.hpp"
#include "relume/infer/marginal.hpp"
#include "relume/model/likelihood.hpp"

namespace relume::infer {

class MarginalLikelihood final : public model::Likelihood {
 public:
  /// `keep`: non-zero for parameters of the wrapped likelihood that are not integrated. `nodes` in as many dimensions
  /// as are.
  MarginalLikelihood(std::shared_ptr<const model::Likelihood> wrapped, model::Data observed, std::span<const char> keep,
                     const MarginalOptions& options);
  void use(Nodes nodes) { nodes_ = std::move(nodes); }
  /// Of all fits that place nodes.
  void start_from(std::vector<double> point) { start_ = std::move(point); }

  std::unique_ptr<model::Scratch> make_scratch() const override;
  math::Evaluation evaluate(std::span<const double> point, const model::Data& data, math::Derivatives derivatives,
                            const math::Relaxation& relaxation, model::Scratch& scratch) const noexcept override;
  bool has_channel_masks() const override { return wrapped_->has_channel_masks(); }
  std::vector<std::uint32_t> idle_parameters(const model::Data& data) const override;
  model::Constants constants(const model::Data& data) const override;
  std::string why_no_expected_data() const override { return wrapped_->why_no_expected_data(); }
  std::string why_no_toys() const override { return wrapped_->why_no_toys(); }
  bool peaks_at_expected_data() const override { return false; }
  model::Data expected_data(std::span<const double> point) const override;
  std::vector<double> expected_by_sample(std::span<const double> point) const override;
  void fluctuate(const model::Data& expected, const model::RandomKey& key, model::Data& toy) const override;
  void reset_multipliers(model::Scratch&) const override {}
  double update_multipliers(double, model::Scratch&) const override { return 0.0; }
  std::string explain(std::span<const double> point, const model::Scratch& scratch) const override;

  std::span<const std::uint32_t> kept() const { return kept_; }
  std::span<const std::uint32_t> integrated() const { return integrated_; }
  const model::Data& data() const { return own_observed_; }

  /// The fit to the observed data, and points so many standard deviations of the parameter of interest away from it,
  /// the others following; empty: the fit failed.
  std::vector<std::vector<double>> ridge(std::span<const double> deviations) const;

  /// Of the last evaluation: ln L of each replicate by itself, and the effective number of nodes.
  std::vector<double> replicates(const model::Scratch& scratch) const;
  double effective_nodes(const model::Scratch& scratch) const;

  struct Work;

 private:
  void take_over(const model::ParameterSet& set, std::span<const char> keep);
  void lay_out_data();
  void set_priors();
  void lay_out_curvature();
  /// Full data of the wrapped likelihood: main data and those of kept constraints from `data`, the rest as observed.
  void fill(const model::Data& data, model::Data& full) const;
  /// Where the nodes of these data are; the reason why there are none.
  std::string place(const model::Data& data, Work& work) const;
  struct Laplace {
    Eigen::MatrixXd axes;                 ///< R, lower triangle
    Eigen::VectorXd ridge;                ///< d phi / d poi
    double slope = 0.0, curvature = 0.0;  ///< of the likelihood along it
    double distance(double t) const;      ///< of t standard deviations
  };
  /// The fit to these data, and what surrounds it; a reason when that fails.
  std::string locate(const model::Data& data, Work& work, Laplace& laplace) const;
  bool expand(const std::vector<double>& x, Work& work, Laplace& laplace) const;
  void find_ridge(const Eigen::MatrixXd& hessian, const std::vector<double>& slopes, Laplace& laplace) const;
  std::vector<Eigen::VectorXd> along_ridge(std::span<const double> deviations, const Laplace& laplace,
                                           const Work& work) const;
  std::string draw_nodes(const Laplace& laplace, Work& work) const;
  /// ln of likelihood times prior times |d theta / d y| at work.y, where the kept parameters are.
  double log_integrand(Work& work) const noexcept;
  /// y of node k, and what parameters that is.
  void move_to(std::size_t k, Work& work) const noexcept;
  /// False: not one node is inside of the domain.
  bool sum_nodes(Work& work) const noexcept;
  void add_derivatives(Work& work, bool with_curvature) const noexcept;
  /// All parameters of the wrapped likelihood where expected data have them; empty: the fit that says so failed.
  /// Expected data are not finite then.
  std::vector<double> full_point(std::span<const double> point) const;

  std::shared_ptr<const model::Likelihood> wrapped_;
  model::Data observed_, own_observed_;  ///< of the wrapped likelihood, and of this one
  Asimov asimov_;
  std::vector<FixedParameter> held_;
  std::vector<double> start_;
  std::vector<std::uint32_t> kept_, integrated_;  ///< of the wrapped likelihood
  std::vector<std::size_t> data_;                 ///< of the wrapped likelihood, one per datum of this one
  std::vector<char> is_log_, is_kinked_;          ///< per integrated parameter
  Eigen::MatrixXd prior_root_;                    ///< in y: lower triangle, root root^T is about the prior's covariance
  double prior_constant_ = 0.0;                   ///< -ln of what normalises the priors
  model::ConstraintDraws priors_;                 ///< of the integrated parameters
  static constexpr std::uint32_t not_here = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::uint32_t> new_index_;  ///< per parameter of the wrapped one: here, or not_here
  Nodes nodes_, pilot_;
};

}  // namespace relume::infer
