// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Value, gradient and curvature of a HistFactory model. Derivatives by hand: with t_b = d value / d rate_b and the
// notation of histfactory_model.hpp, every block contributes
//
//   d/d theta_k (additive)  F sum_b t_b G_b h'_kb,            h'_kb = l' D_kb + s' M_kb
//   d/d theta_i (factor)    F/f_i f'_i sum_b t_b G_b h_b
//   d/d gamma_b             t_b F h_b G_b / gamma_b
//
// and to the exact curvature, besides J^T W J, one symmetric product p q^T + q p^T over its scalar parameters and a
// diagonal.
#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "math/gather.hpp"
#include "math/poisson.hpp"
#include "math/smooth_clip.hpp"
#include "model/histfactory_model.hpp"
#include "relume/model/constraint_terms.hpp"

namespace relume::model {

namespace {

/// Stands in for a per-bin factor of exactly zero where the product is divided by it: the rate it makes is zero to all
/// digits.
constexpr double tiny_factor = 1e-150;
/// Expected information of a bin grows without limit as its rate vanishes; below this share of the nominal it is held,
/// which only shortens steps.
constexpr double min_information_share = 1e-3;
/// A bin without events may sit this share of its scale below zero: rounding, not a gain.
constexpr double edge_tolerance = 1e-9;

using Polynomials = std::array<std::vector<double>, 7>;

// The outputs are apart from the inputs (__restrict): with so many arrays the compiler does not check that by itself,
// and the loops would not be vectorised.

void polynomials(const Polynomials& c, const std::vector<std::uint32_t>& parameter, const double* point,
                 double* __restrict value) {
  const double *c0 = c[0].data(), *c1 = c[1].data(), *c2 = c[2].data(), *c3 = c[3].data(), *c4 = c[4].data(),
               *c5 = c[5].data(), *c6 = c[6].data();
  for (std::size_t i = 0; i < parameter.size(); ++i) {
    const double x = point[parameter[i]];
    value[i] = c0[i] + x * (c1[i] + x * (c2[i] + x * (c3[i] + x * (c4[i] + x * (c5[i] + x * c6[i])))));
  }
}

void polynomials_with_derivatives(const Polynomials& c, const std::vector<std::uint32_t>& parameter,
                                  const double* point, double* __restrict value, double* __restrict slope,
                                  double* __restrict curvature) {
  const double *c0 = c[0].data(), *c1 = c[1].data(), *c2 = c[2].data(), *c3 = c[3].data(), *c4 = c[4].data(),
               *c5 = c[5].data(), *c6 = c[6].data();
  for (std::size_t i = 0; i < parameter.size(); ++i) {
    const double x = point[parameter[i]];
    value[i] = c0[i] + x * (c1[i] + x * (c2[i] + x * (c3[i] + x * (c4[i] + x * (c5[i] + x * c6[i])))));
    slope[i] = c1[i] + x * (2 * c2[i] + x * (3 * c3[i] + x * (4 * c4[i] + x * (5 * c5[i] + x * 6 * c6[i]))));
    curvature[i] = 2 * c2[i] + x * (6 * c3[i] + x * (12 * c4[i] + x * (20 * c5[i] + x * 30 * c6[i])));
  }
}

/// f'/f and (ln f)'' from f, f', f''.
void logarithmic(std::size_t n, const double* value, const double* slope, const double* curvature,
                 double* __restrict log_slope, double* __restrict log_curvature) {
  for (std::size_t i = 0; i < n; ++i) {
    const double inverse = 1.0 / value[i];
    const double relative = slope[i] * inverse;
    log_slope[i] = relative;
    log_curvature[i] = curvature[i] * inverse - relative * relative;
  }
}

double nonzero(double factor) { return std::fabs(factor) < tiny_factor ? tiny_factor : factor; }

}  // namespace

HistFactory::RateWork::RateWork(const HistFactory& model, bool derivatives)
    : factor(model.factors.size()),
      factor_slope(derivatives ? model.factors.size() : 0),
      factor_curvature(derivatives ? model.factors.size() : 0),
      log_slope(derivatives ? model.factors.size() : 0),
      log_curvature(derivatives ? model.factors.size() : 0),
      shapes(model.shape_parameters.size()),
      shifted(model.nominals.size()),
      bin_product(model.nominals.size()),
      block_product(model.blocks.size()),
      rate(model.n_bins) {}

HistFactory::Work::Work(const HistFactory& model)
    : Scratch(model.layout()),
      RateWork(model, true),
      slope(model.n_bins),
      multipliers(model.n_bins),
      observed(model.n_bins) {
  std::size_t most_bins = 0;
  for (const Block& block : model.blocks) most_bins = std::max<std::size_t>(most_bins, block.n_bins);
  pull.resize(most_bins);
}

std::unique_ptr<Scratch> HistFactory::make_scratch() const {
  auto work = std::make_unique<Work>(*this);
  fill_dense_blocks(*this, *work);
  return work;
}

void HistFactory::rates(std::span<const double> point, RateWork& work, bool derivatives,
                        std::span<const char> masked) const noexcept {
  for (std::size_t i = 0; i < shape_parameters.size(); ++i) {
    const double alpha = point[shape_parameters[i]];
    if (is_parabola[i] != 0) {
      work.shapes[i] = math::additive_parabola(alpha);
      continue;
    }
    switch (histosys_code) {
      case InterpolationCode::code0: work.shapes[i] = math::additive_code0(alpha); break;
      case InterpolationCode::code2: work.shapes[i] = math::additive_code2(alpha); break;
      case InterpolationCode::code2_pyhf: work.shapes[i] = math::additive_code2_pyhf(alpha); break;
      default: work.shapes[i] = math::additive_code4p(alpha); break;
    }
  }
  evaluate_factors(point, work, derivatives);
  std::fill(work.rate.begin(), work.rate.end(), 0.0);
  const bool has_mask = !masked.empty();
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    if (has_mask && masked[blocks[k].channel] != 0) continue;
    if (blocks[k].n_bins == 1) {
      add_block_rate<true>(blocks[k], k, point, work, derivatives);
    } else {
      add_block_rate<false>(blocks[k], k, point, work, derivatives);
    }
  }
}

