// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "infer/marginal_likelihood.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <limits>
#include <numbers>
#include <numeric>

#include <fmt/format.h>

#include "math/gamma_variance.hpp"
#include "math/poisson.hpp"
#include "relume/model/constraint_terms.hpp"

namespace relume::infer {

using model::ConstraintKind;
using model::Data;
using model::Scratch;
using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Rates near zero go over into zero within this share of their scale: wide enough for some ten of several thousand
/// nodes to lie there, so that the sum is smooth; the average changes by the square of it, below 1e-3 where it matters.
constexpr math::Relaxation averaging{.penalty = 0.0, .floor = 0.0, .clip = 0.02};
/// Least curvature, in units of the prior's, that the scale of the nodes believes in: data may make the likelihood
/// flatter than the prior, not by much.
constexpr double least_precision = 0.25;
/// The fit is moved to the mode in y, by at most so many standard deviations.
constexpr double largest_move = 3.0;
/// Nodes below this share of the sum change no digit of it.
constexpr double negligible = 1e-18;
/// On the rim of a product rule the integrand is gone, or the rule does not reach far enough.
constexpr double largest_rim = 1e-6;
/// Nodes that densities are adapted with.
constexpr std::size_t n_pilot = 1024;

/// Of what `keep` does not mark, on all of the line: bounds are for fits. Correlated constraints are never torn apart,
/// so that it does not matter where the others are.
model::ConstraintDraws priors_of(const model::Likelihood& likelihood, const Data& observed,
                                 std::span<const char> keep) {
  std::vector<char> is_drawn;
  for (const char k : keep) is_drawn.push_back(k == 0);
  return {likelihood,
          observed,
          initial_point(likelihood),
          is_drawn,
          {.counts = model::CountPrior::flat, .within_bounds = false}};
}

}  // namespace

struct MarginalLikelihood::Work final : Scratch {
  Work(const MarginalLikelihood& m)
      : Scratch(m.layout_),
        inner(m.wrapped_->make_scratch()),
        point(m.wrapped_->parameters().size()),
        direction(point.size()),
        along(point.size()),
        log_terms(m.nodes_.size),
        shares(m.nodes_.size),
        phi(m.kept_.size()),
        mean(m.kept_.size()),
        base(m.integrated_.size()),
        y(m.integrated_.size()),
        gradients(m.kept_.size(), m.nodes_.size),
        hessian(m.kept_.size(), m.kept_.size()),
        moved(m.integrated_.size(), m.kept_.size()),
        eigen(static_cast<Eigen::Index>(m.kept_.size())) {}

  std::unique_ptr<Scratch> inner;
  std::vector<double> point, direction, along;
  std::vector<double> log_terms, shares;  ///< per node
  Vector phi, mean, base, y;

  /// What belongs to one set of data. Tests go back and forth between two of them.
  struct Placement {
    bool is_filled = false;
    std::vector<double> values;
    std::vector<char> masked;
    Data full;
    std::string problem;
    Vector reference, centre;
    Matrix slope, offsets;  ///< S; x_k - x_0, column by column
    std::vector<double> log_weights;
  };
  std::array<Placement, 2> placements;
  Placement* now = placements.data();

  /// Goes to the placement of these data; false: there is none, and `now` is the one to be overwritten.
  bool find(const Data& data) noexcept {
    for (Placement& p : placements) {
      if (!p.is_filled || p.values != data.values || p.masked != data.masked) continue;
      now = &p;
      return true;
    }
    Placement& other = now == placements.data() ? placements[1] : placements[0];
    if (now->is_filled) now = &other;
    now->is_filled = false;
    return false;
  }

  Matrix gradients, hessian, moved;
  Eigen::SelfAdjointEigenSolver<Matrix> eigen;
  Matrix safe;

  enum class Trouble { none, placement, constraint, outside, too_few, rim };
  Trouble trouble = Trouble::none;
  std::size_t bad_parameter = 0;
  double log_sum = 0.0, effective = 0.0, rim = 0.0;
};

