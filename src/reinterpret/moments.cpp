// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/reinterpret/moments.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

#include <Eigen/Dense>
#include <fmt/format.h>

#include "base/quoted_list.hpp"
#include "reinterpret/moment_draws.hpp"
#include "relume/base/parallel.hpp"

namespace relume::reinterpret {

using infer::Status;

namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

/// Toys that are drawn and summed together: enough for dense products, few enough to stay in the cache.
constexpr std::size_t toys_together = 64;
/// Each part of the sample needs third moments of its own.
constexpr std::size_t fewest_toys = 1000;
constexpr std::size_t names_told = 10;

/// The main data asked for, and what the likelihood has to predict for them.
struct Bins {
  std::vector<std::size_t> place;  ///< among the main data
  std::vector<std::size_t> data;   ///< in Data::values
  std::vector<char> masked;        ///< channels without any of them; empty: none
  std::size_t n_main = 0;
  std::string problem;
};

Bins find_bins(const model::Likelihood& likelihood, const std::vector<std::string>& channels) {
  Bins bins;
  struct Block {
    std::string name;
    std::size_t place, data, size;
  };
  std::vector<Block> blocks;
  for (const model::DataBlock& block : likelihood.data_blocks()) {
    if (block.is_auxiliary) continue;
    blocks.push_back({block.name, bins.n_main, block.first, block.size});
    bins.n_main += block.size;
  }
  const auto add = [&](const Block& block) {
    for (std::size_t b = 0; b < block.size; ++b) {
      bins.place.push_back(block.place + b);
      bins.data.push_back(block.data + b);
    }
  };
  if (channels.empty()) {
    for (const Block& block : blocks) add(block);
    return bins;
  }
  for (const std::string& name : channels) {
    const auto found = std::find_if(blocks.begin(), blocks.end(), [&](const Block& b) { return b.name == name; });
    if (found == blocks.end()) {
      std::vector<std::string> names;
      for (const Block& block : blocks) names.push_back(block.name);
      bins.problem = fmt::format("there is no channel '{}'; there are {}", name, quoted_beginning(names, names_told));
      return bins;
    }
    add(*found);
  }
  for (const model::ChannelInfo& c : likelihood.channels()) {
    bins.masked.push_back(std::find(channels.begin(), channels.end(), c.name) == channels.end());
  }
  return bins;
}

/// Derivatives of the main data: data x parameters.
Matrix slopes_of_main_data(const model::Likelihood& likelihood, const std::vector<double>& point, const Bins& bins) {
  const std::vector<double> slopes = likelihood.main_slopes(point);
  using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  return Eigen::Map<const Rows>(slopes.data(), static_cast<Eigen::Index>(bins.n_main),
                                static_cast<Eigen::Index>(point.size()));
}

/// Of the main data asked for.
Matrix slopes_of_bins(const model::Likelihood& likelihood, const std::vector<double>& point, const Bins& bins) {
  const Matrix all = slopes_of_main_data(likelihood, point, bins);
  Matrix result(static_cast<Eigen::Index>(bins.place.size()), static_cast<Eigen::Index>(point.size()));
  for (std::size_t i = 0; i < bins.place.size(); ++i) {
    result.row(static_cast<Eigen::Index>(i)) = all.row(static_cast<Eigen::Index>(bins.place[i]));
  }
  return result;
}

/// Sums over a sample around its own mean, and how those of two samples are merged (T. Chan, G. Golub, R. LeVeque,
/// COMPSTAT 1982; P. Pebay, SAND2008-6212, eq. 1.2 and following).
struct Sums {
  explicit Sums(Eigen::Index size)
      : mean(Vector::Zero(size)), second(Matrix::Zero(size, size)), third(Vector::Zero(size)) {}

  double n = 0.0;
  Vector mean;
  Matrix second;  ///< lower triangle
  Vector third;

