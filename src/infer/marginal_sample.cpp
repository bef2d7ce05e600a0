// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Data of an averaged likelihood: what it expects, and toys. Nuisance parameters of toys are drawn from their priors.
#include <limits>

#include "infer/marginal_likelihood.hpp"
#include "relume/model/constraint_terms.hpp"

namespace relume::infer {

using model::Data;

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

void MarginalLikelihood::fluctuate(const Data& expected, const model::RandomKey& key, Data& toy) const {
  Data full;
  if (expected.point.empty()) {  // put together by hand: nothing says what it belongs to
    fill(expected, full);
  } else {
    std::vector<double> point(wrapped_->parameters().size());
    for (std::size_t a = 0; a < kept_.size(); ++a) point[kept_[a]] = expected.point[a];
    priors_.draw({key.seed, key.stream ^ prior_stream}, key.index, point);
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
