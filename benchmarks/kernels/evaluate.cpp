// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <array>
#include <stdexcept>

#include <benchmark/benchmark.h>

#include "kernels.hpp"
#include "relume/infer/fit.hpp"

namespace relume::benchmarks {
namespace {

/// A step of this many pre-fit sigma: inside |alpha| < 1, where interpolation is a polynomial, as it is for most of a
/// fit.
constexpr double step = 0.3;

/// Two points, taken in turn: an evaluation that remembered the last point would otherwise look too good.
std::array<std::vector<double>, 2> points(const model::Likelihood& likelihood) {
  std::array<std::vector<double>, 2> result;
  for (std::size_t k = 0; k < result.size(); ++k) {
    result[k] = infer::initial_point(likelihood);
    for (std::size_t i = 0; i < result[k].size(); ++i) {
      const model::Parameter& p = likelihood.parameters()[i];
      if (p.is_fixed) continue;
      const double width = p.prefit_sigma() > 0.0 ? p.prefit_sigma() : 0.1;
      result[k][i] = std::clamp(result[k][i] + (i % 2 == k ? step : 0.5 * step) * width, p.lower, p.upper);
    }
  }
  return result;
}

void evaluate(benchmark::State& state, const KernelInput& input, math::Derivatives derivatives) {
  const model::Likelihood& likelihood = *input.compiled.likelihood;
  const auto scratch = likelihood.make_scratch();
  const auto x = points(likelihood);
  std::size_t k = 0;
  for (auto _ : state) {
    const math::Evaluation e = likelihood.evaluate(x[k], input.compiled.observed, derivatives, {}, *scratch);
    if (e.status != math::EvaluationStatus::ok) state.SkipWithError("outside of the domain");
    benchmark::DoNotOptimize(e.value);
    benchmark::ClobberMemory();
    k = 1 - k;
  }
}

}  // namespace

void register_evaluate(const std::shared_ptr<const KernelInput>& input) {
  const std::pair<const char*, math::Derivatives> kinds[] = {{"value", math::Derivatives::none},
                                                             {"gradient", math::Derivatives::gradient},
                                                             {"curvature", math::Derivatives::curvature}};
  for (const auto& [name, derivatives] : kinds) {
    benchmark::RegisterBenchmark((std::string(name) + "/" + input->name).c_str(),
                                 [input, d = derivatives](benchmark::State& state) { evaluate(state, *input, d); });
  }
}

}  // namespace relume::benchmarks