  void merge(const Sums& other) {
    if (other.n == 0.0) return;
    const double total = n + other.n;
    const Vector shift = other.mean - mean;
    const double weight = n * other.n / total;
    third +=
        other.third + weight * (n - other.n) / total * shift.cwiseProduct(shift).cwiseProduct(shift) +
        3.0 / total * shift.cwiseProduct(n * Vector(other.second.diagonal()) - other.n * Vector(second.diagonal()));
    second += other.second;
    second.selfadjointView<Eigen::Lower>().rankUpdate(shift, weight);
    mean += other.n / total * shift;
    n = total;
  }

  /// Of the first `count` columns.
  void set(const Matrix& values, Eigen::Index count, Matrix& centred) {
    n = static_cast<double>(count);
    mean.setZero();
    for (Eigen::Index j = 0; j < count; ++j) mean += values.col(j);
    mean /= std::max(n, 1.0);
    centred = values.leftCols(count).colwise() - mean;
    second.setZero();
    second.selfadjointView<Eigen::Lower>().rankUpdate(centred);
    third.setZero();
    for (Eigen::Index j = 0; j < count; ++j) {
      third += centred.col(j).cwiseProduct(centred.col(j)).cwiseProduct(centred.col(j));
    }
  }

  // Unbiased estimates (k-statistics).
  Matrix covariance() const {
    return second.selfadjointView<Eigen::Lower>() * Matrix::Identity(mean.size(), mean.size()) / (n - 1.0);
  }
  Vector third_moment() const { return third * (n / ((n - 1.0) * (n - 2.0))); }
};

Moments refuse(std::string reason) {
  Moments moments;
  moments.status = Status::not_defined;
  moments.reason = std::move(reason);
  return moments;
}

void set_nominal(const model::Likelihood& likelihood, const std::vector<double>& point, const Bins& bins,
                 Moments& moments) {
  std::vector<double> expected(bins.n_main);
  likelihood.expected_main(point, bins.masked, *likelihood.make_scratch(), expected);
  moments.data = bins.data;
  for (const std::size_t place : bins.place) moments.nominal.push_back(expected[place]);
}

/// Which parameters the model or the question holds, and where; the parameter of interest at 0.
std::vector<char> hold(const model::Likelihood& likelihood, std::span<const infer::FixedParameter> fixed,
                       std::vector<double>& point) {
  std::vector<char> held;
  for (const model::Parameter& p : likelihood.parameters()) held.push_back(p.is_fixed);
  if (const auto poi = likelihood.poi()) {
    held[poi->index] = 1;
    point[poi->index] = 0.0;
  }
  for (const infer::FixedParameter& f : fixed) {
    held[f.parameter.index] = 1;
    point[f.parameter.index] = f.value;
  }
  return held;
}

/// Free parameters without constraint that change the bins and that `is_known` does not mark.
std::vector<std::string> undetermined(const model::Likelihood& likelihood, const std::vector<double>& point,
                                      const Bins& bins, const std::vector<char>& is_known) {
  std::vector<std::string> names;
  bool any = false;
  for (std::size_t i = 0; i < point.size(); ++i) {
    any |= is_known[i] == 0 && likelihood.parameters()[i].constraint.kind == model::ConstraintKind::none;
  }
  if (!any) return names;
  const Matrix slopes = slopes_of_bins(likelihood, point, bins);
  for (std::size_t i = 0; i < point.size(); ++i) {
    const model::Parameter& p = likelihood.parameters()[i];
    if (is_known[i] != 0 || p.constraint.kind != model::ConstraintKind::none) continue;
    if (!slopes.col(static_cast<Eigen::Index>(i)).isZero(0.0)) names.push_back(p.name);
  }
  return names;
}

Moments sample_moments(const model::Likelihood& likelihood, const std::vector<double>& point, const Bins& bins,
                       const Draws& draws, const MomentOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  Moments moments;
  set_nominal(likelihood, point, bins, moments);
  const auto n_bins = static_cast<Eigen::Index>(bins.place.size());
  constexpr std::size_t n_parts = Moments::n_parts;
  std::vector<Sums> parts(n_parts, Sums(n_bins));
  std::vector<DrawCounts> counts(n_parts);
  const auto is_stopped = [&] { return options.stop != nullptr && options.stop->load(std::memory_order_relaxed); };

  // Which toys make a part does not depend on the threads, and parts are merged in their order.
  for_each_in_parallel(n_parts, static_cast<std::size_t>(std::max(1, options.threads)), [&] {
    struct Space {
      std::unique_ptr<model::Scratch> scratch;
      std::vector<double> expected;
      Matrix points, values, centred;
      Sums sums;
    };
    auto space = std::make_shared<Space>(Space{likelihood.make_scratch(),
                                               std::vector<double>(bins.n_main),
                                               Matrix(static_cast<Eigen::Index>(point.size()), toys_together),
                                               Matrix(n_bins, toys_together),
                                               {},
                                               Sums(n_bins)});
    return [&, space](std::size_t part) {
      const std::size_t end = options.n_toys * (part + 1) / n_parts;
      for (std::size_t first = options.n_toys * part / n_parts; first < end; first += toys_together) {
        if (is_stopped()) return;
        const auto n = static_cast<Eigen::Index>(std::min(toys_together, end - first));
        draws.draw(first, n, space->points, counts[part]);
        Eigen::Index kept = 0;
        for (Eigen::Index j = 0; j < n; ++j) {
          likelihood.expected_main({space->points.col(j).data(), point.size()}, bins.masked, *space->scratch,
                                   space->expected);
          bool is_negative = false, is_finite = true;
          for (Eigen::Index b = 0; b < n_bins; ++b) {
            const double value = space->values(b, kept) = space->expected[bins.place[static_cast<std::size_t>(b)]];
            is_negative |= value < 0.0;
            is_finite &= std::isfinite(value);
          }
          kept += is_finite;
          counts[part].not_finite += !is_finite;
          counts[part].negative += is_negative && is_finite;
        }
        space->sums.set(space->values, kept, space->centred);
        parts[part].merge(space->sums);
        if (options.n_done != nullptr)
          options.n_done->fetch_add(static_cast<std::size_t>(n), std::memory_order_relaxed);
      }
    };
  });
  if (is_stopped()) {
    moments.status = Status::interrupted;
    moments.reason = "interrupted";
    return moments;
  }
  for (const DrawCounts& c : counts) {
    moments.n_not_finite += c.not_finite;
    moments.n_negative += c.negative;
    moments.n_redrawn += c.redrawn;
    moments.n_clipped += c.clipped;
  }
  moments.n_toys = options.n_toys - moments.n_not_finite;
  constexpr double fewest_of_part = 3.0;
  for (const Sums& part : parts) {
    if (part.n >= fewest_of_part) continue;
    moments.status = Status::not_converged;
    moments.reason =
        fmt::format("{} of {} toys have expectations that are not finite", moments.n_not_finite, options.n_toys);
    return moments;
  }

  // Errors from the scatter of the parts, which need no moments beyond the third.
  Matrix second_sum = Matrix::Zero(n_bins, n_bins), second_squares = second_sum;
  Vector third_sum = Vector::Zero(n_bins), third_squares = third_sum;
  const Matrix first_covariance = parts.front().covariance();
  const Vector first_third = parts.front().third_moment();
  for (const Sums& part : parts) {
    const Matrix c = part.covariance() - first_covariance;
    const Vector t = part.third_moment() - first_third;
    second_sum += c;
    second_squares += c.cwiseProduct(c);
    third_sum += t;
    third_squares += t.cwiseProduct(t);
  }
  const auto error = [&](double sum, double squares) {
    constexpr auto k = static_cast<double>(n_parts);
    return std::sqrt(std::max(0.0, squares - sum * sum / k) / (k * (k - 1.0)));
  };
  for (std::size_t step = 1; step < n_parts; step *= 2) {
    for (std::size_t i = 0; i + step < n_parts; i += 2 * step) parts[i].merge(parts[i + step]);
  }
  const Sums& all = parts.front();
  const Matrix covariance = all.covariance();
  const Vector third = all.third_moment();
  for (Eigen::Index a = 0; a < n_bins; ++a) {
    moments.mean.push_back(all.mean[a]);
    moments.mean_error.push_back(std::sqrt(covariance(a, a) / all.n));
    moments.third.push_back(third[a]);
    moments.third_error.push_back(error(third_sum[a], third_squares[a]));
    for (Eigen::Index b = 0; b < n_bins; ++b) {
      moments.covariance.push_back(covariance(a, b));
      moments.covariance_error.push_back(error(second_sum(a, b), second_squares(a, b)));
    }
  }
  moments.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return moments;
}

/// What is wrong with the question; empty: nothing.
std::string problem_of(const Bins& bins, const MomentOptions& options, bool has_toys) {
  if (!bins.problem.empty()) return bins.problem;
  if (bins.place.empty()) return "the likelihood has no main data";
  if (has_toys && options.n_toys < fewest_toys) {
    return fmt::format("moments need {} toys or more, not {}", fewest_toys, options.n_toys);
  }
  return {};
}

/// A fit as the source of a distribution: its point with the parameter of interest at 0, what is held there, or why it
/// is none.
struct FitSource {
  std::vector<double> point;
  std::vector<char> held;
  Moments refusal;
  bool is_usable = false;
};

FitSource source_of(const model::Likelihood& likelihood, const infer::FitResult& fit, const Bins& bins,
                    const MomentOptions& options, bool has_toys) {
  FitSource source;
  source.refusal.status = Status::not_defined;
  const auto refused = [&](Status status, std::string reason) {
    source.refusal.status = status;
    source.refusal.reason = std::move(reason);
    return std::move(source);
  };
  if (std::string problem = problem_of(bins, options, has_toys); !problem.empty()) {
    return refused(Status::not_defined, std::move(problem));
  }
  if (!fit.minimum.is_usable()) {
    const bool is_interrupted = fit.minimum.status == minimize::MinimumStatus::interrupted;
    return refused(is_interrupted ? Status::interrupted : Status::fit_failed, "fit: " + fit.minimum.reason);
  }
  const std::size_t n = fit.minimum.x.size();
  if (fit.covariance.size() != n * n) {
    return refused(Status::not_defined, fit.covariance_problem.empty()
                                            ? "the fit was made without its covariance matrix"
                                            : "the fit has no covariance matrix: " + fit.covariance_problem);
  }
  source.point = fit.minimum.x;
  source.held = hold(likelihood, options.fixed, source.point);
  std::vector<char> is_known = source.held;
  for (std::size_t i = 0; i < n; ++i) is_known[i] |= fit.covariance[i * n + i] > 0.0;
  for (const std::uint32_t i : fit.minimum.at_lower) is_known[i] = 1;
  for (const std::uint32_t i : fit.minimum.at_upper) is_known[i] = 1;
  const std::vector<std::string> unknown = undetermined(likelihood, source.point, bins, is_known);
  if (!unknown.empty()) {
    return refused(Status::not_defined,
                   fmt::format("the data of the fit do not determine {}, which change these backgrounds: fit more "
                               "channels, or hold them",
                               quoted_beginning(unknown, names_told)));
  }
  source.is_usable = true;
  return source;
}

/// Constrained parameters that change nothing of what a fit to these data sees, nor do those that they are correlated
/// with: the Hessian is block-diagonal there, and the blocks are their constraints.
std::vector<char> unseen_parameters(const model::Likelihood& likelihood, const model::Data& data,
                                    const std::vector<double>& point, const Bins& bins) {
  const Matrix slopes = slopes_of_main_data(likelihood, point, bins);
  std::vector<char> is_unseen;
  const auto changes = [&](Eigen::Index parameter) {
    if (data.masked.empty()) return !slopes.col(parameter).isZero(0.0);
    for (std::size_t c = 0; c < likelihood.channels().size(); ++c) {
      const model::ChannelInfo& channel = likelihood.channels()[c];
      const auto first = static_cast<Eigen::Index>(channel.first_bin), n = static_cast<Eigen::Index>(channel.n_bins);
      if (!data.is_masked(c) && !slopes.col(parameter).segment(first, n).isZero(0.0)) return true;
    }
    return false;
  };
  for (std::size_t i = 0; i < point.size(); ++i) {
    const bool is_constrained = likelihood.parameters()[i].constraint.kind != model::ConstraintKind::none;
    is_unseen.push_back(is_constrained && !changes(static_cast<Eigen::Index>(i)));
  }
  for (const model::CorrelatedConstraint& block : likelihood.correlated_constraints()) {
    const auto is_seen = [&](std::uint32_t i) { return is_unseen[i] == 0; };
    if (std::none_of(block.parameters.begin(), block.parameters.end(), is_seen)) continue;
    for (const std::uint32_t i : block.parameters) is_unseen[i] = 0;
  }
  return is_unseen;
}

/// Parameters at a bound of the fit, which do not vary.
void note_bounds(const model::Likelihood& likelihood, const infer::FitResult& fit, Moments& moments) {
  std::vector<std::string> names;
  for (const std::uint32_t i : fit.minimum.at_lower) names.push_back(likelihood.parameters()[i].name);
  for (const std::uint32_t i : fit.minimum.at_upper) names.push_back(likelihood.parameters()[i].name);
  if (!names.empty()) {
    moments.notes.push_back("at a bound of the fit, and so not varied: " + quoted_beginning(names, names_told));
  }
}

/// Backgrounds whose variance few toys make: it depends on how far out anybody looks.
std::vector<std::string> dominated_by_few(const model::Likelihood& likelihood, const Moments& moments) {
  constexpr double well_known = 0.1;  // the estimate of a normal variance from 1000 toys is known to 4.5 %
  std::vector<std::string> names;
  for (std::size_t b = 0; b < moments.size(); ++b) {
    if (!(moments.covariance_error[b * moments.size() + b] > well_known * moments.variance(b))) continue;
    for (const model::DataBlock& block : likelihood.data_blocks()) {
      const std::size_t place = moments.data[b];
      if (place >= block.first && place < block.first + block.size) {
        names.push_back(block.size == 1 ? block.name : fmt::format("{}[{}]", block.name, place - block.first));
      }
    }
  }
  return names;
}

void note_draws(const model::Likelihood& likelihood, Moments& moments) {
  if (!moments.is_usable()) return;
  if (const auto names = dominated_by_few(likelihood, moments); !names.empty()) {
    moments.notes.push_back("few toys far out make the variance of " + quoted_beginning(names, names_told) +
                            ": it has long tails that no moments describe");
  }
  if (moments.n_negative > 0) {
    moments.notes.push_back(fmt::format("{} of {} toys expect less than no events in some bin; they count all the same",
                                        moments.n_negative, moments.n_toys));
  }
  if (moments.n_not_finite > 0) {
    moments.notes.push_back(
        fmt::format("{} toys were left out: their expectation is not finite", moments.n_not_finite));
  }
  if (moments.n_redrawn > 0) {
    moments.notes.push_back(
        fmt::format("{} of {} toys had a parameter beyond its bounds and were drawn again there{}", moments.n_redrawn,
                    moments.n_toys,
                    moments.n_clipped == 0
                        ? std::string()
                        : fmt::format("; in {} of them it was moved to the bound in the end", moments.n_clipped)));
  }
}

}  // namespace

