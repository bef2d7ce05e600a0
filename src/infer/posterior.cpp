// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/infer/posterior.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <tuple>

#include <fmt/format.h>

#include "infer/chain_diagnostics.hpp"
#include "infer/likelihood_objective.hpp"
#include "infer/nuts.hpp"
#include "infer/posterior_density.hpp"
#include "infer/prior_terms.hpp"
#include "relume/base/parallel.hpp"

namespace relume::infer {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Random numbers of chain c come from this stream on: far from those of toys.
constexpr std::uint64_t first_stream = std::uint64_t{1} << 32;
/// Items of a step: its momenta and choices; the point where a chain starts.
constexpr std::size_t step_item = 0, start_item = 1;

/// A bound that is this many standard deviations from the best fit cuts nothing that a sample would show: beyond it lie
/// 3e-5 of a normal posterior, and all that it costs is a trajectory that ends there.
constexpr double far = 4.0;

/// Where a map bends, in standard deviations. Below, the density falls exponentially over this length, a tail that
/// takes long to walk through; but steps have to resolve it.
constexpr double corner = 0.3;

/// The same for gammas: their distribution is most nearly normal in its logarithm, which a wide bend is.
constexpr double gamma_corner = 3.0;

/// Factors on rates that are skewed to the right are most nearly normal in their logarithm. Skewed: one standard
/// deviation along the profile, -ln L rises by so much more downwards than upwards. The map from zero on then bends at
/// this many distances from there.
constexpr double skewed = 0.05, clear_of_zero = 2.0, factor_corner = 3.0;

/// A chain with what it needs of its own.
struct Chain {
  Chain(const PosteriorDensity& like, math::RandomSpace stream, const model::Likelihood& likelihood,
        const model::Data& data, const std::vector<double>& point, const std::vector<Prior>& priors)
      : density(likelihood, data, point, like.coordinates(), priors), nuts(density), random(stream) {}

  PosteriorDensity density;
  Nuts nuts;
  math::RandomSpace random;
  std::uint64_t n_steps = 0;
  // Of the current window: number, mean and scatter of the positions.
  double n_seen = 0.0;
  Eigen::VectorXd mean, difference;
  Eigen::MatrixXd scatter;

  void forget() {
    n_seen = 0.0;
    const Eigen::Index n = nuts.position().size();
    mean.setZero(n);
    scatter.setZero(n, n);
  }
  /// B. P. Welford, Technometrics 4 (1962) 419.
  void learn() {
    n_seen += 1.0;
    difference = nuts.position() - mean;
    mean += difference / n_seen;
    scatter.selfadjointView<Eigen::Lower>().rankUpdate(difference, (n_seen - 1.0) / n_seen);
  }
  Transition move() {
    math::RandomStream stream = random.at(n_steps++, step_item);
    return nuts.move(stream);
  }
};

/// One call of `posterior`.
class Sampling {
 public:
  Sampling(const model::Likelihood& likelihood, const model::Data& data, const PosteriorOptions& options)
      : likelihood_(likelihood), data_(data), options_(options) {
    result_.n_samples = options.n_samples;
    result_.n_warmup = options.n_warmup;
    result_.seed = options.seed;
    result_.level = options.level;
  }

  Posterior run() {
    const auto begin = std::chrono::steady_clock::now();
    if (check_options() && choose_parameters() && fit_first() && find_mode(coordinates(), fit_.minimum.x) &&
        start_chains() && warm_up()) {
      const auto sampling = std::chrono::steady_clock::now();
      if (!is_stopped()) sample();
      result_.sampling_seconds = seconds_since(sampling);
      if (is_stopped()) {
        result_.draws.clear();
        result_.stats = {};
        result_.chains.clear();
        fail(Status::interrupted, "interrupted by the caller");
      } else {
        summarise();
        judge();
      }
    }
    result_.seconds = seconds_since(begin);
    return std::move(result_);
  }

 private:
  static double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