void HistFactory::evaluate_factors(std::span<const double> point, RateWork& work, bool derivatives) const noexcept {
  double *value = work.factor.data(), *slope = work.factor_slope.data(), *curvature = work.factor_curvature.data();
  if (derivatives) {
    polynomials_with_derivatives(factor_polynomials, factor_parameters, point.data(), value, slope, curvature);
  } else {
    polynomials(factor_polynomials, factor_parameters, point.data(), value);
  }
  for (const ExponentialFactors& list : exponential_factors) {
    const double alpha = point[list.parameter];
    if (normsys_code == InterpolationCode::code4 && std::fabs(alpha) < 1.0) continue;
    for (std::uint32_t k = list.first; k < list.first + list.size; ++k) {
      const std::uint32_t i = exponential_lists[k];
      const math::MultiplicativeResponse& response = responses[factors[i].response];
      const math::Jet jet = normsys_code == InterpolationCode::code1 ? math::multiplicative_code1(response, alpha)
                                                                     : math::multiplicative_code4(response, alpha);
      value[i] = jet.value;
      if (!derivatives) continue;
      slope[i] = jet.slope;
      curvature[i] = jet.curvature;
    }
  }
  if (!derivatives) return;
  logarithmic(factors.size(), value, slope, curvature, work.log_slope.data(), work.log_curvature.data());
}

