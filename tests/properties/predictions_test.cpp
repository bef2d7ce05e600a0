// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Derivatives of predicted yields against differences, on random models with all modifiers.
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "relume/model/histfactory.hpp"
#include "support/random_workspace.hpp"

namespace relume {
namespace {

TEST(PredictionSlopes, AreThoseOfTheYields) {
  constexpr unsigned n_models = 300;
  std::size_t compared = 0;
  for (unsigned seed = 0; seed < n_models; ++seed) {
    test::RandomWorkspace random(seed);
    model::CompileOptions options;
    if (seed % 3 == 1) options.histosys = model::InterpolationCode::code0;
    if (seed % 3 == 1) options.normsys = model::InterpolationCode::code1;
    if (seed % 3 == 2) options.histosys = model::InterpolationCode::code2;
    if (seed % 4 == 3) options.clip_sample_data = 8.0;
    const auto compiled = std::move(model::compile(random.make(), options).value());
    const model::Likelihood& l = *compiled.likelihood;
    std::vector<double> point;
    for (const auto& p : l.parameters()) {
      double x = p.name.starts_with("alpha") ? random.uniform(-1.6, 1.6) : random.uniform(0.85, 1.2);
      if (p.name.starts_with("alpha") && (std::fabs(std::fabs(x) - 1.0) < 0.05 || std::fabs(x) < 0.05)) x = 0.5;
      point.push_back(x);
    }
    if (seed % 5 == 0) point[l.poi()->index] = 0.0;
    const model::PredictionSlopes slopes = l.prediction_slopes(point);
    const std::vector<double> yields = l.expected_by_sample(point);
    ASSERT_EQ(slopes.rows.size(), yields.size() + 1);
    ASSERT_EQ(slopes.rows.back(), slopes.slopes.size());
    for (std::size_t i = 0; i < point.size(); ++i) {
      constexpr double step = 1e-5;
      std::vector<double> up = point, down = point;
      up[i] += step;
      down[i] -= step;
      const auto above = l.expected_by_sample(up), below = l.expected_by_sample(down);
      for (std::size_t r = 0; r < yields.size(); ++r) {
        double slope = 0.0;
        for (std::size_t k = slopes.rows[r]; k < slopes.rows[r + 1]; ++k) {
          if (slopes.parameters[k] == i) slope += slopes.slopes[k];
        }
        const double wanted = (above[r] - below[r]) / (2.0 * step);
        const bool is_at_clip = options.clip_sample_data && std::fabs(yields[r] - *options.clip_sample_data) < 0.1;
        if (is_at_clip) continue;
        EXPECT_NEAR(slope, wanted, 1e-6 * (1.0 + std::fabs(wanted)))
            << "seed " << seed << ", " << l.parameters()[i].name;
        compared += slope != 0.0;
      }
    }
    // What likelihoods of others get without writing it.
    const model::PredictionSlopes usual = l.model::Likelihood::prediction_slopes(point);
    ASSERT_EQ(usual.rows.size(), slopes.rows.size());
    for (std::size_t r = 0; r < yields.size() && !options.clip_sample_data; ++r) {
      std::map<std::uint32_t, double> one, other;
      for (std::size_t k = slopes.rows[r]; k < slopes.rows[r + 1]; ++k) one[slopes.parameters[k]] += slopes.slopes[k];
      for (std::size_t k = usual.rows[r]; k < usual.rows[r + 1]; ++k) other[usual.parameters[k]] += usual.slopes[k];
      for (const auto& [parameter, slope] : one) {
        EXPECT_NEAR(slope, other[parameter], 1e-5 * (1.0 + std::fabs(slope)))
            << "seed " << seed << ", " << l.parameters()[parameter].name;
      }
    }
  }
  EXPECT_GT(compared, 10u * n_models);
}

}  // namespace
}  // namespace relume
