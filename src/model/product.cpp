// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/model/product.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "model/product_model.hpp"
#include "relume/model/constraint_terms.hpp"

namespace relume::model {

namespace {

/// Another place in the random number space for each component, and for products of products: a bijection of 64 bits
/// (splitmix64, Steele, Lea, Flood, OOPSLA 2014) of numbers that differ.
std::uint64_t stream_of(std::uint64_t stream, std::size_t component) {
  std::uint64_t z = stream + 0x9e3779b97f4a7c15u * (component + 1);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

bool is_main(const DataBlock& block) { return !block.is_auxiliary; }

std::vector<double> main_data(const Likelihood& likelihood, const Data& data) {
  std::vector<double> values;
  for (const DataBlock& block : likelihood.data_blocks()) {
    if (!is_main(block)) continue;
    const auto first = data.values.begin() + static_cast<std::ptrdiff_t>(block.first);
    values.insert(values.end(), first, first + static_cast<std::ptrdiff_t>(block.size));
  }
  return values;
}

}  // namespace

void Runs::add(std::size_t from, std::size_t to, std::size_t size) {
  if (size == 0) return;
  if (!runs_.empty()) {
    Run& last = runs_.back();
    if (last.from + last.size == from && last.to + last.size == to) {
      last.size += size;
      return;
    }
  }
  runs_.push_back({from, to, size});
}

void Runs::copy(const std::vector<double>& from, std::vector<double>& to) const noexcept {
  for (const Run& run : runs_) std::copy_n(from.data() + run.from, run.size, to.data() + run.to);
}

/// What a component sees.
struct ProductLikelihood::Part {
  std::unique_ptr<Scratch> scratch;
  std::vector<double> point;
  Data data;
  std::vector<char> fixed;

  /// Without allocation, once all vectors have their sizes.
  void place(const Component& component, std::span<const double> x) noexcept {
    for (std::size_t i = 0; i < point.size(); ++i) point[i] = x[component.parameters[i]];
  }
  void place(const Component& component, const Data& all) noexcept {
    for (std::size_t i = 0; i < data.values.size(); ++i) data.values[i] = all.values[component.data[i]];
    const std::size_t n = all.masked.empty() ? 0 : component.likelihood->channels().size();
    data.masked.resize(n);  // within what make_scratch has reserved
    std::copy_n(all.masked.begin() + static_cast<std::ptrdiff_t>(n == 0 ? 0 : component.first_channel), n,
                data.masked.begin());
  }
};

struct ProductLikelihood::Work final : Scratch {
  explicit Work(const math::CurvatureLayout& layout) : Scratch(layout) {}