template <bool one_bin>
void HistFactory::add_block_rate(const Block& block, std::size_t k, std::span<const double> point, RateWork& work,
                                 bool derivatives) const noexcept {
  const std::uint32_t n = one_bin ? 1 : block.n_bins;
  double product = 1.0;
  for (std::uint32_t i = 0; i < block.n_factors; ++i) product *= work.factor[block.factors + i];
  work.block_product[k] = product;
  double* h = work.shifted.data() + block.nominal;
  double* g = work.bin_product.data() + block.nominal;
  double* rate = work.rate.data() + block.first_bin;
  const double* nominal = nominals.data() + block.nominal;
  for (std::uint32_t b = 0; b < n; ++b) h[b] = nominal[b];
  for (std::uint32_t i = 0; i < block.n_additives; ++i) {
    const Additive& a = additives[block.additives + i];
    const math::AdditiveShape& shape = work.shapes[a.shape];
    const double* d = coefficients.data() + a.linear;
    const double l = shape.linear.value;
    if (a.symmetric == Additive::no_symmetric) {
      for (std::uint32_t b = 0; b < n; ++b) h[b] += l * d[b];
    } else {
      const double* m = coefficients.data() + a.symmetric;
      const double s = shape.symmetric.value;
      for (std::uint32_t b = 0; b < n; ++b) h[b] += l * d[b] + s * m[b];
    }
  }
  for (std::uint32_t b = 0; b < n; ++b) g[b] = 1.0;
  for (std::uint32_t i = 0; i < block.n_bin_factors; ++i) {
    const std::uint32_t* parameter = bin_parameters.data() + bin_factors[block.bin_factors + i].first;
    if (derivatives) {
      for (std::uint32_t b = 0; b < n; ++b) g[b] *= nonzero(point[parameter[b]]);
    } else {
      for (std::uint32_t b = 0; b < n; ++b) g[b] *= point[parameter[b]];
    }
  }
  if (!clip_sample) {
    for (std::uint32_t b = 0; b < n; ++b) rate[b] += product * g[b] * h[b];
  } else {
    for (std::uint32_t b = 0; b < n; ++b) {
      const double r = product * g[b] * h[b];
      rate[b] += std::max(r, *clip_sample);
      if (r < *clip_sample) g[b] = 0.0;  // a clipped sample does not respond to any parameter
    }
  }
}