MarginalLikelihood::MarginalLikelihood(std::shared_ptr<const model::Likelihood> wrapped, Data observed,
                                       std::span<const char> keep, const MarginalOptions& options)
    : wrapped_(std::move(wrapped)),
      observed_(std::move(observed)),
      asimov_(options.asimov),
      held_(options.fixed),
      priors_(priors_of(*wrapped_, observed_, keep)) {
  const auto parameters = wrapped_->parameters();
  new_index_.assign(parameters.size(), not_here);
  for (std::uint32_t i = 0; i < parameters.size(); ++i) {
    if (keep[i] == 0) {
      integrated_.push_back(i);
      continue;
    }
    new_index_[i] = static_cast<std::uint32_t>(kept_.size());
    kept_.push_back(i);
    parameters_.push_back(parameters[i]);
  }
  for (const FixedParameter& held : held_) {
    model::Parameter& p = parameters_[new_index_[held.parameter.index]];
    p.is_fixed = true;
    p.initial = held.value;
  }
  for (const model::ParameterSet& set : wrapped_->parameter_sets()) take_over(set, keep);
  const auto ours = [&](std::span<const std::uint32_t> theirs, std::vector<std::uint32_t>& out) {
    for (const std::uint32_t i : theirs) {
      if (new_index_[i] != not_here) out.push_back(new_index_[i]);
    }
  };
  ours(wrapped_->kinks(), kinks_);
  ours(wrapped_->two_sided(), two_sided_);
  if (const auto poi = wrapped_->poi()) poi_ = ParamId{new_index_[poi->index]};
  channels_.assign(wrapped_->channels().begin(), wrapped_->channels().end());
  constraints_are_priors_ = true;
  lay_out_data();
  set_priors();
  lay_out_curvature();
  pilot_ = importance_nodes(integrated_.size(), n_pilot, options.seed);
}

void MarginalLikelihood::take_over(const model::ParameterSet& set, std::span<const char> keep) {
  const std::size_t n_kept = static_cast<std::size_t>(
      std::count_if(keep.begin() + static_cast<std::ptrdiff_t>(set.first),
                    keep.begin() + static_cast<std::ptrdiff_t>(set.first + set.size), [](char k) { return k != 0; }));
  if (n_kept == set.size) {
    parameter_sets_.push_back({set.name, new_index_[set.first], set.size, set.is_scalar});
    return;
  }
  for (std::size_t i = set.first; i < set.first + set.size; ++i) {
    if (keep[i] != 0) parameter_sets_.push_back({wrapped_->parameters()[i].name, new_index_[i], 1, true});
  }
}

void MarginalLikelihood::lay_out_data() {
  const auto take = [&](std::size_t datum) {
    data_.push_back(datum);
    own_observed_.values.push_back(observed_.values[datum]);
    return data_.size() - 1;
  };
  for (model::DataBlock block : wrapped_->data_blocks()) {
    if (block.is_auxiliary) continue;
    const std::size_t first = data_.size();
    for (std::size_t i = block.first; i < block.first + block.size; ++i) take(i);
    block.first = first;
    data_blocks_.push_back(std::move(block));
  }
  for (const model::ParameterSet& set : parameter_sets_) {
    const ConstraintKind kind = parameters_[set.first].constraint.kind;
    if (kind == ConstraintKind::none) continue;
    data_blocks_.push_back({set.name,
                            kind == ConstraintKind::poisson ? model::BlockKind::counts : model::BlockKind::reals,
                            data_.size(), set.size, true});
    for (std::size_t i = set.first; i < set.first + set.size; ++i) {
      parameters_[i].constraint.data_index = take(parameters_[i].constraint.data_index);
    }
  }
  for (const model::ParameterSet& set : parameter_sets_) {
    if (parameters_[set.first].constraint.kind != ConstraintKind::gamma_variance) continue;
    data_blocks_.push_back({set.name + ".variance", model::BlockKind::variances, data_.size(), set.size, true});
    for (std::size_t i = set.first; i < set.first + set.size; ++i) {
      parameters_[i].constraint.variance_index = take(parameters_[i].constraint.variance_index);
    }
  }
  n_data_ = data_.size();
  own_observed_.masked = observed_.masked;
}

