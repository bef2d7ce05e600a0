// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// User code may fail: a likelihood that does at some points, or on some data.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "relume/model/likelihood.hpp"

namespace relume::test {

class FailsWhere final : public model::Likelihood {
 public:
  using Condition = std::function<bool(std::span<const double> point, const model::Data& data)>;

  FailsWhere(const model::Likelihood& other, std::string explanation, Condition fails)
      : model::Likelihood(other), other_(other), explanation_(std::move(explanation)), fails_(std::move(fails)) {}
  std::unique_ptr<model::Scratch> make_scratch() const override { return other_.make_scratch(); }
  math::Evaluation evaluate(std::span<const double> point, const model::Data& data, math::Derivatives derivatives,
                            const math::Relaxation& relaxation, model::Scratch& scratch) const noexcept override {
    if (fails_(point, data)) return {math::EvaluationStatus::not_finite, 0.0, 0.0};
    return other_.evaluate(point, data, derivatives, relaxation, scratch);
  }
  model::Constants constants(const model::Data& data) const override { return other_.constants(data); }
  model::Data expected_data(std::span<const double> point) const override { return other_.expected_data(point); }
  void fluctuate(const model::Data& expected, const model::RandomKey& key, model::Data& toy) const override {
    other_.fluctuate(expected, key, toy);
  }
  void reset_multipliers(model::Scratch& scratch) const override { other_.reset_multipliers(scratch); }
  double update_multipliers(double penalty, model::Scratch& scratch) const override {
    return other_.update_multipliers(penalty, scratch);
  }
  std::string explain(std::span<const double>, const model::Scratch&) const override { return explanation_; }

 private:
  const model::Likelihood& other_;
  std::string explanation_;
  Condition fails_;
};

}  // namespace relume::test