/// What one block adds to the gradient and the curvature; see the head of this file.
template <bool one_bin, bool with_curvature>
void HistFactory::add_block_derivatives(const Block& block, std::size_t k, std::span<const double> point,
                                        Work& work) const noexcept {
  math::Curvature& curvature = work.curvature;
  const std::uint32_t n = one_bin ? 1 : block.n_bins;
  const double product = work.block_product[k];
  const double* h = work.shifted.data() + block.nominal;
  const double* g = work.bin_product.data() + block.nominal;
  const double* t = work.slope.data() + block.first_bin;
  double* pull = work.pull.data();
  for (std::uint32_t b = 0; b < n; ++b) pull[b] = t[b] * g[b];
  const auto dot = [&](const double* x) { return one_bin ? pull[0] * x[0] : math::plain_dot(pull, x, n); };
  const double total = dot(h);  // R = sum_b t_b G_b h_b
  // Product of the non-zero factors, and which ones vanish (mu = 0 in every background-only fit).
  double nonzero_product = product;
  std::uint32_t n_zero = 0, zero[2] = {0, 0};
  if (product == 0.0) {
    nonzero_product = 1.0;
    for (std::uint32_t i = 0; i < block.n_factors; ++i) {
      const double f = work.factor[block.factors + i];
      if (f != 0.0) {
        nonzero_product *= f;
      } else if (n_zero++ < 2) {
        zero[n_zero - 1] = i;
      }
    }
  }
  const math::RowGroup* group = nullptr;
  double *p = nullptr, *q = nullptr, *jacobian = nullptr;
  if (with_curvature) {
    group = &layout_.groups[block.channel];
    const math::ProductTerm& term = layout_.products[block.product];
    p = curvature.product_p.data() + term.first;
    q = curvature.product_q.data() + term.first;
    std::fill(p, p + term.size, 0.0);
    std::fill(q, q + term.size, 0.0);
    jacobian = curvature.jacobian.data() + group->jacobian;
  }
  const MatrixUse* uses = matrix_uses.data() + block.matrix_uses;
  const double g0 = g[0], h0 = h[0];  // in registers, for blocks of one bin
  const auto per_bin = [&](std::uint32_t b) { return one_bin ? g0 : g[b]; };
  const auto before_factors = [&](std::uint32_t b) { return one_bin ? g0 * h0 : g[b] * h[b]; };
  const auto add_column = [&](std::uint32_t column, std::uint32_t position, auto&& value_of_bin) {
    double* out = jacobian + std::size_t{column} * n;
    for (std::uint32_t b = 0; b < n; ++b) out[b] += value_of_bin(b);
    for (std::uint32_t m = 0; m < block.n_matrix_uses; ++m) {
      double* more = curvature.coupling_values.data() + uses[m].values +
                     std::size_t{block_columns[uses[m].columns + position]} * n;
      for (std::uint32_t b = 0; b < n; ++b) more[b] += value_of_bin(b);
    }
  };

  for (std::uint32_t i = 0; i < block.n_additives; ++i) {
    const Additive& a = additives[block.additives + i];
    const math::AdditiveShape& shape = work.shapes[a.shape];
    const double* d = coefficients.data() + a.linear;
    double sum = dot(d);
    if (a.symmetric == Additive::no_symmetric) {
      if (with_curvature && product != 0.0)
        add_column(a.column, a.position, [&](std::uint32_t b) { return product * per_bin(b) * d[b]; });
    } else {
      const double* m = coefficients.data() + a.symmetric;
      const double s1 = shape.symmetric.slope;
      const double second = dot(m);
      sum += s1 * second;
      if (with_curvature) {
        if (product != 0.0) {
          add_column(a.column, a.position, [&](std::uint32_t b) { return product * per_bin(b) * (d[b] + s1 * m[b]); });
        }
        curvature.exact_diagonal[a.parameter] += product * shape.symmetric.curvature * second;
      }
    }
    work.gradient[a.parameter] += product * sum;
    if (with_curvature) q[a.position] += sum;
  }

  const Factor* factor = factors.data() + block.factors;
  const double* value = work.factor.data() + block.factors;
  const double* value_slope = work.factor_slope.data() + block.factors;
  if (n_zero == 0) {
    const double* log_slope = work.log_slope.data() + block.factors;
    const double* log_curvature = work.log_curvature.data() + block.factors;
    const double weighted = product * total;
    for (std::uint32_t i = 0; i < block.n_factors; ++i) {
      const Factor& f = factor[i];
      const double first = product * log_slope[i];
      work.gradient[f.parameter] += weighted * log_slope[i];
      if constexpr (with_curvature) {
        add_column(f.column, f.position, [&](std::uint32_t b) { return first * before_factors(b); });
        // Off-diagonal second derivatives among the block's scalars: d2 F total + dF * dh, as one symmetric product,
        // F [g (R g/2 + r)^T + transposed] with g_i = f'_i/f_i and r_k = sum_b t_b G_b h'_kb; the diagonal that the
        // product puts on factors, F R g_i^2, does not belong there and is taken off.
        p[f.position] += first;
        q[f.position] += 0.5 * total * log_slope[i];
        curvature.exact_diagonal[f.parameter] += weighted * log_curvature[i];
      }
    }
  } else if (n_zero == 1) {
    const Factor& f = factor[zero[0]];
    const double first = nonzero_product * value_slope[zero[0]];  // the other factors times f'
    work.gradient[f.parameter] += first * total;
    if constexpr (with_curvature) {
      if (first != 0.0) add_column(f.column, f.position, [&](std::uint32_t b) { return first * before_factors(b); });
      curvature.exact_diagonal[f.parameter] += nonzero_product * work.factor_curvature[block.factors + zero[0]] * total;
      // Only pairs with the vanishing factor survive: e_z (F_z f'_z) (R g + r)^T.
      for (std::uint32_t i = 0; i < block.n_factors; ++i) {
        if (i != zero[0]) q[factor[i].position] += total * value_slope[i] / value[i];
      }
      p[f.position] += first;
    }
  } else if (with_curvature) {
    std::fill(q, q + layout_.products[block.product].size, 0.0);
    if (n_zero == 2) {
      p[factor[zero[0]].position] += nonzero_product * value_slope[zero[0]];
      q[factor[zero[1]].position] += total * value_slope[zero[1]];
    }
  }

  for (std::uint32_t i = 0; i < block.n_bin_factors; ++i) {
    const std::uint32_t first = bin_factors[block.bin_factors + i].first;
    for (std::uint32_t b = 0; b < n; ++b) {
      const std::uint32_t parameter = bin_parameters[first + b];
      const double slope = product * h[b] * g[b] / nonzero(point[parameter]);
      work.gradient[parameter] += t[b] * slope;
      if (!with_curvature) continue;
      const std::uint32_t column = bin_columns[first + b];
      if (column == no_column) {
        curvature.private_slope[static_cast<std::size_t>(layout_.private_of_parameter[parameter])] += slope;
      } else {
        jacobian[std::size_t{column} * n + b] += slope;
      }
    }
  }
  if (with_curvature) {
    for (std::uint32_t i = 0; i < block.n_pair_uses; ++i) {
      const PairUse& use = pair_uses[block.pair_uses + i];
      const math::PairEntry& pair = layout_.pairs[use.pair];
      curvature.pair_values[use.pair] +=
          t[use.bin] * product * h[use.bin] * g[use.bin] / (nonzero(point[pair.first]) * nonzero(point[pair.second]));
    }
  }
}