void MarginalLikelihood::set_priors() {
  const std::size_t d = integrated_.size();
  const auto n = static_cast<Eigen::Index>(d);
  prior_root_.setZero(n, n);
  is_log_.assign(d, 0);
  is_kinked_.assign(d, 0);
  std::vector<Eigen::Index> place(wrapped_->parameters().size(), -1);
  for (std::size_t j = 0; j < d; ++j) {
    const auto at = static_cast<Eigen::Index>(j);
    place[integrated_[j]] = at;
    const model::Constraint& c = wrapped_->parameters()[integrated_[j]].constraint;
    const double a = observed_.values[c.data_index];
    double width = c.width;
    if (c.kind == ConstraintKind::poisson) {
      // With a flat prior the count makes it a Gamma density; the width is that of ln theta, to first order.
      is_log_[j] = 1;
      width = 1.0 / std::sqrt(a + 1.0);
      prior_constant_ += math::poisson_saturated(a) - std::log(c.rate);
    } else if (c.kind == ConstraintKind::gamma_variance) {
      // Student's t with 1/(2 e^2) degrees of freedom (math/gamma_variance.hpp).
      width = std::sqrt(observed_.values[c.variance_index]);
      prior_constant_ += math::student_t_norm(observed_.values[c.variance_index], c.error_on_error);
    } else {
      prior_constant_ += std::log(width) + 0.5 * std::log(2.0 * std::numbers::pi);
    }
    prior_root_(at, at) = width;
  }
  for (const model::CorrelatedConstraint& block : wrapped_->correlated_constraints()) {
    const std::size_t size = block.parameters.size();
    if (place[block.parameters.front()] < 0) continue;
    prior_constant_ += 0.5 * block.log_determinant;
    for (std::size_t a = 0; a < size; ++a) {
      const Eigen::Index row = place[block.parameters[a]];
      const double width = prior_root_(row, row);
      for (std::size_t b = 0; b <= a; ++b)
        prior_root_(row, place[block.parameters[b]]) = width * block.root[a * size + b];
    }
  }
  for (const std::uint32_t i : wrapped_->kinks()) {
    if (place[i] >= 0) is_kinked_[static_cast<std::size_t>(place[i])] = 1;
  }
}

void MarginalLikelihood::lay_out_curvature() {
  for (const model::CorrelatedConstraint& block : wrapped_->correlated_constraints()) {
    if (new_index_[block.parameters.front()] == not_here) continue;
    model::CorrelatedConstraint own = block;
    for (std::uint32_t& i : own.parameters) i = new_index_[i];
    correlated_constraints_.push_back(std::move(own));
  }
  layout_.n_parameters = kept_.size();
  layout_.private_of_parameter.assign(kept_.size(), -1);
  layout_.row_privates = layout_.row_couplings = layout_.row_pairs = {0};
  model::add_dense_blocks(correlated_constraints_, layout_);
  math::DenseBlock all{{}, layout_.dense_size};
  all.parameters.resize(kept_.size());
  std::iota(all.parameters.begin(), all.parameters.end(), 0u);
  layout_.dense_size += kept_.size() * kept_.size();
  layout_.dense_blocks.push_back(std::move(all));
}

std::unique_ptr<model::Scratch> MarginalLikelihood::make_scratch() const {
  auto work = std::make_unique<Work>(*this);
  std::vector<char> is_kept(wrapped_->parameters().size(), 0);
  for (const std::uint32_t i : kept_) is_kept[i] = 1;
  model::leave_out_constraints(*wrapped_, is_kept, *work->inner);
  model::fill_dense_blocks(*this, *work);
  return work;
}

void MarginalLikelihood::fill(const Data& data, Data& full) const {
  full.values = observed_.values;
  for (std::size_t i = 0; i < data_.size(); ++i) full.values[data_[i]] = data.values[i];
  full.masked = data.masked;
}

std::string MarginalLikelihood::locate(const Data& data, Work& work, Laplace& laplace) const {
  fill(data, work.now->full);
  const FitResult fit =
      infer::fit(*wrapped_, work.now->full, {.fixed = held_, .start = start_, .uncertainties = false});
  if (!fit.minimum.is_usable()) return "the fit that places the nodes: " + fit.minimum.reason;
  const std::vector<double>& x = fit.minimum.x;
  if (wrapped_->evaluate(x, work.now->full, math::Derivatives::curvature, averaging, *work.inner).status !=
      math::EvaluationStatus::ok) {
    return "there are no derivatives where nodes are to be placed: " + wrapped_->explain(x, *work.inner);
  }
  work.now->reference.resize(static_cast<Eigen::Index>(kept_.size()));
  for (std::size_t a = 0; a < kept_.size(); ++a) work.now->reference[static_cast<Eigen::Index>(a)] = x[kept_[a]];
  if (!expand(x, work, laplace)) return "the second derivatives where nodes are to be placed are not finite";
  return {};
}

