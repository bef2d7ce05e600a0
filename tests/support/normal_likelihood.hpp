// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// One measured value y +- sigma of mu + theta, theta constrained to 0 +- width: everything about it is known in closed
// form, and nothing of it comes from a workspace.
#pragma once

#include <cmath>
#include <memory>
#include <numbers>
#include <span>
#include <string>

#include "math/random_stream.hpp"
#include "relume/model/constraint_terms.hpp"
#include "relume/model/likelihood.hpp"

namespace relume::test {

class NormalLikelihood final : public model::Likelihood {
 public:
  NormalLikelihood(double sigma, double width) : sigma_(sigma) {
    parameters_ = {{.name = "mu", .initial = 0.0, .lower = -100.0, .upper = 100.0, .is_fixed = false, .constraint = {}},
                   {.name = "theta",
                    .initial = 0.0,
                    .lower = -100.0,
                    .upper = 100.0,
                    .is_fixed = false,
                    .constraint = {.kind = model::ConstraintKind::normal, .data_index = 1, .width = width}}};
    parameter_sets_ = {{"mu", 0, 1, true}, {"theta", 1, 1, true}};
    data_blocks_ = {{"y", model::BlockKind::reals, 0, 1, false}, {"theta", model::BlockKind::reals, 1, 1, true}};
    channels_ = {{"y", 0, 1, {}}};
    poi_ = ParamId{0};
    n_data_ = 2;
    layout_.n_parameters = 2;
    layout_.private_of_parameter = {-1, -1};
    layout_.row_privates = layout_.row_couplings = layout_.row_pairs = {0};
    layout_.dense_blocks = {{{0, 1}, 0}};
    layout_.dense_size = 4;
  }
  std::unique_ptr<model::Scratch> make_scratch() const override { return std::make_unique<model::Scratch>(layout_); }
  math::Evaluation evaluate(std::span<const double> x, const model::Data& data, math::Derivatives derivatives,
                            const math::Relaxation&, model::Scratch& scratch) const noexcept override {
    const auto constraints = model::add_constraint_terms(*this, x, data, derivatives, scratch);
    const double pull = (x[0] + x[1] - data.values[0]) / sigma_;
    for (double& g : scratch.gradient) g += pull / sigma_;
    scratch.curvature.dense_exact.assign(4, 1.0 / (sigma_ * sigma_));
    scratch.curvature.dense_safe = scratch.curvature.dense_exact;
    return {math::EvaluationStatus::ok, constraints.value + 0.5 * pull * pull, 0.5 * pull * pull};
  }
  model::Constants constants(const model::Data& data) const override {
    return {std::log(sigma_) + 0.5 * std::log(2.0 * std::numbers::pi), model::constraint_constant(*this, data)};
  }
  model::Data expected_data(std::span<const double> x) const override { return {.values = {x[0] + x[1], x[1]}}; }
  void fluctuate(const model::Data& expected, const model::RandomKey& key, model::Data& toy) const override {
    toy = expected;
    math::RandomStream stream = math::RandomSpace(key.seed, key.stream).at(key.index, 0);
    toy.values[0] = math::draw_normal(expected.values[0], sigma_, stream);
    model::fluctuate_auxiliary(*this, expected, key, toy);
  }
  void reset_multipliers(model::Scratch&) const override {}
  double update_multipliers(double, model::Scratch&) const override { return 0.0; }
  std::string explain(std::span<const double>, const model::Scratch&) const override { return {}; }

 private:
  double sigma_;
};

}  // namespace relume::test