// Apart from the loops over what is not masked, and not inlined there: masks cost nothing where there are none.

[[gnu::noinline]] void HistFactory::leave_out_bin(std::size_t bin, bool with_curvature, Work& work) const noexcept {
  // As where there are events: no constraint rate >= 0.
  work.observed[bin] = std::numeric_limits<double>::infinity();
  work.slope[bin] = 0.0;
  if (with_curvature) work.curvature.weight_exact[bin] = work.curvature.weight_safe[bin] = 0.0;
}

[[gnu::noinline]] void HistFactory::leave_out_block(const Block& block, math::Curvature& curvature) const noexcept {
  const math::ProductTerm& term = layout_.products[block.product];
  std::fill_n(curvature.product_p.begin() + static_cast<std::ptrdiff_t>(term.first), term.size, 0.0);
  std::fill_n(curvature.product_q.begin() + static_cast<std::ptrdiff_t>(term.first), term.size, 0.0);
}

math::Evaluation HistFactory::evaluate(std::span<const double> point, const Data& data, math::Derivatives derivatives,
                                       const math::Relaxation& relaxation, Scratch& scratch) const noexcept {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Work& work = static_cast<Work&>(scratch);
  const bool with_gradient = derivatives != math::Derivatives::none;
  const bool with_curvature = derivatives == math::Derivatives::curvature;
  const bool has_mask = !data.masked.empty();
  rates(point, work, with_gradient, data.masked);
  work.bad_bin = -1;
  work.bad_parameter = -1;
  work.is_too_large = false;
  math::Curvature& curvature = work.curvature;

  const ConstraintSum constraints = add_constraint_terms(*this, point, data, derivatives, work);
  if (constraints.bad_parameter >= 0) {
    work.bad_parameter = constraints.bad_parameter;
    return {math::EvaluationStatus::infeasible, infinity, infinity};
  }
  double value = constraints.value;

  // Main terms.
  double main = 0.0;
  for (std::size_t b = 0; b < n_bins; ++b) {
    if (has_mask && data.masked[channel_of_bin[b]] != 0) {
      leave_out_bin(b, with_curvature, work);
      continue;
    }
    const double n = data.values[b];
    double rate = work.rate[b];
    bool clipped = false;
    if (clip_bin && rate < *clip_bin) {
      rate = work.rate[b] = *clip_bin;
      clipped = true;
    }
    const double scale = bin_scale[b];
    math::SmoothClip clip;
    const bool is_near_zero = relaxation.clip > 0.0 && rate < relaxation.clip * scale;
    if (is_near_zero) {
      clip = math::smooth_clip(rate, relaxation.clip * scale);
      rate = clip.value;
    }
    double t = 0.0, weight = 0.0, safe = 0.0;
    work.observed[b] = n;
    if (!std::isfinite(rate)) {
      work.bad_bin = static_cast<std::ptrdiff_t>(b);
      return {math::EvaluationStatus::not_finite, infinity, infinity};
    }
    if (n > 0.0) {
      const double floor = relaxation.floor * std::max(n, scale);
      if (rate > floor) {
        main += math::poisson_deviance(n, rate);
        t = (rate - n) / rate;
        weight = n / (rate * rate);
        safe = std::max(n, rate) / (rate * rate);
      } else if (floor > 0.0) {
        // Taylor series of -n ln(rate) at the floor: the search is pushed back smoothly.
        const double d = (rate - floor) / floor;
        main += math::poisson_deviance(n, floor) + (rate - floor) - n * (d - 0.5 * d * d);
        t = 1.0 - n / floor * (1.0 - d);
        weight = safe = n / (floor * floor);
      } else {
        work.bad_bin = static_cast<std::ptrdiff_t>(b);
        return {math::EvaluationStatus::infeasible, infinity, infinity};
      }
    } else {
      main += rate;
      t = 1.0;
      safe = 1.0 / std::max(rate, min_information_share * scale);
      const double stiffness = relaxation.penalty / (scale * scale);
      if (relaxation.penalty > 0.0) {
        // Augmented Lagrangian of rate >= 0: (max(0, lambda - rho rate)^2 - lambda^2) / (2 rho).
        const double lambda = work.multipliers[b];
        const double force = std::max(0.0, lambda - stiffness * rate);
        main += (force * force - lambda * lambda) / (2.0 * stiffness);
        t -= force;
        if (force > 0.0) weight = safe = stiffness;
      } else if (rate < -edge_tolerance * scale) {
        work.bad_bin = static_cast<std::ptrdiff_t>(b);
        return {math::EvaluationStatus::infeasible, infinity, infinity};
      }
    }
    if (clipped) t = weight = safe = 0.0;
    if (is_near_zero) {
      weight = weight * clip.slope * clip.slope + t * clip.curvature;
      safe = std::max(weight, 0.0);
      t *= clip.slope;
    }
    work.slope[b] = t;
    if (with_curvature) {
      curvature.weight_exact[b] = weight;
      curvature.weight_safe[b] = safe;
    }
  }
  value += main;
  if (!std::isfinite(value)) {
    work.is_too_large = true;
    return {math::EvaluationStatus::not_finite, infinity, infinity};
  }
  if (!with_gradient) return {math::EvaluationStatus::ok, value, main};

  if (with_curvature) {
    std::fill(curvature.jacobian.begin(), curvature.jacobian.end(), 0.0);
    std::fill(curvature.coupling_values.begin(), curvature.coupling_values.end(), 0.0);
    std::fill(curvature.private_slope.begin(), curvature.private_slope.end(), 0.0);
    std::fill(curvature.pair_values.begin(), curvature.pair_values.end(), 0.0);
  }
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    const Block& block = blocks[k];
    if (has_mask && data.masked[block.channel] != 0) {
      if (with_curvature) leave_out_block(block, curvature);
      continue;
    }
    if (with_curvature) {
      block.n_bins == 1 ? add_block_derivatives<true, true>(block, k, point, work)
                        : add_block_derivatives<false, true>(block, k, point, work);
    } else {
      block.n_bins == 1 ? add_block_derivatives<true, false>(block, k, point, work)
                        : add_block_derivatives<false, false>(block, k, point, work);
    }
  }
  if (with_curvature) {
    for (std::size_t k = 0; k < layout_.couplings.size(); ++k) {
      const math::CouplingEntry& c = layout_.couplings[k];
      curvature.coupling_scale[k] = work.slope[c.row] / nonzero(point[c.parameter]);
    }
  }
  return {math::EvaluationStatus::ok, value, main};
}

