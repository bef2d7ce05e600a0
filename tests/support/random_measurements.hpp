// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Random measurements: every error model, alone and correlated, predictions from linear to entangled, tables.
#pragma once

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "relume/spec/publication.hpp"

namespace relume::test {

class RandomMeasurements {
 public:
  explicit RandomMeasurements(unsigned seed) : random_(seed), seed_(seed) {}

  double uniform(double a, double b) { return std::uniform_real_distribution<double>(a, b)(random_); }

  spec::SquareMatrix correlation(std::size_t n) {
    // Of a few random vectors and the identity: positive definite.
    std::vector<std::vector<double>> v(n, std::vector<double>(n + 1));
    for (auto& row : v) {
      for (double& x : row) x = uniform(-1.0, 1.0);
    }
    spec::SquareMatrix m{n, std::vector<double>(n * n)};
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        double dot = i == j ? 0.3 : 0.0, a = 0.3, b = 0.3;
        for (std::size_t k = 0; k <= n; ++k) {
          dot += v[i][k] * v[j][k];
          a += v[i][k] * v[i][k];
          b += v[j][k] * v[j][k];
        }
        m(i, j) = i == j ? 1.0 : dot / std::sqrt(a * b);
      }
    }
    return m;
  }

  spec::Measurements make() {
    using spec::ErrorModel;
    spec::Measurements m;
    m.poi = "mu";
    m.parameters = {{.name = "mu", .initial = 0.9},
                    {.name = "kappa", .initial = 1.1, .lower = 0.2, .upper = 3.0},
                    {.name = "theta", .initial = 0.1, .constraint = {{0.0, 1.0}}},
                    {.name = "eta", .initial = -0.2, .constraint = {{0.2, 0.5}}},
                    {.name = "held", .initial = 1.3, .is_fixed = true}};
    m.correlations = {{{"eta", "theta"}, {2, {1.0, 0.4, 0.4, 1.0}}}};
    m.definitions = {{"width", "0.75 * kappa^2 + 0.25 * held"}, {"ratio", "kappa^4 / width * (1 + 0.1 * theta)"}};
    const std::vector<std::string> predictions = {"mu",
                                                  "2 * mu - theta + 1",
                                                  "ratio",
                                                  "mu * ratio",
                                                  "exp(0.3 * eta) * kappa",
                                                  "sqrt(1 + mu^2) + 0.1 * eta * theta",
                                                  ""};
    const std::vector<ErrorModel> models = {ErrorModel::gaussian, ErrorModel::split_normal,
                                            ErrorModel::variable_gaussian_1, ErrorModel::variable_gaussian_2,
                                            ErrorModel::generalised_poisson};
    int number = 0;
    for (int g = 0; g < 3; ++g) {
      spec::MeasuredValues together;
      together.model = models[(seed_ + static_cast<unsigned>(g)) % models.size()];
      const std::size_t n = 1 + std::uniform_int_distribution<std::size_t>(0, 2)(random_);
      for (std::size_t i = 0; i < n; ++i) {
        const std::size_t which = std::uniform_int_distribution<std::size_t>(0, predictions.size() - 1)(random_);
        together.values.push_back({"value" + std::to_string(number++), uniform(0.8, 2.0), uniform(0.9, 1.6),
                                   uniform(0.9, 1.6), predictions[which], g == 0 ? uniform(0.0, 0.5) : 0.0});
      }
      if (n > 1 && uniform(0.0, 1.0) < 0.7) together.correlation = correlation(n);
      m.measured.push_back(together);
    }
    spec::LikelihoodGrid grid;
    grid.name = "scan";
    grid.axes = {{"x", "kappa^2", {0.0, 0.5, 1.0, 1.7, 2.0, 4.0, 9.0}}, {"y", "", {-2.0, 0.0, 1.0, 2.0, 3.0}}};
    for (const double x : grid.axes[0].points) {
      for (const double y : grid.axes[1].points) {
        grid.values.push_back(2.0 + (x - 1.0) * (x - 1.0) + 0.7 * (y - x) * (y - x) + 0.1 * std::sin(x + 2.0 * y));
      }
    }
    grid.interpolation = spec::LikelihoodGrid::Interpolation::cubic;
    if (seed_ % 2 == 0) m.grids.push_back(grid);
    return m;
  }

 private:
  std::mt19937 random_;
  unsigned seed_;
};

}  // namespace relume::test
