// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A Likelihood with its data, as the minimiser sees it.
#pragma once

#include <memory>
#include <vector>

#include "relume/minimize/objective.hpp"
#include "relume/model/likelihood.hpp"

namespace relume::infer {

class LikelihoodObjective final : public minimize::Objective {
 public:
  explicit LikelihoodObjective(const model::Likelihood& likelihood)
      : likelihood_(likelihood), scratch_(likelihood.make_scratch()) {
    for (const model::Parameter& p : likelihood.parameters()) {
      lower_.push_back(p.lower);
      upper_.push_back(p.upper);
      units_.push_back(p.prefit_sigma());
    }
    point_.resize(lower_.size());
  }

  void set_data(const model::Data& data) {
    data_ = &data;
    singular_.clear();
    for (const model::Parameter& p : likelihood_.parameters()) {
      // -m ln(gamma): without an auxiliary count nothing diverges.
      singular_.push_back(p.constraint.kind == model::ConstraintKind::poisson &&
                          data.values[p.constraint.data_index] > 0.0);
    }
  }

  std::size_t size() const override { return lower_.size(); }
  std::span<const double> lower() const override { return lower_; }
  std::span<const double> upper() const override { return upper_; }
  std::span<const double> units() const override { return units_; }
  std::span<const std::uint32_t> kinks() const override { return likelihood_.kinks(); }
  std::span<const std::uint32_t> two_sided() const override { return likelihood_.two_sided(); }
  std::span<const char> singular_at_zero() const override { return singular_; }
  const math::CurvatureLayout& layout() const override { return likelihood_.layout(); }
  minimize::Evaluation evaluate(std::span<const double> x, minimize::Derivatives derivatives,
                                const minimize::Relaxation& relaxation) override {
    std::copy(x.begin(), x.end(), point_.begin());
    return likelihood_.evaluate(x, *data_, derivatives, relaxation, *scratch_);
  }
  std::span<const double> gradient() const override { return scratch_->gradient; }
  const math::Curvature& curvature() const override { return scratch_->curvature; }
  void settle(std::span<double> x, std::span<const char> fixed) override {
    likelihood_.settle(x, *data_, fixed, *scratch_);
  }
  void reset_multipliers() override { likelihood_.reset_multipliers(*scratch_); }
  double update_multipliers(double penalty) override { return likelihood_.update_multipliers(penalty, *scratch_); }
  std::string explain() const override { return likelihood_.explain(point_, *scratch_); }

 private:
  const model::Likelihood& likelihood_;
  std::unique_ptr<model::Scratch> scratch_;
  const model::Data* data_ = nullptr;
  std::vector<double> lower_, upper_, units_, point_;
  std::vector<char> singular_;
};

}  // namespace relume::infer
