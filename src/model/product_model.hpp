// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A product as it evaluates: its components without their constraints, whose numbers are carried over to where the
// product has them, and the constraints of the product itself. Nothing is counted twice and nothing is subtracted.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "relume/model/likelihood.hpp"

namespace relume::model {

/// A run of numbers that are copied as they are.
struct Run {
  std::size_t from = 0, to = 0, size = 0;
};

class Runs {
 public:
  void add(std::size_t from, std::size_t to, std::size_t size);
  void copy(const std::vector<double>& from, std::vector<double>& to) const noexcept;

 private:
  std::vector<Run> runs_;
};

struct Component {
  std::string name;
  std::shared_ptr<const Likelihood> likelihood;
  std::vector<std::uint32_t> parameters;  ///< of the product, one per parameter of the component
  std::vector<std::size_t> data;          ///< the same for its data
  std::size_t first_channel = 0;
  std::size_t first_row = 0, first_coupling = 0, first_pair = 0;
  /// What the component eliminates row by row and the product cannot: shared with others, or correlated with them.
  std::vector<char> is_demoted;
  Runs jacobian, private_slope, coupling_values, product_columns, dense;
  Runs slope_to_jacobian;     ///< slopes of demoted parameters are columns now
  Runs jacobian_to_coupling;  ///< and couplings through the whole Jacobian then have matrices of their own
};

/// Appends the layout of a component, whose `parameters` and `is_demoted` are set, to that of the product; sets where
/// its numbers go. What the offsets of rows say is for the caller, when all are there.
void append_layout(Component& component, math::CurvatureLayout& layout);

class ProductLikelihood final : public Likelihood {
 public:
  std::unique_ptr<Scratch> make_scratch() const override;
  math::Evaluation evaluate(std::span<const double> point, const Data& data, math::Derivatives derivatives,
                            const math::Relaxation& relaxation, Scratch& scratch) const noexcept override;
  bool has_channel_masks() const override;
  std::vector<std::uint32_t> idle_parameters(const Data& data) const override;
  Constants constants(const Data& data) const override;
  std::string why_no_expected_data() const override;
  std::string why_no_toys() const override;
  bool peaks_at_expected_data() const override;
  Data expected_data(std::span<const double> point) const override;
  std::vector<double> expected_by_sample(std::span<const double> point) const override;
  PredictionSlopes prediction_slopes(std::span<const double> point) const override;
  std::vector<double> yield_gradient(std::span<const double> point, const Data& data, Scratch& scratch) const override;
  void fluctuate(const Data& expected, const RandomKey& key, Data& toy) const override;
  void settle(std::span<double> point, const Data& data, std::span<const char> fixed,
              Scratch& scratch) const noexcept override;
  void reset_multipliers(Scratch& scratch) const override;
  double update_multipliers(double penalty, Scratch& scratch) const override;
  std::string explain(std::span<const double> point, const Scratch& scratch) const override;

  struct Part;
  struct Work;

 private:
  std::vector<double> point_of(const Component& component, std::span<const double> point) const;
  Data data_of(const Component& component, const Data& data) const;
  void carry_curvature(const Component& component, const math::Curvature& from, math::Curvature& to) const noexcept;

  std::vector<Component> components_;

  friend struct ProductCompiler;
};

}  // namespace relume::model