std::string MarginalLikelihood::place(const Data& data, Work& work) const {
  Laplace laplace;
  if (std::string problem = locate(data, work, laplace); !problem.empty()) return problem;
  if (!nodes_.z.empty()) {
    const Eigen::Map<const Matrix> z(nodes_.z.data(), work.now->centre.size(), static_cast<Eigen::Index>(nodes_.size));
    work.now->offsets.noalias() = laplace.axes * z;
    work.now->log_weights = nodes_.log_weights;
    double log_scale = 0.0;
    for (Eigen::Index j = 0; j < work.now->centre.size(); ++j) log_scale += std::log(laplace.axes(j, j));
    for (double& w : work.now->log_weights) w += log_scale;
    return {};
  }
  return draw_nodes(laplace, work);
}

/// The likelihood around its fit as a normal distribution.
bool MarginalLikelihood::expand(const std::vector<double>& x, Work& work, Laplace& laplace) const {
  const auto d = static_cast<Eigen::Index>(integrated_.size()), n = static_cast<Eigen::Index>(kept_.size());
  const std::vector<double>& slopes = work.inner->gradient;
  Matrix hessian(d, d), mixed(d, n), kept(n, n);
  Vector gradient(d), scale(d);
  for (Eigen::Index j = 0; j < d; ++j) {
    const auto i = static_cast<std::size_t>(j);
    scale[j] = is_log_[i] != 0 ? x[integrated_[i]] : 1.0;  // d theta / dy
    gradient[j] = scale[j] * slopes[integrated_[i]] - (is_log_[i] != 0 ? 1.0 : 0.0);
  }
  const auto differentiate = [&](std::uint32_t parameter) {
    work.direction[parameter] = 1.0;
    work.inner->curvature.multiply(work.direction, work.along, math::Form::exact);
    work.direction[parameter] = 0.0;
  };
  std::fill(work.direction.begin(), work.direction.end(), 0.0);
  for (Eigen::Index j = 0; j < d; ++j) {
    const std::uint32_t own = integrated_[static_cast<std::size_t>(j)];
    differentiate(own);
    for (Eigen::Index l = 0; l < d; ++l) {
      hessian(l, j) = scale[l] * scale[j] * work.along[integrated_[static_cast<std::size_t>(l)]];
    }
    for (Eigen::Index a = 0; a < n; ++a) mixed(j, a) = scale[j] * work.along[kept_[static_cast<std::size_t>(a)]];
    if (is_log_[static_cast<std::size_t>(j)] != 0) hessian(j, j) += scale[j] * slopes[own];
  }
  for (Eigen::Index a = 0; a < n; ++a) {
    differentiate(kept_[static_cast<std::size_t>(a)]);
    for (Eigen::Index b = 0; b < n; ++b) kept(b, a) = work.along[kept_[static_cast<std::size_t>(b)]];
  }
  const Matrix half = hessian * prior_root_;
  const Matrix whitened = prior_root_.transpose() * half;
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(whitened);
  if (solver.info() != Eigen::Success || !whitened.allFinite()) return false;
  Vector inverse_root(d);
  for (Eigen::Index j = 0; j < d; ++j) {
    inverse_root[j] = 1.0 / std::sqrt(std::max(solver.eigenvalues()[j], least_precision));
  }
  const Matrix root = prior_root_ * solver.eigenvectors() * inverse_root.asDiagonal();
  const Matrix pulled = root.transpose() * mixed;
  work.now->slope = -(root * pulled);
  for (Eigen::Index j = 0; j < d; ++j) {
    // Nodes that crossed a kink would make the sum jump in its slope: they stay on their side.
    if (is_kinked_[static_cast<std::size_t>(j)] != 0) work.now->slope.row(j).setZero();
  }
  work.now->centre.resize(d);
  Vector move = root.transpose() * gradient;
  if (move.norm() > largest_move) move *= largest_move / move.norm();
  for (Eigen::Index j = 0; j < d; ++j) {
    const double theta = x[integrated_[static_cast<std::size_t>(j)]];
    work.now->centre[j] = is_log_[static_cast<std::size_t>(j)] != 0 ? std::log(theta) : theta;
  }
  work.now->centre -= root * move;
  // Along the axes of the parameters, as far as they are not correlated: what is not normal often belongs to one.
  laplace = {Eigen::LLT<Matrix>(root * root.transpose()).matrixL(), Vector::Zero(n), 0.0, 0.0};
  if (!work.now->centre.allFinite() || !laplace.axes.allFinite()) return false;
  if (poi_) find_ridge(kept - pulled.transpose() * pulled, slopes, laplace);
  return true;
}