double Moments::skewness(std::size_t bin) const {
  const double v = variance(bin);
  return v > 0.0 && bin < third.size() ? third[bin] / (v * std::sqrt(v)) : 0.0;
}

Moments prefit_moments(const model::Likelihood& likelihood, const model::Data& data, const MomentOptions& options) {
  const Bins bins = find_bins(likelihood, options.channels);
  if (std::string problem = problem_of(bins, options, true); !problem.empty()) return refuse(std::move(problem));
  std::vector<double> point = infer::initial_point(likelihood);
  const std::vector<char> held = hold(likelihood, options.fixed, point);
  const std::vector<std::string> unknown = undetermined(likelihood, point, bins, held);
  if (!unknown.empty()) {
    return refuse(
        fmt::format("{} have no constraint, and so no distribution before a fit: hold them, or draw from a fit",
                    quoted_beginning(unknown, names_told)));
  }
  std::vector<char> is_drawn;
  for (const char h : held) is_drawn.push_back(h == 0);
  const auto draws = prior_draws(likelihood, data, point, is_drawn, options.seed);
  Moments moments = sample_moments(likelihood, point, bins, *draws, options);
  note_draws(likelihood, moments);
  return moments;
}

Moments postfit_moments(const model::Likelihood& likelihood, const model::Data& data, const infer::FitResult& fit,
                        const MomentOptions& options) {
  const Bins bins = find_bins(likelihood, options.channels);
  FitSource source = source_of(likelihood, fit, bins, options, true);
  if (!source.is_usable) return std::move(source.refusal);
  std::vector<char> is_unseen = unseen_parameters(likelihood, data, source.point, bins);
  std::vector<char> held = source.held;
  for (std::size_t i = 0; i < held.size(); ++i) {
    is_unseen[i] = is_unseen[i] != 0 && held[i] == 0;
    held[i] |= is_unseen[i];
  }
  const auto draws = fit_draws(likelihood, data, source.point, distribution_of(fit, held), is_unseen, options.seed);
  Moments moments = sample_moments(likelihood, source.point, bins, *draws, options);
  note_bounds(likelihood, fit, moments);
  note_draws(likelihood, moments);
  return moments;
}

