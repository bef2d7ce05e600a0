// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Data of an averaged likelihood: what it expects, and toys. Nuisance parameters of toys are drawn from their priors.
#include <limits>

#include "infer/marginal_likelihood.hpp"
#include "math/gamma_variance.hpp"
#include "math/random_stream.hpp"
#include "relume/model/constraint_terms.hpp"

namespace relume::infer {

using model::ConstraintKind;
using model::Data;
using Vector = Eigen::VectorXd;

namespace {

/// Prior draws of toys: far from the streams of their data.
constexpr std::uint64_t prior_stream = std::uint64_t{1} << 41;

}  // namespace

std::vector<std::uint32_t> MarginalLikelihood::idle_parameters(const Data& data) const {
  if (data.masked.empty()) return {};
  Data full;
  fill(data, full);
  std::vector<std::uint32_t> idle;
  for (const std::uint32_t i : wrapped_->idle_parameters(full)) {
    if (new_index_[i] != not_here) idle.push_back(new_index_[i]);
  }
  return idle;
}

model::Constants MarginalLikelihood::constants(const Data& data) const {
  Data full;
  fill(data, full);
  return {wrapped_->constants(full).main + prior_constant_, model::constraint_constant(*this, data)};
}

std::vector<double> MarginalLikelihood::full_point(std::span<const double> point) const {
  if (asimov_ == Asimov::a_posteriori) {
    std::vector<FixedParameter> fixed;
    for (std::size_t a = 0; a < kept_.size(); ++a) fixed.push_back({ParamId{kept_[a]}, point[a]});
    FitResult fit = infer::fit(*wrapped_, observed_, {.fixed = fixed, .start = start_, .uncertainties = false});
    return fit.minimum.is_usable() ? std::move(fit.minimum.x) : std::vector<double>{};
  }
  std::vector<double> full = initial_point(*wrapped_);
  for (std::size_t a = 0; a < kept_.size(); ++a) full[kept_[a]] = point[a];
  return full;
}

Data MarginalLikelihood::expected_data(std::span<const double> point) const {
  Data expected;
  expected.point.assign(point.begin(), point.end());
  expected.values.assign(data_.size(), std::numeric_limits<double>::quiet_NaN());
  const std::vector<double> all = full_point(point);
  if (all.empty()) return expected;
  const Data full = wrapped_->expected_data(all);
  for (std::size_t i = 0; i < data_.size(); ++i) expected.values[i] = full.values[data_[i]];
  return expected;
}

std::vector<double> MarginalLikelihood::expected_by_sample(std::span<const double> point) const {
  const std::vector<double> all = full_point(point);
  if (!all.empty()) return wrapped_->expected_by_sample(all);
  const std::vector<double> usual = wrapped_->expected_by_sample(initial_point(*wrapped_));
  return std::vector<double>(usual.size(), std::numeric_limits<double>::quiet_NaN());
}

void MarginalLikelihood::draw_from_priors(const model::RandomKey& key, std::vector<double>& full) const {
  const math::RandomSpace space(key.seed, key.stream ^ prior_stream);
  const auto d = static_cast<Eigen::Index>(integrated_.size());
  Vector normals(d);
  for (Eigen::Index j = 0; j < d; ++j) {
    math::RandomStream stream = space.at(key.index, static_cast<std::size_t>(j));
    normals[j] = math::draw_normal(0.0, 1.0, stream);
  }
  const Vector drawn = prior_centre_ + prior_root_ * normals;
  for (std::size_t j = 0; j < integrated_.size(); ++j) {
    const model::Constraint& c = wrapped_->parameters()[integrated_[j]].constraint;
    math::RandomStream stream = space.at(key.index, integrated_.size() + j);
    double& theta = full[integrated_[j]];
    const double auxiliary = observed_.values[c.data_index];
    if (c.kind == ConstraintKind::poisson) {
      theta = math::draw_gamma(auxiliary + 1.0, stream) / c.rate;
    } else if (c.kind == ConstraintKind::gamma_variance) {
      theta = math::draw_from_gamma_variance(auxiliary, observed_.values[c.variance_index], c.error_on_error, stream);
    } else {
      theta = drawn[static_cast<Eigen::Index>(j)];
    }
  }
}

void MarginalLikelihood::fluctuate(const Data& expected, const model::RandomKey& key, Data& toy) const {
  Data full;
  if (expected.point.empty()) {  // put together by hand: nothing says what it belongs to
    fill(expected, full);
  } else {
    std::vector<double> point(wrapped_->parameters().size());
    for (std::size_t a = 0; a < kept_.size(); ++a) point[kept_[a]] = expected.point[a];
    draw_from_priors(key, point);
    full = wrapped_->expected_data(point);
    for (const model::DataBlock& block : data_blocks_) {
      if (!block.is_auxiliary) continue;
      for (std::size_t i = block.first; i < block.first + block.size; ++i) full.values[data_[i]] = expected.values[i];
    }
  }
  full.masked = expected.masked;
  Data drawn;
  wrapped_->fluctuate(full, key, drawn);
  toy.values.resize(data_.size());
  for (std::size_t i = 0; i < data_.size(); ++i) toy.values[i] = drawn.values[data_[i]];
  toy.masked = expected.masked;
  toy.point.clear();
}

}  // namespace relume::infer