/// How the other kept parameters follow the parameter of interest, and how the likelihood falls along with it.
void MarginalLikelihood::find_ridge(const Matrix& hessian, const std::vector<double>& slopes, Laplace& laplace) const {
  const auto poi = static_cast<Eigen::Index>(poi_->index);
  std::vector<Eigen::Index> others;
  for (Eigen::Index a = 0; a < hessian.rows(); ++a) {
    if (a != poi && !parameters_[static_cast<std::size_t>(a)].is_fixed && hessian(a, a) > 0.0) others.push_back(a);
  }
  laplace.ridge[poi] = 1.0;
  laplace.curvature = hessian(poi, poi);
  laplace.slope = slopes[kept_[poi_->index]];
  if (others.empty()) return;
  const auto m = static_cast<Eigen::Index>(others.size());
  Matrix block(m, m);
  Vector towards(m);
  for (Eigen::Index a = 0; a < m; ++a) {
    towards[a] = hessian(others[static_cast<std::size_t>(a)], poi);
    for (Eigen::Index b = 0; b < m; ++b) {
      block(a, b) = hessian(others[static_cast<std::size_t>(a)], others[static_cast<std::size_t>(b)]);
    }
  }
  const Eigen::LLT<Matrix> factor(block);
  if (factor.info() != Eigen::Success) return;
  const Vector follow = factor.solve(towards);
  if (!follow.allFinite()) return;
  for (Eigen::Index a = 0; a < m; ++a) laplace.ridge[others[static_cast<std::size_t>(a)]] = -follow[a];
  laplace.curvature -= follow.dot(towards);
}

/// D grows by t^2/2 over slope s + curvature s^2/2.
double MarginalLikelihood::Laplace::distance(double t) const {
  const double g = std::max(0.0, t > 0.0 ? slope : -slope), c = std::max(0.0, curvature);
  const double s = t * t / (g + std::sqrt(g * g + c * t * t));
  return t > 0.0 ? s : -s;
}

/// Points on the ridge of the parameter of interest, so many standard deviations away from the fit; fewer where there
/// is no room for them.
std::vector<Vector> MarginalLikelihood::along_ridge(std::span<const double> deviations, const Laplace& laplace,
                                                    const Work& work) const {
  std::vector<Vector> points = {work.now->reference};
  if (!poi_ || parameters_[poi_->index].is_fixed) return points;
  const auto poi = static_cast<Eigen::Index>(poi_->index);
  for (const double t : deviations) {
    const double s = laplace.distance(t), lower = parameters_[poi_->index].lower;
    // At a bound below, none; near one, the bound.
    if (!std::isfinite(s) || (t < 0.0 && work.now->reference[poi] + 0.25 * s <= lower)) continue;
    points.push_back(work.now->reference + s * laplace.ridge);
    points.back()[poi] = std::max(points.back()[poi], lower);
  }
  return points;
}

std::vector<std::vector<double>> MarginalLikelihood::ridge(std::span<const double> deviations) const {
  Work work(*this);
  Laplace laplace;
  std::vector<std::vector<double>> points;
  if (!locate(own_observed_, work, laplace).empty()) return points;
  for (const Vector& point : along_ridge(deviations, laplace, work)) points.emplace_back(point.begin(), point.end());
  return points;
}

