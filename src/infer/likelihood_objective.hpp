// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A Likelihood with its data, as the minimiser sees it. Parameters that act in masked channels alone have no room to
// move.
#pragma once

#include <cassert>
#include <memory>
#include <string>
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
    heavy_tails_.clear();
    std::uint32_t i = 0;
    for (const model::Parameter& p : likelihood_.parameters()) {
      const model::Constraint& c = p.constraint;
      if (c.kind == model::ConstraintKind::gamma_variance) {
        heavy_tails_.push_back(
            {i, data.values[c.data_index], data.values[c.variance_index], 2.0 * c.error_on_error * c.error_on_error});
      }
      ++i;
      // -m ln(gamma): without an auxiliary count nothing diverges.
      singular_.push_back(p.constraint.kind == model::ConstraintKind::poisson &&
                          data.values[p.constraint.data_index] > 0.0);
    }
    if (data.masked != masked_) hold_idle();
  }

  /// See Likelihood::idle_parameters.
  std::span<const std::uint32_t> idle() const { return idle_; }

  std::size_t size() const override { return lower_.size(); }
  std::span<const double> lower() const override { return lower_; }
  std::span<const double> upper() const override { return upper_; }
  std::span<const double> units() const override { return units_; }
  std::span<const std::uint32_t> kinks() const override { return likelihood_.kinks(); }
  std::span<const std::uint32_t> two_sided() const override { return likelihood_.two_sided(); }
  std::span<const minimize::HeavyTail> heavy_tails() const override { return heavy_tails_; }
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
  void hold_idle() {
    assert(likelihood_.has_channel_masks());
    assert(data_->masked.empty() || data_->masked.size() == likelihood_.channels().size());
    for (const std::uint32_t i : idle_) {
      lower_[i] = likelihood_.parameters()[i].lower;
      upper_[i] = likelihood_.parameters()[i].upper;
    }
    masked_ = data_->masked;
    idle_ = likelihood_.idle_parameters(*data_);
    for (const std::uint32_t i : idle_) lower_[i] = upper_[i] = likelihood_.parameters()[i].initial;
  }

  const model::Likelihood& likelihood_;
  std::unique_ptr<model::Scratch> scratch_;
  const model::Data* data_ = nullptr;
  std::vector<double> lower_, upper_, units_, point_;
  std::vector<char> singular_, masked_;
  std::vector<std::uint32_t> idle_;
  std::vector<minimize::HeavyTail> heavy_tails_;
};

/// "…, which act in masked channels only, were held at their initial values"; empty: there are none besides `fixed`.
inline std::string note_of_idle(const model::Likelihood& likelihood, const model::Data& data,
                                std::span<const char> fixed) {
  if (data.masked.empty()) return {};
  std::string names;
  std::size_t count = 0;
  for (const std::uint32_t i : likelihood.idle_parameters(data)) {
    if (fixed[i] != 0) continue;
    names += (count++ == 0 ? "'" : ", '") + likelihood.parameters()[i].name + "'";
  }
  if (count == 0) return {};
  return names + (count == 1 ? " acts in masked channels only, and was held at its initial value"
                             : " act in masked channels only, and were held at their initial values");
}

}  // namespace relume::infer
