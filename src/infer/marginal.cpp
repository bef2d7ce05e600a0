// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/infer/marginal.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/quoted_list.hpp"
#include "infer/likelihood_objective.hpp"
#include "infer/marginal_likelihood.hpp"

namespace relume::infer {

using model::ConstraintKind;

std::string_view to_string(MarginalRule rule) {
  return rule == MarginalRule::gauss_hermite ? "Gauss-Hermite" : "importance sampling";
}

namespace {

/// Product rules are for so many parameters.
constexpr std::size_t most_for_product = 3;
/// Rules that agree to this much are taken for exact.
constexpr double exact = 1e-8;
/// What a product rule may differ from the next one before nodes are drawn instead: better than those would do.
constexpr double good_enough = 1e-5;
/// Bounds that cut off more than this of a prior are worth a word.
constexpr double cut_worth_telling = 1e-6;
constexpr std::size_t fewest_nodes = 2048;
/// In few dimensions, where product rules fail at rates below zero, each node counts for more of that edge.
constexpr std::size_t fewest_nodes_at_edges = 8192;

std::vector<std::size_t> orders(std::size_t dimension) {
  if (dimension == 1) return {8, 16, 32, 64, 128};
  if (dimension == 2) return {8, 16, 24, 32, 48};
  return {8, 12, 16, 20, 24};
}

class Marginaliser {
 public:
  Marginaliser(std::shared_ptr<const model::Likelihood> wrapped, const model::Data& observed,
               const MarginalOptions& options)
      : wrapped_(std::move(wrapped)), observed_(observed), options_(options), keep_(wrapped_->parameters().size(), 0) {}

  Result<Marginal> run() {
    choose();
    if (!errors_.empty()) return errors_;
    likelihood_ = std::make_unique<MarginalLikelihood>(wrapped_, observed_, keep_, options_);
    result_.observed = likelihood_->data();
    for (const std::uint32_t i : likelihood_->integrated()) {
      result_.integrated.push_back(wrapped_->parameters()[i].name);
    }
    const std::size_t d = result_.integrated.size();
    if (find_reference() && choose_probes()) {
      if (d > most_for_product || !use_product_rule(d)) use_importance(d);
      finish();
    } else {
      likelihood_->use(gauss_hermite(d, 1));
    }
    note_bounds();
    result_.likelihood = std::move(likelihood_);
    return std::move(result_);
  }

 private:
  void choose() {
    const auto parameters = wrapped_->parameters();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      keep_[i] = parameters[i].constraint.kind == ConstraintKind::none || parameters[i].is_fixed;
    }
    if (wrapped_->poi()) keep_[wrapped_->poi()->index] = 1;
    for (const ParamId& id : options_.keep) keep_[id.index] = 1;
    for (const FixedParameter& held : options_.fixed) keep_[held.parameter.index] = 1;
    const std::size_t d = static_cast<std::size_t>(std::count(keep_.begin(), keep_.end(), 0));
    if (d == 0) {
      errors_.push_back(
          {ErrorCode::model, {}, "there is nothing to marginalise: no parameter with a constraint is left free", {}});
    } else if (d > max_importance_dimension) {
      errors_.push_back({ErrorCode::unsupported,
                         {},
                         fmt::format("{} nuisance parameters are too many to be averaged over", d),
                         fmt::format("keep all but {} of them", max_importance_dimension)});
    } else if (d == parameters.size()) {
      errors_.push_back({ErrorCode::model, {}, "no parameter would be left", "keep at least one"});
    }
    for (const model::CorrelatedConstraint& block : wrapped_->correlated_constraints()) {
      std::vector<std::string> kept, others;
      for (const std::uint32_t i : block.parameters) (keep_[i] != 0 ? kept : others).push_back(parameters[i].name);
      if (kept.empty() || others.empty()) continue;
      errors_.push_back({ErrorCode::option, kept.front(),
                         fmt::format("{} cannot be kept without {}, with which the constraint is shared",
                                     quoted_beginning(kept, 3), quoted_beginning(others, 3)),
                         "keep all parameters of a correlated constraint, or none"});
    }
  }

  bool fail(Status status, std::string reason) {
    result_.status = status;
    result_.reason = std::move(reason);
    return false;
  }

  bool find_reference() {
    reference_ =
        infer::fit(*wrapped_, observed_, {.fixed = options_.fixed, .uncertainties = false, .stop = options_.stop});
    if (reference_.minimum.is_usable()) {
      likelihood_->start_from(reference_.minimum.x);
      return true;
    }
    const bool is_interrupted = reference_.minimum.status == minimize::MinimumStatus::interrupted;
    return fail(is_interrupted ? Status::interrupted : Status::fit_failed,
                "the fit that places the nodes: " + reference_.minimum.reason);
  }

  /// Where rules are compared: along the ridge of the parameter of interest, up to three standard deviations away.
  bool choose_probes() {
    constexpr std::array deviations = {-3.0, -2.0, -1.0, 1.0, 2.0, 3.0};
    probes_ = likelihood_->ridge(deviations);
    return !probes_.empty() || fail(Status::fit_failed, "nodes cannot be placed around the fit to the observed data");
  }

  /// ln L at the probes, one row per replicate; NaN where it cannot be known. The first is the best fit.
  std::vector<std::vector<double>> probe() {
    const auto scratch = likelihood_->make_scratch();
    std::vector<std::vector<double>> values;
    for (const std::vector<double>& point : probes_) {
      const math::Evaluation e = likelihood_->evaluate(point, result_.observed, math::Derivatives::none, {}, *scratch);
      if (e.status != math::EvaluationStatus::ok) {
        if (values.empty()) trouble_ = likelihood_->explain(point, *scratch);
        values.emplace_back();
        continue;
      }
      if (values.empty()) {
        trouble_.clear();
        result_.effective_nodes = likelihood_->effective_nodes(*scratch);
      }
      values.push_back(likelihood_->replicates(*scratch));
    }
    return values;
  }

