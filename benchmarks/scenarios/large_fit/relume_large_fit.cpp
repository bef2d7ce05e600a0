// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Free fit with covariance of a synthetic model: relume_large_fit BINS SAMPLES SHARED PER_BIN SHARE [REPETITIONS]
// Prints one JSON line; the time counts only when the fit is certified and has a covariance.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <sys/resource.h>

#include "relume/infer/fit.hpp"
#include "relume/model/histfactory.hpp"
#include "synthetic_model.hpp"

int main(int argc, char** argv) {
  using Clock = std::chrono::steady_clock;
  if (argc < 6) {
    std::fprintf(stderr, "usage: %s BINS SAMPLES SHARED PER_BIN SHARE [REPETITIONS]\n", argv[0]);
    return 1;
  }
  relume::benchmarks::SyntheticSize size;
  size.bins = std::strtoul(argv[1], nullptr, 10);
  size.samples = std::strtoul(argv[2], nullptr, 10);
  size.shared_parameters = std::strtoul(argv[3], nullptr, 10);
  size.per_bin_parameters = std::strtoul(argv[4], nullptr, 10);
  size.share = std::strtod(argv[5], nullptr);
  const int repetitions = argc > 6 ? std::atoi(argv[6]) : 3;
  const auto seconds = [](Clock::time_point from) {
    return std::chrono::duration<double>(Clock::now() - from).count();
  };

  auto begin = Clock::now();
  relume::spec::Workspace workspace = relume::benchmarks::make_synthetic(size);
  const double build = seconds(begin);
  begin = Clock::now();
  auto compiled = relume::model::compile(workspace);
  if (!compiled) {
    std::fprintf(stderr, "%s\n", relume::to_string(compiled.errors()).c_str());
    return 2;
  }
  const double compile = seconds(begin);
  workspace = {};
  const auto& likelihood = *compiled->likelihood;
  std::vector<double> times;
  relume::infer::FitResult fit;
  for (int k = 0; k < repetitions; ++k) {
    begin = Clock::now();
    fit = relume::infer::fit(likelihood, compiled->observed);
    times.push_back(seconds(begin));
  }
  std::sort(times.begin(), times.end());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const bool good = fit.minimum.is_converged() && !fit.uncertainties.empty();
  std::printf(
      "{\"event\": \"fit\", \"bins\": %zu, \"samples\": %zu, \"parameters\": %zu, \"share\": %g, \"build_s\": %.3f, "
      "\"compile_s\": %.3f, "
      "\"fit_s\": %.4f, \"fit_min_s\": %.4f, \"iterations\": %d, \"certified\": %s, \"projected_gradient\": %.2g, "
      "\"edm\": %.2g, \"peak_MB\": %.0f}\n",
      size.bins, size.samples, likelihood.parameters().size(), size.share, build, compile, times[times.size() / 2],
      times.front(), fit.minimum.counts.iterations, good ? "true" : "false", fit.minimum.certificate.projected_gradient,
      fit.minimum.certificate.edm, static_cast<double>(usage.ru_maxrss) / 1024.0);
  return good ? 0 : 3;
}