std::vector<std::uint32_t> HistFactory::idle_parameters(const Data& data) const {
  if (data.masked.empty()) return {};
  std::vector<char> acts(parameters_.size(), 0);
  for (const Block& block : blocks) {
    if (data.is_masked(block.channel)) continue;
    // A sample without events does not move, whatever multiplies it: a signal that does not reach this channel.
    bool moves = false;
    for (std::uint32_t b = 0; b < block.n_bins; ++b) {
      bool bin_moves = nominals[block.nominal + b] != 0.0;
      for (std::uint32_t i = 0; i < block.n_additives; ++i) {
        const Additive& a = additives[block.additives + i];
        bin_moves |= coefficients[a.linear + b] != 0.0;
        bin_moves |= a.symmetric != Additive::no_symmetric && coefficients[a.symmetric + b] != 0.0;
      }
      if (!bin_moves) continue;
      moves = true;
      for (std::uint32_t i = 0; i < block.n_bin_factors; ++i) {
        acts[bin_parameters[bin_factors[block.bin_factors + i].first + b]] = 1;
      }
    }
    for (std::uint32_t i = 0; moves && i < block.n_factors; ++i) acts[factors[block.factors + i].parameter] = 1;
    for (std::uint32_t i = 0; moves && i < block.n_additives; ++i) acts[additives[block.additives + i].parameter] = 1;
  }
  return without_constraint(acts);
}