  bool is_stopped() const { return options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed); }

  bool fail(Status status, std::string reason) {
    if (result_.status == Status::ok) {
      result_.status = status;
      result_.reason = std::move(reason);
    }
    return false;
  }

  const model::Parameter& parameter(std::size_t k) const { return likelihood_.parameters()[free_[k]]; }

  bool check_options() {
    const auto refuse = [&](const char* why) { return fail(Status::not_defined, why); };
    if (options_.n_chains == 0) return refuse("no chains were asked for");
    if (options_.n_samples == 0) return refuse("no samples were asked for");
    if (!(options_.level > 0.0 && options_.level < 1.0)) return refuse("a probability level lies between 0 and 1");
    if (!(options_.target_acceptance > 0.0 && options_.target_acceptance < 1.0))
      return refuse("the acceptance that is aimed at lies between 0 and 1");
    constexpr int deepest = 20;
    if (options_.max_depth < 1 || options_.max_depth > deepest)
      return refuse("trajectories double at least once and at most 20 times");
    return true;
  }

  /// Which parameters are free, and the prior of each.
  bool choose_parameters() {
    const auto parameters = likelihood_.parameters();
    std::vector<char> held;
    for (const model::Parameter& p : parameters) held.push_back(p.is_fixed);
    for (const FixedParameter& f : options_.fixed) held[f.parameter.index] = 1;
    if (!hold_idle(held)) return false;
    std::vector<char> has_prior(parameters.size());
    std::vector<Prior> priors(parameters.size());
    for (const Prior& prior : options_.priors) {
      const std::size_t i = prior.parameter.index;
      const std::string& name = parameters[i].name;
      if (held[i]) return fail(Status::not_defined, "'" + name + "' is held: it has no prior");
      if (has_prior[i]) return fail(Status::not_defined, "'" + name + "' was given two priors");
      has_prior[i] = 1;
      priors[i] = prior;
    }
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      if (held[i]) continue;
      priors[i].parameter = {i};
      const std::string problem = prior_problem(parameters[i], priors[i]);
      if (!problem.empty()) return fail(Status::not_defined, problem);
      free_.push_back(static_cast<std::uint32_t>(i));
      priors_.push_back(priors[i]);
    }
    if (free_.empty()) return fail(Status::not_defined, "every parameter is held: there is nothing to sample");
    return true;
  }

  /// What acts in masked channels alone would only give back its prior: held, as in all fits.
  bool hold_idle(std::vector<char>& held) {
    if (data_.masked.empty()) return true;
    std::string note = note_of_idle(likelihood_, data_, std::span(held));
    if (!note.empty()) result_.notes.push_back(std::move(note));
    const auto poi = likelihood_.poi();
    for (const std::uint32_t i : likelihood_.idle_parameters(data_)) {
      if (poi && poi->index == i && !held[i]) {
        return fail(Status::no_sensitivity, "the parameter of interest '" + likelihood_.parameters()[i].name +
                                                "' acts in masked channels only: hold it to sample the others");
      }
      held[i] = 1;
    }
    return true;
  }

  bool fit_first() {
    FitOptions options;
    options.fixed = options_.fixed;
    options.start = options_.start;
    options.stop = options_.stop;
    options.covariance = true;
    for (const model::Parameter& p : likelihood_.parameters()) {
      options.lower.push_back(p.lower);
      options.upper.push_back(p.upper);
    }
    for (std::size_t k = 0; k < free_.size(); ++k) {
      const PriorRange range = prior_range(parameter(k), priors_[k]);
      options.lower[free_[k]] = range.lower;
      options.upper[free_[k]] = range.upper;
    }
    if (options.start.empty()) options.start = initial_point(likelihood_);
    for (const std::uint32_t i : free_)
      options.start[i] = std::clamp(options.start[i], options.lower[i], options.upper[i]);
    fit_ = fit(likelihood_, data_, options);
    const minimize::Minimum& minimum = fit_.minimum;
    if (minimum.is_usable()) return true;
    const bool is_interrupted = minimum.status == minimize::MinimumStatus::interrupted;
    return fail(is_interrupted ? Status::interrupted : Status::fit_failed,
                "fit before the sampling: " + minimum.reason);
  }

  /// How much more -ln L rises one standard deviation below the minimum than above it, all others moved along the
  /// profile.
  double skewness(std::uint32_t parameter, model::Scratch& scratch) const {
    const std::vector<double>& x = fit_.minimum.x;
    const std::size_t n = x.size();
    const double sigma = fit_.uncertainties[parameter];
    std::vector<double> below = x, above = x;
    for (const std::uint32_t i : free_) {
      const double step = fit_.covariance[parameter * n + i] / sigma;
      below[i] -= step;
      above[i] += step;
    }
    const auto value = [&](const std::vector<double>& at) {
      const math::Evaluation e = likelihood_.evaluate(at, data_, math::Derivatives::none, {}, scratch);
      return e.status == math::EvaluationStatus::ok ? e.value : infinity;
    };
    const double low = value(below), high = value(above);
    return low == high ? 0.0 : low - high;
  }

  /// How each parameter is moved: by what its likelihood, its prior and its bounds look like around the minimum.
  std::vector<Coordinate> coordinates() const {
    const std::vector<double>& x = fit_.minimum.x;
    const auto scratch = likelihood_.make_scratch();
    const math::Evaluation e = likelihood_.evaluate(x, data_, math::Derivatives::curvature, {}, *scratch);
    std::vector<double> diagonal(x.size());
    if (e.status == math::EvaluationStatus::ok) scratch->curvature.diagonal(diagonal, math::Form::exact);
    std::vector<Coordinate> all;
    for (std::size_t k = 0; k < free_.size(); ++k) {
      const std::uint32_t i = free_[k];
      const PriorRange range = prior_range(parameter(k), priors_[k]);
      double sigma = fit_.uncertainties.empty() ? 0.0 : fit_.uncertainties[i];
      const bool is_known = sigma > 0.0;
      if (!is_known) {
        const double slope = e.status == math::EvaluationStatus::ok ? std::fabs(scratch->gradient[i]) : 0.0;
        const double steepness =
            std::max({slope, std::sqrt(std::max(diagonal[i], 0.0)), 1.0 / (range.upper - range.lower)});
        sigma = steepness > 0.0 ? 1.0 / steepness : 1.0;
      }
      // One Newton step on the prior, for where the posterior is.
      double centre = x[i];
      const PriorTerm prior = prior_term(priors_[k], std::max(centre, range.lower));
      const double narrowing = std::max(1.0 + sigma * sigma * prior.curvature, 1.0);
      if (std::isfinite(prior.slope)) centre -= sigma * sigma * prior.slope / narrowing;
      sigma /= std::sqrt(narrowing);
      const bool cuts_below = !is_known || !(centre - range.lower > far * sigma);
      const bool cuts_above = !is_known || !(range.upper - centre > far * sigma);
      using Map = Coordinate::Map;
      Map map = cuts_below ? (cuts_above ? Map::both : Map::lower) : cuts_above ? Map::upper : Map::none;
      if (map == Map::both && !std::isfinite(range.lower)) map = std::isfinite(range.upper) ? Map::upper : Map::none;
      if (map == Map::both && !std::isfinite(range.upper)) map = Map::lower;
      // A parameter that sits at one bound, and whose other bound is far beyond what the slope allows.
      if (!is_known && map == Map::both && fit_.covariance_problem.empty()) {
        if (range.upper - centre > far * sigma) map = Map::lower;
        if (centre - range.lower > far * sigma) map = Map::upper;
      }
      const bool is_gamma = parameter(k).constraint.kind == model::ConstraintKind::poisson;
      const bool is_normal = parameter(k).constraint.kind == model::ConstraintKind::normal ||
                             parameter(k).constraint.kind == model::ConstraintKind::correlated_normal;
      double scale = (is_gamma ? gamma_corner : corner) * sigma;
      const double distance = centre - range.lower;
      if (!is_normal && range.lower >= 0.0 && is_known && distance > clear_of_zero * sigma && !cuts_above &&
          skewness(i, *scratch) > skewed) {
        map = Map::lower;
        scale = factor_corner * distance;
      }
      all.push_back({i, map, range.lower, range.upper, scale});
    }
    return all;
  }

  /// The maximum of the density that is sampled, its Hessian, and the metric from it.
  bool find_mode(std::vector<Coordinate> coordinates, const std::vector<double>& start) {
    density_ = std::make_unique<PosteriorDensity>(likelihood_, data_, fit_.minimum.x, std::move(coordinates), priors_);
    const auto n = static_cast<Eigen::Index>(free_.size());
    std::vector<double> x(free_.size()), inside(free_.size());
    for (std::size_t k = 0; k < free_.size(); ++k) {
      const Coordinate& c = density_->coordinates()[k];
      const double best = x[k] = start[free_[k]];
      // Maps do not reach the bounds.
      const double room = std::min(0.1 * c.scale, 0.25 * (c.upper - c.lower));
      inside[k] = c.map == Coordinate::Map::none ? best : std::clamp(best, c.lower + room, c.upper - room);
    }
    Eigen::VectorXd y(n), gradient(n), other(n), next_gradient(n);
    Eigen::MatrixXd hessian(n, n), next_hessian(n, n);
    double value = infinity;
    constexpr int max_halvings = 40;
    for (int k = 0; k < max_halvings && !std::isfinite(value); ++k) {
      y = density_->y_of(inside);
      if (y.allFinite()) value = density_->evaluate(y, gradient, hessian);
      for (std::size_t i = 0; i < x.size(); ++i) inside[i] = 0.5 * (inside[i] + x[i]);
    }
    if (!std::isfinite(value)) {
      return fail(Status::fit_failed, "the density is zero all around the minimum: " + density_->explain());
    }
    // Newton steps, damped where the density curves upwards. Only the metric rests on them: no certificate is needed.
    constexpr int max_steps = 50;
    constexpr double near_enough = 1e-3, first_damping = 1e-3, strongest_damping = 1e8;
    double damping = 0.0;
    for (int step = 0; step < max_steps && !is_stopped(); ++step) {
      Eigen::LLT<Eigen::MatrixXd> llt = factorise(hessian, damping);
      other = -llt.solve(gradient);
      const double promise = -0.5 * gradient.dot(other);
      if (promise < near_enough) break;
      const double next = density_->evaluate(y + other, next_gradient, next_hessian);
      if (next < value) {
        y += other;
        value = next;
        std::swap(gradient, next_gradient);
        std::swap(hessian, next_hessian);
        damping *= 0.1;
        if (damping < first_damping) damping = 0.0;
      } else {
        damping = std::max(10.0 * damping, first_damping);
        if (damping > strongest_damping) break;
      }
    }
    mode_ = y;
    damping = 0.0;
    const Eigen::LLT<Eigen::MatrixXd> llt = factorise(hessian, damping);
    metric_ = llt.solve(Eigen::MatrixXd::Identity(n, n));
    factor_ = metric_.llt().matrixL();
    if (!factor_.allFinite())
      return fail(Status::fit_failed, "the curvature at the maximum of the density has no inverse");
    return true;
  }

  /// Of the Hessian, with as much of its diagonal added as makes it positive definite.
  static Eigen::LLT<Eigen::MatrixXd> factorise(const Eigen::MatrixXd& hessian, double& damping) {
    constexpr double first = 1e-6;
    Eigen::VectorXd diagonal = hessian.diagonal().cwiseAbs();
    const double largest = std::max(diagonal.maxCoeff(), std::numeric_limits<double>::min());
    // Units differ by many orders of magnitude; a diagonal of zero says nothing about them.
    diagonal = diagonal.cwiseMax(std::numeric_limits<double>::epsilon() * largest);
    for (;;) {
      Eigen::MatrixXd damped = hessian;
      damped.diagonal() += damping * diagonal;
      Eigen::LLT<Eigen::MatrixXd> llt(damped);
      if (llt.info() == Eigen::Success || damping > 1.0 / std::numeric_limits<double>::epsilon()) return llt;
      damping = std::max(10.0 * damping, first);
    }
  }

  bool start_chains() {
    const auto n = static_cast<Eigen::Index>(free_.size());
    for (std::size_t c = 0; c < options_.n_chains; ++c) {
      const math::RandomSpace random(options_.seed, first_stream + c);
      chains_.push_back(std::make_unique<Chain>(*density_, random, likelihood_, data_, fit_.minimum.x, priors_));
      Chain& chain = *chains_.back();
      chain.nuts.max_depth = options_.max_depth;
      chain.nuts.set_scale(factor_);
      // Twice as far apart as the posterior is wide, so that R-hat would tell chains that stay where they began.
      Eigen::VectorXd away(n);
      math::RandomStream stream = random.at(0, start_item);
      for (double& z : away) z = 2.0 * math::draw_normal(0.0, 1.0, stream);
      away = factor_.triangularView<Eigen::Lower>() * away;
      constexpr int max_halvings = 60;
      double potential = infinity;
      for (int k = 0; k < max_halvings && !std::isfinite(potential); ++k, away *= 0.5) {
        potential = chain.nuts.start(mode_ + away);
      }
      if (!std::isfinite(potential)) return fail(Status::fit_failed, "the density is zero all around its maximum");
    }
    return true;
  }

  /// `steps` steps of every chain, each with a search for its step size.
  void search(std::vector<StepSizeSearch>& searches, std::size_t steps, bool learn) {
    for_each_chain([&](std::size_t c) {
      Chain& chain = *chains_[c];
      if (learn) chain.forget();
      for (std::size_t i = 0; i < steps && !is_stopped(); ++i) {
        chain.nuts.step_size = searches[c].update(chain.move().acceptance);
        if (learn) chain.learn();
        count();
      }
    });
  }

  template <class Work>
  void for_each_chain(Work&& work) {
    for_each_in_parallel(chains_.size(), static_cast<std::size_t>(std::max(1, options_.threads)),
                         [&] { return [&](std::size_t c) { work(c); }; });
  }

  void count() const {
    if (options_.n_done != nullptr) options_.n_done->fetch_add(1, std::memory_order_relaxed);
  }

  /// Bounds that trajectories met where none was expected are near after all: their parameters are mapped from now on.
  bool map_bounds_that_were_met() {
    std::vector<Coordinate> coordinates = density_->coordinates();
    bool is_changed = false;
    for (std::size_t k = 0; k < coordinates.size(); ++k) {
      using Map = Coordinate::Map;
      Map& map = coordinates[k].map;
      bool lower = map == Map::lower || map == Map::both, upper = map == Map::upper || map == Map::both;
      for (const auto& chain : chains_) {
        lower = lower || chain->density.met()[k].lower;
        upper = upper || chain->density.met()[k].upper;
      }
      const Map next = lower ? (upper ? Map::both : Map::lower) : upper ? Map::upper : Map::none;
      is_changed = is_changed || next != map;
      map = next;
    }
    if (!is_changed) return true;
    std::vector<double> point = fit_.minimum.x, x(free_.size());
    density_->parameters_at(mode_, x);
    for (std::size_t k = 0; k < x.size(); ++k) point[free_[k]] = x[k];
    if (!find_mode(std::move(coordinates), point)) return false;
    for (std::size_t c = 0; c < chains_.size(); ++c) {
      Chain& old = *chains_[c];
      old.density.parameters_at(old.nuts.position(), x);
      auto chain = std::make_unique<Chain>(*density_, old.random, likelihood_, data_, fit_.minimum.x, priors_);
      chain->nuts.max_depth = options_.max_depth;
      chain->nuts.step_size = old.nuts.step_size;
      chain->n_steps = old.n_steps;
      chain->nuts.set_scale(factor_);
      // On its bound to the last bit, where the map does not reach: from the maximum instead.
      const Eigen::VectorXd y = density_->y_of(x);
      if (!y.allFinite() || !std::isfinite(chain->nuts.start(y))) chain->nuts.start(mode_);
      chains_[c] = std::move(chain);
    }
    return true;
  }

  bool warm_up() {
    // In units of the posterior's width, stable steps are below 2, and shrink with the fourth root of the dimension
    // (A. Beskos et al., Bernoulli 19 (2013) 1501).
    const double first_step = std::pow(static_cast<double>(free_.size()), -0.25);
    std::vector<StepSizeSearch> searches;
    for (const auto& chain : chains_) {
      searches.emplace_back(first_step, options_.target_acceptance);
      chain->nuts.step_size = first_step;
    }
    // First the chains come in from where they started, in the metric of the Hessian; then windows, each twice as long
    // as the one before, learn what the Hessian does not know (as M. Betancourt's windows in Stan); last the step size
    // settles.
    const std::size_t n = options_.n_warmup, coming_in = 15 * n / 100, settling = n / 5;
    std::size_t left = n - coming_in - settling;
    search(searches, coming_in, false);
    if (!is_stopped() && !map_bounds_that_were_met()) return false;
    for (std::size_t window = (left + 6) / 7; left > 0; window *= 2) {
      const std::size_t steps = left < 3 * window ? left : window;
      search(searches, steps, true);
      left -= steps;
      if (is_stopped()) return true;
      if (!map_bounds_that_were_met()) return false;
      adapt_metric();
      for (std::size_t c = 0; c < chains_.size(); ++c) searches[c].restart(searches[c].average());
    }
    search(searches, settling, false);
    for (std::size_t c = 0; c < chains_.size(); ++c) chains_[c]->nuts.step_size = searches[c].average();
    return true;
  }

  /// Covariance of the last window, all chains together, with the Hessian's as if it had been seen in `weight` draws.
  void adapt_metric() {
    const auto n = static_cast<Eigen::Index>(free_.size());
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(n, n);
    double n_seen = 0.0;
    for (const auto& chain : chains_) {
      if (chain->n_seen < 2.0) continue;  // made anew
      sum += chain->scatter.selfadjointView<Eigen::Lower>();
      n_seen += chain->n_seen - 1.0;
    }
    const double weight = hessian_weight * static_cast<double>(free_.size());
    const Eigen::LLT<Eigen::MatrixXd> llt((sum + weight * metric_) / (n_seen + weight));
    if (llt.info() != Eigen::Success) return;
    const Eigen::MatrixXd factor = llt.matrixL();
    for_each_chain([&](std::size_t c) { chains_[c]->nuts.set_scale(factor); });
  }

  void sample() {
    const std::size_t n = options_.n_samples, n_free = free_.size(), total = n * chains_.size();
    result_.draws.resize(total * n_free);
    PosteriorStats& stats = result_.stats;
    stats.log_density.resize(total);
    stats.energy.resize(total);
    stats.acceptance.resize(total);
    stats.depth.resize(total);
    stats.leapfrogs.resize(total);
    stats.divergent.resize(total);
    result_.chains.resize(chains_.size());
    const double constant = likelihood_.constant(data_);
    for_each_chain([&](std::size_t c) {
      Chain& chain = *chains_[c];
      PosteriorChain summary;
      summary.step_size = chain.nuts.step_size;
      for (std::size_t i = 0; i < n && !is_stopped(); ++i) {
        const Transition t = chain.move();
        const std::size_t at = c * n + i;
        const double log_slope =
            chain.density.parameters_at(chain.nuts.position(), std::span(result_.draws).subspan(at * n_free, n_free));
        stats.log_density[at] = -(t.potential + log_slope) - constant;
        stats.energy[at] = t.energy;
        stats.acceptance[at] = t.acceptance;
        stats.depth[at] = static_cast<std::uint16_t>(t.depth);
        stats.leapfrogs[at] = static_cast<std::uint32_t>(t.n_leapfrog);
        stats.divergent[at] = t.is_divergent;
        summary.acceptance += t.acceptance / static_cast<double>(n);
        summary.mean_leapfrogs += static_cast<double>(t.n_leapfrog) / static_cast<double>(n);
        summary.n_divergent += t.is_divergent;
        if (t.left_the_domain && summary.n_at_edge++ == 0) summary.edge = chain.density.explain();
        summary.n_cut += t.depth == options_.max_depth;
        count();
      }
      summary.bfmi = bfmi(std::span(stats.energy).subspan(c * n, n));
      result_.chains[c] = summary;
    });
  }

  void summarise() {
    const std::size_t n_free = free_.size();
    result_.parameters.resize(n_free);
    for_each_in_parallel(n_free, static_cast<std::size_t>(std::max(1, options_.threads)), [&] {
      return [&, values = std::vector<double>(), sorted = std::vector<double>()](std::size_t k) mutable {
        values.resize(result_.draws.size() / n_free);
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = result_.draws[i * n_free + k];
        sorted = values;
        std::sort(sorted.begin(), sorted.end());
        const Chains chains{values, chains_.size()};
        const auto number = [&](double p) {
          return PosteriorNumber{quantile_of_sorted(sorted, p), quantile_error(chains, sorted, p)};
        };
        PosteriorParameter& p = result_.parameters[k];
        p.parameter = {free_[k]};
        p.prior = describe_prior(parameter(k), priors_[k], data_);
        double sum = 0.0;
        for (const double v : values) sum += v;
        p.mean = {sum / static_cast<double>(values.size()), mean_error(chains)};
        p.sd = standard_deviation(values);
        p.median = number(0.5);
        p.lower = number(0.5 - 0.5 * options_.level);
        p.upper = number(0.5 + 0.5 * options_.level);
        std::tie(p.shortest_lower, p.shortest_upper) = shortest_of_sorted(sorted, options_.level);
        p.r_hat = r_hat(chains);
        p.bulk_ess = bulk_ess(chains);
        p.tail_ess = tail_ess(chains);
      };
    });
  }

  /// Whether the draws can be used, and what is odd about them.
  void judge() {
    const auto worst = [&](auto&& badness) -> const PosteriorParameter& {
      return *std::max_element(result_.parameters.begin(), result_.parameters.end(), [&](const auto& a, const auto& b) {
        const double x = badness(a), y = badness(b);
        return std::isnan(y) ? !std::isnan(x) : x < y;
      });
    };
    const auto name = [&](const PosteriorParameter& p) { return likelihood_.parameters()[p.parameter.index].name; };
    const PosteriorParameter& apart = worst([](const auto& p) { return p.r_hat; });
    const PosteriorParameter& few = worst([](const auto& p) { return -p.bulk_ess; });
    const PosteriorParameter& few_in_tail = worst([](const auto& p) { return -p.tail_ess; });
    std::size_t n_divergent = 0, n_at_edge = 0, n_cut = 0;
    double lowest_bfmi = infinity;
    std::string edge;
    for (const PosteriorChain& c : result_.chains) {
      n_divergent += c.n_divergent;
      n_at_edge += c.n_at_edge;
      if (edge.empty()) edge = c.edge;
      n_cut += c.n_cut;
      if (!(c.bfmi >= lowest_bfmi)) lowest_bfmi = c.bfmi;
    }
    const auto total = static_cast<double>(result_.stats.energy.size());
    std::vector<std::string> reasons;
    if (!(apart.r_hat <= max_r_hat)) {
      reasons.push_back(fmt::format("the chains do not agree on '{}': R-hat {:.3f}, {:g} is the limit", name(apart),
                                    apart.r_hat, max_r_hat));
    }
    const auto too_few = [&](const PosteriorParameter& p, double ess, const char* of) {
      if (ess >= min_effective_samples) return;
      reasons.push_back(fmt::format("{:.0f} effective samples in the {} of '{}', {:g} are needed", ess, of, name(p),
                                    min_effective_samples));
    };
    if (std::isnan(few.bulk_ess) || std::isnan(few_in_tail.tail_ess)) {
      reasons.push_back("too few draws to tell whether the chains agree");
    } else {
      too_few(few, few.bulk_ess, "bulk");
      too_few(few_in_tail, few_in_tail.tail_ess, "tails");
    }
    const std::string divergent = fmt::format("{} of {:.0f} trajectories diverged", n_divergent, total);
    if (static_cast<double>(n_divergent) > max_divergent_share * total) {
      reasons.push_back(divergent + ": a higher target acceptance makes smaller steps");
    } else if (n_divergent > 0) {
      result_.notes.push_back(divergent + ": a higher target acceptance makes smaller steps");
    }
    if (!(lowest_bfmi >= min_bfmi)) {
      reasons.push_back(fmt::format("the energies of a chain change too slowly: BFMI {:.2f}, {:g} is the limit",
                                    lowest_bfmi, min_bfmi));
    }
    if (n_cut > 0) {
      result_.notes.push_back(fmt::format("{} of {:.0f} trajectories reached the greatest length of 2^{} steps", n_cut,
                                          total, options_.max_depth));
    }
    if (n_at_edge > 0) {
      result_.notes.push_back(
          fmt::format("{} of {:.0f} trajectories ended where the density is zero, the first of them at: {}", n_at_edge,
                      total, edge));
    }
    if (options_.n_chains == 1) result_.notes.push_back("one chain: R-hat compares its two halves only");
    if (!reasons.empty()) {
      std::string all;
      for (const std::string& reason : reasons) all += (all.empty() ? "" : "; ") + reason;
      fail(Status::not_converged, all);
      return;
    }
    const auto poi = likelihood_.poi();
    for (std::size_t k = 0; poi && k < free_.size(); ++k) {
      if (free_[k] == poi->index) result_.upper_limit = quantile(draws_of(result_, k), chains_.size(), options_.level);
    }
  }

  /// In draws per parameter: with fewer than a few, a sampled covariance has eigenvalues that are far off, and those of
  /// the Hessian are better.
  static constexpr double hessian_weight = 5.0;

  const model::Likelihood& likelihood_;
  const model::Data& data_;
  const PosteriorOptions& options_;
  Posterior result_;
  std::vector<std::uint32_t> free_;
  std::vector<Prior> priors_;
  FitResult fit_;
  std::unique_ptr<PosteriorDensity> density_;
  Eigen::VectorXd mode_;
  Eigen::MatrixXd metric_, factor_;  ///< metric: of the Hessian, in y; factor: lower, factor factor^T = metric
  std::vector<std::unique_ptr<Chain>> chains_;
};

}  // namespace

Posterior posterior(const model::Likelihood& likelihood, const model::Data& data, const PosteriorOptions& options) {
  return Sampling(likelihood, data, options).run();
}

std::vector<double> draws_of(const Posterior& p, std::size_t k) {
  const std::size_t n_free = p.parameters.size();
  std::vector<double> values(p.draws.size() / n_free);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = p.draws[i * n_free + k];
  return values;
}

PosteriorNumber quantile(std::vector<double> draws, std::size_t n_chains, double level) {
  std::vector<double> sorted = draws;
  std::sort(sorted.begin(), sorted.end());
  return {quantile_of_sorted(sorted, level), quantile_error({draws, n_chains}, sorted, level)};
}

std::pair<double, double> shortest_interval(std::vector<double> draws, double level) {
  std::sort(draws.begin(), draws.end());
  return shortest_of_sorted(draws, level);
}

}  // namespace relume::infer