/// A mixture of densities, each adapted to the integrand at one anchor, every node weighted by the whole mixture (the
/// balance heuristic of Veach and Guibas, SIGGRAPH 95, 419: n_i p_i / sum_k n_k p_k).
std::string MarginalLikelihood::draw_nodes(const Laplace& laplace, Work& work) const {
  std::vector<Proposal> mixture;
  Proposal proposal(work.now->centre, laplace.axes);
  // As far as searches for limits go.
  constexpr std::array deviations = {-2.0, 3.0, 7.0};
  for (const Vector& anchor : along_ridge(deviations, laplace, work)) {
    for (std::size_t a = 0; a < kept_.size(); ++a) work.point[kept_[a]] = anchor[static_cast<Eigen::Index>(a)];
    const Vector shift = work.now->slope * (anchor - work.now->reference);
    const auto log_f = [&](const Vector& x) {
      work.y = x + shift;
      return log_integrand(work);
    };
    Proposal adapted = proposal;
    if (adapted.adapt(log_f, pilot_)) {
      mixture.push_back(adapted);
      proposal = std::move(adapted);
    } else if (mixture.empty()) {
      return "the likelihood vanishes everywhere around its fit";
    }
  }
  const std::size_t n = nodes_.size, d = nodes_.dimension, size = n / nodes_.n_replicates;
  work.now->centre.setZero();
  work.now->offsets.resize(static_cast<Eigen::Index>(d), static_cast<Eigen::Index>(n));
  work.now->log_weights.resize(n);
  const auto component_of = [&](std::size_t k) { return k % size * mixture.size() / size; };
  // As many nodes as a density has, so much it counts: of 256 nodes three densities have 86, 85 and 85.
  std::vector<double> terms(mixture.size()), log_shares(mixture.size(), 0.0);
  for (std::size_t k = 0; k < size; ++k) log_shares[component_of(k)] += 1.0 / static_cast<double>(size);
  for (double& share : log_shares) share = std::log(share);
  for (std::size_t k = 0; k < n; ++k) {
    const Vector x = mixture[component_of(k)].at(std::span(nodes_.u).subspan(k * d, d));
    for (std::size_t m = 0; m < mixture.size(); ++m) terms[m] = log_shares[m] + mixture[m].log_density(x);
    const double largest = *std::max_element(terms.begin(), terms.end());
    double sum = 0.0;
    for (const double term : terms) sum += std::exp(term - largest);
    work.now->log_weights[k] = -largest - std::log(sum) - std::log(static_cast<double>(n));
    work.now->offsets.col(static_cast<Eigen::Index>(k)) = x;
  }
  return work.now->offsets.allFinite() ? std::string() : "the nodes would lie at infinity";
}

double MarginalLikelihood::log_integrand(Work& work) const noexcept {
  double value = 0.0;
  for (std::size_t j = 0; j < integrated_.size(); ++j) {
    const double y = work.y[static_cast<Eigen::Index>(j)];
    work.point[integrated_[j]] = is_log_[j] != 0 ? std::exp(y) : y;
    if (is_log_[j] != 0) value += y;
  }
  const math::Evaluation e =
      wrapped_->evaluate(work.point, work.now->full, math::Derivatives::none, averaging, *work.inner);
  return e.status == math::EvaluationStatus::ok ? value - e.value : -infinity;
}

void MarginalLikelihood::move_to(std::size_t k, Work& work) const noexcept {
  work.y = work.base + work.now->offsets.col(static_cast<Eigen::Index>(k));
  for (std::size_t j = 0; j < integrated_.size(); ++j) {
    const double y = work.y[static_cast<Eigen::Index>(j)];
    work.point[integrated_[j]] = is_log_[j] != 0 ? std::exp(y) : y;
  }
}

bool MarginalLikelihood::sum_nodes(Work& work) const noexcept {
  double largest = -infinity;
  for (std::size_t k = 0; k < nodes_.size; ++k) {
    work.y = work.base + work.now->offsets.col(static_cast<Eigen::Index>(k));
    work.log_terms[k] = work.now->log_weights[k] + log_integrand(work);
    largest = std::max(largest, work.log_terms[k]);
  }
  if (!std::isfinite(largest)) return false;
  double sum = 0.0, squares = 0.0;
  for (std::size_t k = 0; k < nodes_.size; ++k) {
    work.shares[k] = std::exp(work.log_terms[k] - largest);
    sum += work.shares[k];
    squares += work.shares[k] * work.shares[k];
  }
  work.rim = 0.0;
  for (std::size_t k = 0; k < nodes_.size; ++k) {
    work.shares[k] /= sum;
    if (!nodes_.is_outermost.empty() && nodes_.is_outermost[k] != 0) work.rim += work.shares[k];
  }
  work.effective = sum * sum / squares;
  work.log_sum = largest + std::log(sum);
  return true;
}

