// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Reads, fits and tests a model with only what is installed, without any other library in sight.
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <span>
#include <string_view>

#include "relume/relume.hpp"

namespace {

constexpr std::string_view two_bins = R"({
  "channels": [{"name": "singlechannel", "samples": [
    {"name": "signal", "data": [12.0, 11.0], "modifiers": [{"name": "mu", "type": "normfactor", "data": null}]},
    {"name": "background", "data": [50.0, 52.0],
     "modifiers": [{"name": "uncorr_bkguncrt", "type": "shapesys", "data": [3.0, 7.0]}]}]}],
  "observations": [{"name": "singlechannel", "data": [51.0, 48.0]}],
  "measurements": [{"name": "Measurement", "config": {"poi": "mu", "parameters": []}}],
  "version": "1.0.0"})";

// pyhf 0.7.6, hypotest(1.0, ...) of this model.
constexpr double expected_cls = 0.0525149705;

/// The same model as a user's own likelihood.
struct TwoBins {
  template <class T>
  void rates(std::size_t, std::span<const T> shared, std::span<const T> own, std::span<T> out) const {
    out[0] = shared[0] * 12.0 + own[0] * 50.0;
    out[1] = shared[0] * 11.0 + own[1] * 52.0;
  }
};

relume::model::Compiled users_own() {
  using relume::model::UserConstraint;
  return relume::model::binned(TwoBins{}, {.parameters = {{.name = "mu", .initial = 1.0, .lower = 0.0, .upper = 10.0},
                                                          {.name = "gamma_0",
                                                           .initial = 1.0,
                                                           .lower = 1e-10,
                                                           .upper = 10.0,
                                                           .constraint = UserConstraint::poisson(50.0 * 50.0 / 9.0)},
                                                          {.name = "gamma_1",
                                                           .initial = 1.0,
                                                           .lower = 1e-10,
                                                           .upper = 10.0,
                                                           .constraint = UserConstraint::poisson(52.0 * 52.0 / 49.0)}},
                                           .channels = {{.name = "singlechannel",
                                                         .observed = {51.0, 48.0},
                                                         .shared = {"mu"},
                                                         .own = {"gamma_0", "gamma_1"}}},
                                           .poi = "mu"})
      .value();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || relume::version() != std::string_view(argv[1])) {
    std::cerr << "expected another version than " << relume::version() << '\n';
    return EXIT_FAILURE;
  }
  try {
    const auto workspace = relume::formats::read_workspace(two_bins, "two_bins").value();
    const auto compiled = relume::model::compile(workspace).value();
    const auto fit = relume::infer::fit(*compiled.likelihood, compiled.observed);
    const auto test = relume::infer::hypotest(*compiled.likelihood, compiled.observed, 1.0);
    std::cout << "relume " << relume::version() << ": -2 ln L = " << fit.twice_nll << ", CLs = " << test.observed.cls
              << '\n';
    const auto own = users_own();
    const auto again = relume::infer::hypotest(*own.likelihood, own.observed, 1.0);
    const auto is_expected = [](const relume::infer::HypoTest& t) {
      return t.is_usable() && std::abs(t.observed.cls - expected_cls) < 1e-6;
    };
    const bool agrees = is_expected(test) && is_expected(again);
    return fit.minimum.is_usable() && agrees ? EXIT_SUCCESS : EXIT_FAILURE;
  } catch (const relume::Exception& problem) {
    std::cerr << problem.what() << '\n';
    return EXIT_FAILURE;
  }
}
