// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A likelihood that was published at its observed data alone: nothing may ask it for other data.
#pragma once

#include <memory>
#include <span>
#include <string>

#include <gtest/gtest.h>

#include "relume/model/likelihood.hpp"

namespace relume::test {

class Frozen final : public model::Likelihood {
 public:
  explicit Frozen(const model::Likelihood& other) : model::Likelihood(other), other_(other) {}
  std::unique_ptr<model::Scratch> make_scratch() const override { return other_.make_scratch(); }
  math::Evaluation evaluate(std::span<const double> point, const model::Data& data, math::Derivatives derivatives,
                            const math::Relaxation& relaxation, model::Scratch& scratch) const noexcept override {
    return other_.evaluate(point, data, derivatives, relaxation, scratch);
  }
  model::Constants constants(const model::Data& data) const override { return other_.constants(data); }
  std::string why_no_expected_data() const override { return "published at observed data only"; }
  model::Data expected_data(std::span<const double>) const override {
    ADD_FAILURE() << "expected data were asked for";
    return {};
  }
  void fluctuate(const model::Data&, const model::RandomKey&, model::Data&) const override {
    ADD_FAILURE() << "toy data were asked for";
  }
  void reset_multipliers(model::Scratch& scratch) const override { other_.reset_multipliers(scratch); }
  double update_multipliers(double penalty, model::Scratch& scratch) const override {
    return other_.update_multipliers(penalty, scratch);
  }
  std::string explain(std::span<const double> point, const model::Scratch& scratch) const override {
    return other_.explain(point, scratch);
  }

 private:
  const model::Likelihood& other_;
};

}  // namespace relume::test