/// Averages over the nodes, with the shares that sum_nodes has left.
void MarginalLikelihood::add_derivatives(Work& work, bool with_curvature) const noexcept {
  const auto n = static_cast<Eigen::Index>(kept_.size()), d = static_cast<Eigen::Index>(integrated_.size());
  Vector& mean = work.mean;
  mean.setZero();
  work.gradients.setZero();
  work.hessian.setZero();
  for (std::size_t k = 0; k < nodes_.size; ++k) {
    const double share = work.shares[k];
    if (!(share > negligible)) continue;
    move_to(k, work);
    const auto wanted = with_curvature ? math::Derivatives::curvature : math::Derivatives::gradient;
    wrapped_->evaluate(work.point, work.now->full, wanted, averaging, *work.inner);
    const std::vector<double>& g = work.inner->gradient;
    auto own = work.gradients.col(static_cast<Eigen::Index>(k));
    for (Eigen::Index a = 0; a < n; ++a) own[a] = g[kept_[static_cast<std::size_t>(a)]];
    for (Eigen::Index j = 0; j < d; ++j) {
      const std::uint32_t i = integrated_[static_cast<std::size_t>(j)];
      const bool is_log = is_log_[static_cast<std::size_t>(j)] != 0;
      const double theta_slope = is_log ? work.point[i] : 1.0;
      work.moved.row(j) = theta_slope * work.now->slope.row(j);
      own += (theta_slope * g[i] - (is_log ? 1.0 : 0.0)) * work.now->slope.row(j).transpose();
      if (with_curvature && is_log) {
        work.hessian.noalias() +=
            share * theta_slope * g[i] * work.now->slope.row(j).transpose() * work.now->slope.row(j);
      }
    }
    mean += share * own;
    if (!with_curvature) continue;
    for (Eigen::Index a = 0; a < n; ++a) {
      const std::uint32_t at = kept_[static_cast<std::size_t>(a)];
      work.direction[at] = 1.0;
      for (Eigen::Index j = 0; j < d; ++j) work.direction[integrated_[static_cast<std::size_t>(j)]] = work.moved(j, a);
      work.inner->curvature.multiply(work.direction, work.along, math::Form::exact);
      work.direction[at] = 0.0;
      for (Eigen::Index b = 0; b < n; ++b) {
        double second = work.along[kept_[static_cast<std::size_t>(b)]];
        for (Eigen::Index j = 0; j < d; ++j) {
          second += work.moved(j, b) * work.along[integrated_[static_cast<std::size_t>(j)]];
        }
        work.hessian(b, a) += share * second;
      }
    }
  }
  for (Eigen::Index a = 0; a < n; ++a) work.gradient[static_cast<std::size_t>(a)] += mean[a];
  if (!with_curvature) return;
  // The average of second derivatives, less the covariance of first ones.
  for (std::size_t k = 0; k < nodes_.size; ++k) {
    if (!(work.shares[k] > negligible)) continue;
    auto own = work.gradients.col(static_cast<Eigen::Index>(k));
    own -= mean;
    work.hessian.noalias() -= work.shares[k] * own * own.transpose();
  }
  work.eigen.compute(work.hessian);
  const Matrix& vectors = work.eigen.eigenvectors();
  work.safe.noalias() = vectors * work.eigen.eigenvalues().cwiseAbs().asDiagonal() * vectors.transpose();
  const std::size_t first = layout_.dense_blocks.back().offset;
  std::copy_n(work.hessian.data(), n * n, work.curvature.dense_exact.begin() + static_cast<std::ptrdiff_t>(first));
  std::copy_n(work.safe.data(), n * n, work.curvature.dense_safe.begin() + static_cast<std::ptrdiff_t>(first));
}