Constants HistFactory::constants(const Data& data) const {
  Constants constants;
  for (std::size_t b = 0; b < n_bins; ++b) {
    if (!data.is_masked(channel_of_bin[b])) constants.main += math::poisson_saturated(data.values[b]);
  }
  constants.constraint = constraint_constant(*this, data);
  return constants;
}

Data HistFactory::expected_data(std::span<const double> point) const {
  RateWork work(*this, false);
  rates(point, work, false);
  Data data;
  data.values.assign(n_data_, 0.0);
  for (std::size_t b = 0; b < n_bins; ++b) {
    data.values[b] = clip_bin ? std::max(work.rate[b], *clip_bin) : work.rate[b];
  }
  set_expected_auxiliary(*this, point, data);
  return data;
}

std::vector<double> HistFactory::expected_by_sample(std::span<const double> point) const {
  RateWork work(*this, false);
  rates(point, work, false);
  std::vector<double> expected;
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    for (std::size_t b = blocks[k].nominal; b < blocks[k].nominal + blocks[k].n_bins; ++b) {
      const double rate = work.block_product[k] * work.bin_product[b] * work.shifted[b];
      expected.push_back(clip_sample ? std::max(rate, *clip_sample) : rate);
    }
  }
  return expected;
}

std::vector<double> HistFactory::yield_gradient(std::span<const double> point, const Data& data,
                                                Scratch& scratch) const {
  Work& work = static_cast<Work&>(scratch);
  const bool ok = evaluate(point, data, math::Derivatives::gradient, {}, scratch).status == math::EvaluationStatus::ok;
  std::vector<double> gradient;
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    const Block& block = blocks[k];
    for (std::uint32_t b = 0; b < block.n_bins; ++b) {
      const double slope =
          work.slope[block.first_bin + b] * work.block_product[k] * work.bin_product[block.nominal + b];
      gradient.push_back(!ok ? std::numeric_limits<double>::quiet_NaN() : data.is_masked(block.channel) ? 0.0 : slope);
    }
  }
  return gradient;
}

void HistFactory::reset_multipliers(Scratch& scratch) const {
  Work& work = static_cast<Work&>(scratch);
  std::fill(work.multipliers.begin(), work.multipliers.end(), 0.0);
}

double HistFactory::update_multipliers(double penalty, Scratch& scratch) const {
  Work& work = static_cast<Work&>(scratch);
  double worst = 0.0;
  for (std::size_t b = 0; b < n_bins; ++b) {
    if (work.observed[b] > 0.0 || clip_bin) continue;
    const double stiffness = penalty / (bin_scale[b] * bin_scale[b]);
    const double next = std::max(0.0, work.multipliers[b] - stiffness * work.rate[b]);
    // Violation where negative, complementarity gap where a multiplier still presses on a positive rate.
    const double gap = work.rate[b] < 0.0                        ? -work.rate[b]
                       : next > 0.0 || work.multipliers[b] > 0.0 ? work.rate[b]
                                                                 : 0.0;
    worst = std::max(worst, gap / bin_scale[b]);
    work.multipliers[b] = next;
  }
  return worst;
}

