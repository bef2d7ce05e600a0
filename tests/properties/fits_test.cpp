// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Fits of random models with more nuisance parameters than bins, from small counts to large ones. Beyond 1e9 events it
// is the rounding of the rates that decides whether the gradient comes below its limit, and with it compiler and
// machine.
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "relume/infer/fit.hpp"
#include "relume/model/histfactory.hpp"

namespace relume {
namespace {

/// Six one-bin channels of about `size` events, observed 10 % off, with 40 normalisation effects of up to 25 % each.
spec::Workspace many_effects(unsigned seed, double size) {
  std::mt19937 random(seed);
  const auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  std::normal_distribution<double> spread(1.0, 0.1);
  spec::Workspace w;
  w.measurements = {{"measurement", "mu", {}}};
  for (int c = 0; c < 6; ++c) {
    const std::string name = "channel" + std::to_string(c);
    const double nominal = size * uniform(0.3, 1.0);
    spec::Sample background{"background", {nominal}};
    for (int k = 0; k < 40; ++k) {
      background.modifiers.push_back({"effect" + std::to_string(k), spec::ModifierType::normsys,
                                      spec::NormSysData{1.0 + uniform(-0.25, 0.25), 1.0 + uniform(-0.25, 0.25)}});
    }
    background.modifiers.push_back({"stat" + name, spec::ModifierType::staterror, spec::Numbers{0.01 * nominal}});
    const spec::Sample signal{"signal", {0.01 * size * uniform(0.0, 1.0)}, {{"mu", spec::ModifierType::normfactor}}};
    w.channels.push_back({name, {background, signal}});
    w.observations.push_back({name, {std::round(nominal * spread(random))}});
  }
  return w;
}

TEST(Fits, OfCountsOfAnySizeAreCertified) {
  constexpr unsigned n_models = 25;
  for (const double size : {1e2, 1e5, 1e8, 1e9}) {
    for (unsigned seed = 0; seed < n_models; ++seed) {
      const model::Compiled compiled = std::move(model::compile(many_effects(seed, size)).value());
      infer::FitOptions options;
      options.uncertainties = false;
      const minimize::Minimum m = infer::fit(*compiled.likelihood, compiled.observed, options).minimum;
      EXPECT_TRUE(m.is_converged()) << size << " events, seed " << seed << ": " << m.reason << ", projected gradient "
                                    << m.certificate.projected_gradient;
    }
  }
}

}  // namespace
}  // namespace relume