  bool use_product_rule(std::size_t d) {
    std::vector<std::vector<double>> before;
    for (const std::size_t order : orders(d)) {
      if (is_stopped()) return true;
      Nodes nodes = gauss_hermite(d, order);
      result_.n_nodes = nodes.size;
      likelihood_->use(std::move(nodes));
      const auto now = probe();
      if (!before.empty()) {
        double change = 0.0;
        for (std::size_t i = 0; i < now.size(); ++i) {
          // At the best fit an average has to be known, elsewhere it may not be.
          if (now[i].empty() != before[i].empty() || (i == 0 && now[i].empty())) {
            change = std::numeric_limits<double>::infinity();
          } else if (!now[i].empty()) {
            change = std::max(change, std::fabs(now[i][0] - before[i][0]));
          }
        }
        result_.accuracy = change;
        if (change < exact) return true;
      }
      before = now;
    }
    return result_.accuracy < good_enough;
  }

  void use_importance(std::size_t d) {
    result_.rule = MarginalRule::importance;
    const std::size_t fewest = d > most_for_product ? fewest_nodes : fewest_nodes_at_edges;
    for (std::size_t n = std::min(fewest, options_.max_nodes);; n = std::min(2 * n, options_.max_nodes)) {
      likelihood_->use(importance_nodes(d, n, options_.seed));
      result_.n_nodes = n;
      result_.accuracy = spread(probe());
      if (is_stopped() || n >= options_.max_nodes) break;
      const bool is_safe = result_.effective_nodes >= 10.0 * min_effective_nodes;
      if (trouble_.empty() && is_safe && result_.accuracy <= options_.accuracy) break;
    }
    if (!trouble_.empty()) fail(Status::not_converged, trouble_);
  }

  /// Standard deviation of ln L(probe) - ln L(best fit), from replicates; the largest of those that are known.
  static double spread(const std::vector<std::vector<double>>& values) {
    double worst = 0.0;
    for (std::size_t i = 1; i < values.size(); ++i) {
      if (values[i].empty() || values[0].empty()) continue;
      const double n = static_cast<double>(values[i].size());
      double sum = 0.0, squares = 0.0;
      for (std::size_t r = 0; r < values[i].size(); ++r) {
        const double x = values[i][r] - values[0][r];
        sum += x;
        squares += x * x;
      }
      const double variance = std::max(0.0, squares / n - sum * sum / (n * n)) / (n - 1.0);
      worst = std::max(worst, std::sqrt(variance));
    }
    return worst;
  }

  bool is_stopped() {
    if (options_.stop == nullptr || !options_.stop->load(std::memory_order_relaxed)) return false;
    fail(Status::interrupted, "interrupted by the caller");
    return true;
  }

  void finish() {
    if (result_.rule == MarginalRule::gauss_hermite && !trouble_.empty()) fail(Status::not_converged, trouble_);
    result_.notes.push_back(fmt::format(
        "{} nuisance parameter{} averaged over by {} with {} nodes; estimated accuracy of differences of ln L: {:.1g}",
        result_.integrated.size(), result_.integrated.size() == 1 ? " was" : "s were",
        result_.rule == MarginalRule::gauss_hermite ? "Gauss-Hermite quadrature" : "quasi-random importance sampling",
        result_.n_nodes, result_.accuracy));
    if (result_.rule == MarginalRule::importance && result_.accuracy > options_.accuracy) {
      result_.notes.push_back(fmt::format("the accuracy that was asked for, {:g}, was not reached with {} nodes",
                                          options_.accuracy, result_.n_nodes));
    }
    std::vector<char> fixed(keep_.size(), 0);
    if (std::string note = note_of_idle(*wrapped_, observed_, fixed); !note.empty()) {
      result_.notes.push_back(std::move(note));
    }
  }

  /// Priors are those of the constraints, on all of their range: bounds are for fits.
  void note_bounds() {
    std::vector<std::string> names;
    double largest = 0.0;
    for (const std::uint32_t i : likelihood_->integrated()) {
      const model::Parameter& p = wrapped_->parameters()[i];
      if (p.constraint.kind == ConstraintKind::poisson) continue;
      const double a = observed_.values[p.constraint.data_index], w = p.constraint.width;
      const double cut = normal_cdf((p.lower - a) / w) + normal_cdf((a - p.upper) / w);
      if (cut < cut_worth_telling) continue;
      names.push_back(p.name);
      largest = std::max(largest, cut);
    }
    if (names.empty()) return;
    result_.notes.push_back(
        fmt::format("bounds are not applied to what is averaged over: beyond those of {} lies up to "
                    "{:.1g} of the prior",
                    quoted_beginning(names, 3), largest));
  }

  std::shared_ptr<const model::Likelihood> wrapped_;
  const model::Data& observed_;
  const MarginalOptions& options_;
  std::vector<char> keep_;
  Errors errors_;
  std::unique_ptr<MarginalLikelihood> likelihood_;
  Marginal result_;
  FitResult reference_;
  std::vector<std::vector<double>> probes_;
  std::string trouble_;  ///< why there is no average at the best fit
};

}  // namespace

Result<Marginal> marginalise(std::shared_ptr<const model::Likelihood> likelihood, const model::Data& observed,
                             const MarginalOptions& options) {
  return Marginaliser(std::move(likelihood), observed, options).run();
}

}  // namespace relume::infer