Moments linear_moments(const model::Likelihood& likelihood, const infer::FitResult& fit, const MomentOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  const Bins bins = find_bins(likelihood, options.channels);
  FitSource source = source_of(likelihood, fit, bins, options, false);
  if (!source.is_usable) return std::move(source.refusal);
  Moments moments;
  set_nominal(likelihood, source.point, bins, moments);
  const FitDistribution distribution = distribution_of(fit, source.held);
  const Matrix slopes = slopes_of_bins(likelihood, source.point, bins);
  Matrix effects = Matrix::Zero(slopes.rows(), static_cast<Eigen::Index>(distribution.varying.size()));
  for (std::size_t a = 0; a < distribution.varying.size(); ++a) {
    effects.col(static_cast<Eigen::Index>(a)) = slopes.col(static_cast<Eigen::Index>(distribution.varying[a]));
  }
  const Matrix of_modes = effects * distribution.root;
  const Matrix covariance = of_modes * of_modes.transpose();

  // tr(K C) = sum over the columns r of the root of r^T K r, each a second difference.
  constexpr double step = 1.7320508075688772;  // sqrt(3)
  moments.mean = moments.nominal;
  std::vector<double> up(bins.n_main), down(bins.n_main);
  std::vector<double> point = source.point;
  const auto scratch = likelihood.make_scratch();
  for (Eigen::Index k = 0; k < distribution.root.cols(); ++k) {
    const auto move = [&](double by) {
      for (std::size_t a = 0; a < distribution.varying.size(); ++a) {
        const std::size_t i = distribution.varying[a];
        point[i] = source.point[i] + by * distribution.root(static_cast<Eigen::Index>(a), k);
      }
    };
    move(step);
    likelihood.expected_main(point, bins.masked, *scratch, up);
    move(-step);
    likelihood.expected_main(point, bins.masked, *scratch, down);
    for (std::size_t b = 0; b < bins.place.size(); ++b) {
      const std::size_t place = bins.place[b];
      moments.mean[b] += 0.5 * (up[place] + down[place] - 2.0 * moments.nominal[b]) / (step * step);
    }
  }
  for (Eigen::Index a = 0; a < covariance.rows(); ++a) {
    for (Eigen::Index b = 0; b < covariance.cols(); ++b) moments.covariance.push_back(covariance(a, b));
  }
  note_bounds(likelihood, fit, moments);
  moments.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return moments;
}

}  // namespace relume::reinterpret