std::string HistFactory::explain(std::span<const double> point, const Scratch& scratch) const {
  const Work& work = static_cast<const Work&>(scratch);
  const auto describe = [&](std::size_t bin) {
    const ChannelInfo& channel = channels_[channel_of_bin[bin]];
    // Compilers differ in the sign of a NaN, which says nothing.
    const double total = std::isnan(work.rate[bin]) ? std::fabs(work.rate[bin]) : work.rate[bin];
    std::string text = fmt::format("rate {:g} in channel '{}' bin {} (observed {:g})", total, channel.name,
                                   bin - channel.first_bin, work.observed[bin]);
    std::string samples, culprits, without_value;
    const auto add = [](std::string& list, const std::string& item) { list += (list.empty() ? "" : ", ") + item; };
    for (std::size_t k = 0; k < blocks.size(); ++k) {
      const Block& block = blocks[k];
      if (bin < block.first_bin || bin >= block.first_bin + block.n_bins) continue;
      const std::size_t b = block.nominal + (bin - block.first_bin);
      const double rate = work.block_product[k] * work.bin_product[b] * work.shifted[b];
      if (!std::isfinite(rate)) {
        for (std::uint32_t i = 0; i < block.n_factors; ++i) {
          const Factor& f = factors[block.factors + i];
          if (!std::isfinite(work.factor[block.factors + i]))
            add(without_value, "'" + parameters_[f.parameter].name + "'");
        }
      }
      if (!(rate < 0.0)) continue;
      add(samples, fmt::format("'{}' {:g}", sample_names[block.sample], rate));
      for (std::uint32_t i = 0; i < block.n_additives; ++i) {
        const Additive& a = additives[block.additives + i];
        const double d = coefficients[a.linear + (bin - block.first_bin)];
        const double m =
            a.symmetric == Additive::no_symmetric ? 0.0 : coefficients[a.symmetric + (bin - block.first_bin)];
        const math::AdditiveShape& shape = work.shapes[a.shape];
        const double shift = shape.linear.value * d + shape.symmetric.value * m;
        if (shift < -0.1 * std::fabs(nominals[b])) {
          add(culprits, "'" + parameters_[a.parameter].name + "'");
        }
      }
      for (std::uint32_t i = 0; i < block.n_factors; ++i) {
        // A factor that turned negative; or, of a sample that is negative by itself, one that enlarges it.
        const Factor& f = factors[block.factors + i];
        const double value = work.factor[block.factors + i];
        if (value < 0.0 || (work.shifted[b] < 0.0 && f.kind == FactorKind::linear && value > 1.0)) {
          add(culprits, "'" + parameters_[f.parameter].name + "'");
        }
      }
    }
    if (!samples.empty()) text += "; negative samples: " + samples;
    if (!culprits.empty()) text += "; pulled down by " + culprits;
    if (!without_value.empty()) text += "; factors that are no finite numbers: " + without_value;
    return text;
  };
  for (std::size_t i = 0; i < point.size(); ++i) {
    if (!std::isfinite(point[i]))
      return fmt::format("{} = {:g}, which is not a finite number", parameters_[i].name, point[i]);
  }
  if (work.bad_parameter >= 0) {
    return explain_constraint(*this, point, static_cast<std::size_t>(work.bad_parameter));
  }
  if (work.bad_bin >= 0) return describe(static_cast<std::size_t>(work.bad_bin));
  if (work.is_too_large) {
    const auto largest =
        std::max_element(point.begin(), point.end(), [](double a, double b) { return std::fabs(a) < std::fabs(b); });
    return fmt::format("-ln L is too large for a number; the largest parameter is {} = {:g}",
                       parameters_[static_cast<std::size_t>(largest - point.begin())].name, *largest);
  }
  std::string text;
  for (std::size_t b = 0; b < n_bins; ++b) {
    if (work.multipliers[b] > 0.0) text += (text.empty() ? "" : "; ") + describe(b);
  }
  return text;
}

}  // namespace relume::model