  std::vector<Part> parts;
  std::ptrdiff_t bad_component = -1;  ///< the one that could not be evaluated the last time
  std::ptrdiff_t bad_parameter = -1;  ///< or the parameter whose constraint could not
  bool is_too_large = false;          ///< or neither, and their sum is not finite
};

std::unique_ptr<Scratch> ProductLikelihood::make_scratch() const {
  auto work = std::make_unique<Work>(layout_);
  for (const Component& c : components_) {
    const std::size_t n = c.parameters.size();
    Part part{.scratch = c.likelihood->make_scratch(), .point = std::vector<double>(n), .data = {}, .fixed = {}};
    leave_out_constraints(*c.likelihood, std::vector<char>(n, 1), *part.scratch);
    part.data.values.resize(c.data.size());
    part.data.masked.reserve(c.likelihood->channels().size());
    part.fixed.resize(n);
    work->parts.push_back(std::move(part));
  }
  fill_dense_blocks(*this, *work);
  return work;
}

math::Evaluation ProductLikelihood::evaluate(std::span<const double> point, const Data& data,
                                             math::Derivatives derivatives, const math::Relaxation& relaxation,
                                             Scratch& scratch) const noexcept {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Work& work = static_cast<Work&>(scratch);
  work.bad_component = work.bad_parameter = -1;
  work.is_too_large = false;
  const ConstraintSum constraints = add_constraint_terms(*this, point, data, derivatives, work);
  if (constraints.bad_parameter >= 0) {
    work.bad_parameter = constraints.bad_parameter;
    return {math::EvaluationStatus::infeasible, infinity, infinity};
  }
  math::Evaluation sum{math::EvaluationStatus::ok, constraints.value, 0.0};
  for (std::size_t k = 0; k < components_.size(); ++k) {
    const Component& c = components_[k];
    Part& part = work.parts[k];
    part.place(c, point);
    part.place(c, data);
    const math::Evaluation e = c.likelihood->evaluate(part.point, part.data, derivatives, relaxation, *part.scratch);
    if (e.status != math::EvaluationStatus::ok) {
      work.bad_component = static_cast<std::ptrdiff_t>(k);
      return {e.status, infinity, infinity};
    }
    sum.value += e.value;
    sum.main += e.main;
    if (derivatives == math::Derivatives::none) continue;
    for (std::size_t i = 0; i < c.parameters.size(); ++i) work.gradient[c.parameters[i]] += part.scratch->gradient[i];
    if (derivatives == math::Derivatives::curvature) carry_curvature(c, part.scratch->curvature, work.curvature);
  }
  if (!std::isfinite(sum.value)) {
    work.is_too_large = true;
    return {math::EvaluationStatus::not_finite, infinity, infinity};
  }
  return sum;
}

void ProductLikelihood::carry_curvature(const Component& c, const math::Curvature& from,
                                        math::Curvature& to) const noexcept {
  for (std::size_t i = 0; i < c.parameters.size(); ++i) {
    to.constraint[c.parameters[i]] += from.constraint[i];
    to.exact_diagonal[c.parameters[i]] += from.exact_diagonal[i];
  }
  const auto append = [](const std::vector<double>& numbers, std::vector<double>& out, std::size_t first) {
    std::copy(numbers.begin(), numbers.end(), out.begin() + static_cast<std::ptrdiff_t>(first));
  };
  append(from.weight_exact, to.weight_exact, c.first_row);
  append(from.weight_safe, to.weight_safe, c.first_row);
  append(from.coupling_scale, to.coupling_scale, c.first_coupling);
  append(from.pair_values, to.pair_values, c.first_pair);
  c.jacobian.copy(from.jacobian, to.jacobian);
  c.slope_to_jacobian.copy(from.private_slope, to.jacobian);
  c.private_slope.copy(from.private_slope, to.private_slope);
  c.coupling_values.copy(from.coupling_values, to.coupling_values);
  c.jacobian_to_coupling.copy(from.jacobian, to.coupling_values);
  c.product_columns.copy(from.product_p, to.product_p);
  c.product_columns.copy(from.product_q, to.product_q);
  c.dense.copy(from.dense_exact, to.dense_exact);
  c.dense.copy(from.dense_safe, to.dense_safe);
}

bool ProductLikelihood::has_channel_masks() const {
  return std::all_of(components_.begin(), components_.end(), [](const Component& c) {
    return c.likelihood->channels().empty() || c.likelihood->has_channel_masks();
  });
}

std::vector<std::uint32_t> ProductLikelihood::idle_parameters(const Data& data) const {
  if (data.masked.empty()) return {};
  std::vector<char> acts(parameters_.size(), 0);
  for (const Component& c : components_) {
    std::vector<char> is_idle(c.parameters.size(), 0);
    for (const std::uint32_t i : c.likelihood->idle_parameters(data_of(c, data))) is_idle[i] = 1;
    for (std::size_t i = 0; i < is_idle.size(); ++i) {
      if (is_idle[i] == 0) acts[c.parameters[i]] = 1;
    }
  }
  return without_constraint(acts);
}

std::vector<double> ProductLikelihood::point_of(const Component& component, std::span<const double> point) const {
  std::vector<double> own;
  for (const std::uint32_t i : component.parameters) own.push_back(point[i]);
  return own;
}

Data ProductLikelihood::data_of(const Component& component, const Data& data) const {
  Data own;
  for (const std::size_t i : component.data) own.values.push_back(data.values[i]);
  const std::size_t n = component.likelihood->channels().size();
  if (!data.point.empty()) own.point = point_of(component, data.point);
  if (!data.masked.empty() && n > 0) {
    const auto first = data.masked.begin() + static_cast<std::ptrdiff_t>(component.first_channel);
    own.masked.assign(first, first + static_cast<std::ptrdiff_t>(n));
  }
  return own;
}

Constants ProductLikelihood::constants(const Data& data) const {
  Constants sum;
  for (const Component& c : components_) sum.main += c.likelihood->constants(data_of(c, data)).main;
  sum.constraint = constraint_constant(*this, data);
  return sum;
}

namespace {

/// What the first component that has something to say says.
template <class Ask>
std::string first_reason(const std::vector<Component>& components, Ask ask) {
  for (const Component& c : components) {
    const std::string why = ask(*c.likelihood);
    if (!why.empty()) return fmt::format("'{}': {}", c.name, why);
  }
  return {};
}

}  // namespace

std::string ProductLikelihood::why_no_expected_data() const {
  return first_reason(components_, [](const Likelihood& l) { return l.why_no_expected_data(); });
}

std::string ProductLikelihood::why_no_toys() const {
  return first_reason(components_, [](const Likelihood& l) { return l.why_no_toys(); });
}

bool ProductLikelihood::peaks_at_expected_data() const {
  return std::all_of(components_.begin(), components_.end(),
                     [](const Component& c) { return c.likelihood->peaks_at_expected_data(); });
}

Data ProductLikelihood::expected_data(std::span<const double> point) const {
  Data all;
  all.values.resize(n_data_);
  for (const Component& c : components_) {
    const Data own = c.likelihood->expected_data(point_of(c, point));
    for (std::size_t i = 0; i < own.values.size(); ++i) all.values[c.data[i]] = own.values[i];
    if (!own.point.empty()) all.point.assign(point.begin(), point.end());
  }
  set_expected_auxiliary(*this, point, all);
  return all;
}

std::vector<double> ProductLikelihood::expected_by_sample(std::span<const double> point) const {
  std::vector<double> all;
  bool has_samples = false;
  for (const Component& c : components_) {
    const std::vector<double> there = point_of(c, point);
    std::vector<double> own = c.likelihood->expected_by_sample(there);
    has_samples |= !own.empty();
    if (own.empty()) own = main_data(*c.likelihood, c.likelihood->expected_data(there));
    all.insert(all.end(), own.begin(), own.end());
  }
  return has_samples ? all : std::vector<double>{};
}

PredictionSlopes ProductLikelihood::prediction_slopes(std::span<const double> point) const {
  PredictionSlopes all;
  for (const Component& c : components_) {
    const PredictionSlopes own = c.likelihood->prediction_slopes(point_of(c, point));
    for (std::size_t r = 0; r + 1 < own.rows.size(); ++r) {
      for (std::size_t e = own.rows[r]; e < own.rows[r + 1]; ++e) {
        all.parameters.push_back(c.parameters[own.parameters[e]]);
        all.slopes.push_back(own.slopes[e]);
      }
      all.rows.push_back(all.parameters.size());
    }
  }
  return all;
}

std::vector<double> ProductLikelihood::yield_gradient(std::span<const double> point, const Data& data,
                                                      Scratch& scratch) const {
  Work& work = static_cast<Work&>(scratch);
  std::vector<double> all;
  bool has_any = false;
  for (std::size_t k = 0; k < components_.size(); ++k) {
    const Component& c = components_[k];
    std::vector<double> own =
        c.likelihood->yield_gradient(point_of(c, point), data_of(c, data), *work.parts[k].scratch);
    has_any |= !own.empty();
    if (own.empty()) {
      std::size_t n_rows = 0;
      for (const ChannelInfo& channel : c.likelihood->channels()) {
        n_rows += channel.n_bins * std::max<std::size_t>(channel.samples.size(), 1);
      }
      own.assign(n_rows, std::numeric_limits<double>::quiet_NaN());
    }
    all.insert(all.end(), own.begin(), own.end());
  }
  return has_any ? all : std::vector<double>{};
}

void ProductLikelihood::fluctuate(const Data& expected, const RandomKey& key, Data& toy) const {
  toy.values.resize(expected.values.size());
  toy.masked = expected.masked;
  Data own;
  for (std::size_t k = 0; k < components_.size(); ++k) {
    const Component& c = components_[k];
    c.likelihood->fluctuate(data_of(c, expected), {key.seed, stream_of(key.stream, k), key.index}, own);
    for (const DataBlock& block : c.likelihood->data_blocks()) {
      if (!is_main(block)) continue;
      for (std::size_t i = block.first; i < block.first + block.size; ++i) toy.values[c.data[i]] = own.values[i];
    }
  }
  fluctuate_auxiliary(*this, expected, {key.seed, stream_of(key.stream, components_.size()), key.index}, toy);
}

void ProductLikelihood::settle(std::span<double> point, const Data& data, std::span<const char> fixed,
                               Scratch& scratch) const noexcept {
  Work& work = static_cast<Work&>(scratch);
  for (std::size_t k = 0; k < components_.size(); ++k) {
    const Component& c = components_[k];
    Part& part = work.parts[k];
    part.place(c, point);
    part.place(c, data);
    for (std::size_t i = 0; i < c.parameters.size(); ++i) {
      part.fixed[i] = fixed[c.parameters[i]] != 0 || c.is_demoted[i] != 0;
    }
    c.likelihood->settle(part.point, part.data, part.fixed, *part.scratch);
    for (std::size_t i = 0; i < c.parameters.size(); ++i) point[c.parameters[i]] = part.point[i];
  }
}

void ProductLikelihood::reset_multipliers(Scratch& scratch) const {
  Work& work = static_cast<Work&>(scratch);
  for (std::size_t k = 0; k < components_.size(); ++k) {
    components_[k].likelihood->reset_multipliers(*work.parts[k].scratch);
  }
}

double ProductLikelihood::update_multipliers(double penalty, Scratch& scratch) const {
  Work& work = static_cast<Work&>(scratch);
  double worst = 0.0;
  for (std::size_t k = 0; k < components_.size(); ++k) {
    worst = std::max(worst, components_[k].likelihood->update_multipliers(penalty, *work.parts[k].scratch));
  }
  return worst;
}

std::string ProductLikelihood::explain(std::span<const double> point, const Scratch& scratch) const {
  const Work& work = static_cast<const Work&>(scratch);
  if (work.bad_parameter >= 0) {
    return explain_constraint(*this, point, static_cast<std::size_t>(work.bad_parameter));
  }
  std::string text;
  for (std::size_t k = 0; k < components_.size(); ++k) {
    if (work.bad_component >= 0 && k != static_cast<std::size_t>(work.bad_component)) continue;
    const Component& c = components_[k];
    const std::string own = c.likelihood->explain(point_of(c, point), *work.parts[k].scratch);
    if (!own.empty()) text += fmt::format("{}in '{}': {}", text.empty() ? "" : "; ", c.name, own);
  }
  if (text.empty() && work.is_too_large) text = "-ln L of the product is too large for a number";
  return text;
}

}  // namespace relume::model
