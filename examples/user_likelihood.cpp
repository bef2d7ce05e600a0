// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <cmath>
#include <iostream>
#include <span>
#include <vector>

#include "relume/relume.hpp"

namespace model = relume::model;

//! [rates]
// Two bins; a resonance whose position is a parameter, and a background that knows each bin to 20 %.
struct Resonance {
  template <class T>
  void rates(std::size_t, std::span<const T> shared, std::span<const T> own, std::span<T> rates) const {
    using std::exp;
    const T strength = shared[0], mass = shared[1];
    for (std::size_t b = 0; b < rates.size(); ++b) {
      const T distance = (centre[b] - mass) / 10.0;
      rates[b] = background[b] * exp(0.2 * own[b]) + strength * exp(-0.5 * distance * distance);
    }
  }
  std::vector<double> centre, background;
};
//! [rates]

int main() {
  //! [model]
  const model::UserModel description = {
      .parameters = {{.name = "strength", .initial = 1.0, .lower = 0.0, .upper = 100.0},
                     {.name = "mass", .initial = 125.0, .constraint = model::UserConstraint::normal(125.0, 2.0)},
                     {.name = "eps", .constraint = model::UserConstraint::normal(), .size = 4}},
      .channels = {{.name = "SR",
                    .observed = {34.0, 31.0, 21.0, 12.0},
                    .shared = {"strength", "mass"},
                    .own = model::components("eps", 4)}},
      .poi = "strength"};
  const model::Compiled built =
      model::binned(Resonance{{110.0, 120.0, 130.0, 140.0}, {30.0, 22.0, 16.0, 12.0}}, description).value();
  const auto limit = relume::infer::upper_limit(*built.likelihood, built.observed);
  std::cout << relume::report::to_table(limit, *built.likelihood);
  //! [model]

  //! [value]
  // -ln L itself: two measurements, of x and of x^2 y.
  const auto value = [](auto p) {
    const auto first = (p[0] - 1.2) / 0.3, second = (p[0] * p[0] * p[1] - 2.0) / 0.5;
    return 0.5 * (first * first + second * second);
  };
  const model::Compiled measured =
      model::from_value({{.name = "x", .initial = 1.0}, {.name = "y", .initial = 1.0}}, value).value();
  const auto fit = relume::infer::fit(*measured.likelihood, measured.observed);
  std::cout << "y = " << fit.minimum.x[1] << " +- " << fit.uncertainties[1] << '\n';
  //! [value]
  return limit.is_usable() && fit.minimum.is_converged() ? 0 : 1;
}