math::Evaluation MarginalLikelihood::evaluate(std::span<const double> point, const Data& data,
                                              math::Derivatives derivatives, const math::Relaxation&,
                                              Scratch& scratch) const noexcept {
  Work& work = static_cast<Work&>(scratch);
  work.trouble = Work::Trouble::none;
  const math::Evaluation outside{math::EvaluationStatus::infeasible, infinity, infinity};
  const math::Evaluation unknown{math::EvaluationStatus::not_finite, infinity, infinity};
  if (!work.find(data)) {
    try {
      work.now->values = data.values;
      work.now->masked = data.masked;
      work.now->problem = place(data, work);
    } catch (const std::exception& e) {  // no memory for a fit
      work.now->problem = e.what();
    }
    work.now->is_filled = true;
  }
  if (!work.now->problem.empty()) {
    work.trouble = Work::Trouble::placement;
    return unknown;
  }
  const model::ConstraintSum constraints = model::add_constraint_terms(*this, point, data, derivatives, work);
  if (constraints.bad_parameter >= 0) {
    work.trouble = Work::Trouble::constraint;
    work.bad_parameter = static_cast<std::size_t>(constraints.bad_parameter);
    return outside;
  }
  for (std::size_t a = 0; a < kept_.size(); ++a) {
    work.point[kept_[a]] = point[a];
    work.phi[static_cast<Eigen::Index>(a)] = point[a] - work.now->reference[static_cast<Eigen::Index>(a)];
  }
  work.base = work.now->centre;
  work.base.noalias() += work.now->slope * work.phi;
  if (!sum_nodes(work)) {
    work.trouble = Work::Trouble::outside;
    return outside;
  }
  if (nodes_.is_outermost.empty() && work.effective < min_effective_nodes) work.trouble = Work::Trouble::too_few;
  if (work.rim > largest_rim) work.trouble = Work::Trouble::rim;
  if (work.trouble != Work::Trouble::none) return unknown;
  if (derivatives != math::Derivatives::none) add_derivatives(work, derivatives == math::Derivatives::curvature);
  return {math::EvaluationStatus::ok, constraints.value - work.log_sum, -work.log_sum};
}

std::vector<double> MarginalLikelihood::replicates(const Scratch& scratch) const {
  const Work& work = static_cast<const Work&>(scratch);
  const std::size_t size = nodes_.size / nodes_.n_replicates;
  std::vector<double> values;
  for (std::size_t r = 0; r < nodes_.n_replicates; ++r) {
    double sum = 0.0;
    for (std::size_t k = r * size; k < (r + 1) * size; ++k) sum += work.shares[k];
    values.push_back(work.log_sum + std::log(static_cast<double>(nodes_.n_replicates) * sum));
  }
  return values;
}

double MarginalLikelihood::effective_nodes(const Scratch& scratch) const {
  return static_cast<const Work&>(scratch).effective;
}

std::string MarginalLikelihood::explain(std::span<const double> point, const Scratch& scratch) const {
  const Work& work = static_cast<const Work&>(scratch);
  for (std::size_t a = 0; a < point.size(); ++a) {
    if (!std::isfinite(point[a])) {
      return fmt::format("{} = {:g}, which is not a finite number", parameters_[a].name, point[a]);
    }
  }
  const auto where = [&] {
    std::vector<std::string> values;
    for (std::size_t a = 0; a < point.size(); ++a)
      values.push_back(fmt::format("{} = {:g}", parameters_[a].name, point[a]));
    constexpr std::size_t told = 4;
    if (values.size() > told) values.resize(told);
    return fmt::format("{}", fmt::join(values, ", "));
  };
  switch (work.trouble) {
    case Work::Trouble::none: break;
    case Work::Trouble::placement: return work.now->problem;
    case Work::Trouble::constraint: return model::explain_constraint(*this, point, work.bad_parameter);
    case Work::Trouble::outside:
      return fmt::format("no node of the average over nuisance parameters is possible at {}: {}", where(),
                         wrapped_->explain(work.point, *work.inner));
    case Work::Trouble::too_few:
      return fmt::format(
          "the average over nuisance parameters rests on {:.0f} effective nodes of {} at {}, too far from the fit that "
          "places them",
          work.effective, nodes_.size, where());
    case Work::Trouble::rim:
      return fmt::format(
          "the nodes of the average over nuisance parameters do not reach far enough at {}: {:.1g} of it lies on their "
          "rim",
          where(), work.rim);
  }
  return {};
}

}  // namespace relume::infer
