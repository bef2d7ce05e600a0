// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Free fit of a synthetic model: relume_large_fit BINS SAMPLES SHARED PER_BIN SHARE REPETITIONS
// covariance|uncertainties Prints one JSON line; the time counts only when the fit is certified and has what was asked
// for.
#include <algorithm>
#include <cstdlib>

#include <sys/resource.h>

#include "contender.hpp"
#include "relume/infer/fit.hpp"
#include "relume/model/histfactory.hpp"
#include "synthetic_model.hpp"

namespace {

using namespace relume;

void run(const benchmarks::SyntheticSize& size, int repetitions, bool with_covariance) {
  benchmarks::Stopwatch watch;
  spec::Workspace workspace = benchmarks::make_synthetic(size);
  const benchmarks::Elapsed build = watch.lap();
  const model::Compiled compiled = benchmarks::expect(model::compile(workspace));
  const benchmarks::Elapsed compile = watch.lap();
  workspace = {};  // its memory is not the fit's
  std::vector<benchmarks::Elapsed> times;
  infer::FitResult fit;
  for (int k = 0; k < repetitions; ++k) {
    fit = {};
    watch.lap();
    fit = infer::fit(*compiled.likelihood, compiled.observed, {.covariance = with_covariance});
    times.push_back(watch.lap());
  }
  std::sort(times.begin(), times.end(), [](const auto& a, const auto& b) { return a.cpu < b.cpu; });
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const bool is_complete = !fit.uncertainties.empty() && (!with_covariance || !fit.covariance.empty());
  benchmarks::say({{"event", "fit"},
                   {"parameters", compiled.likelihood->parameters().size()},
                   {"covariance", with_covariance},
                   {"build_s", build.cpu},
                   {"compile_s", compile.cpu},
                   {"fit_s", times[times.size() / 2].cpu},
                   {"fit_wall_s", times[times.size() / 2].wall},
                   {"fastest_s", times.front().cpu},
                   {"repetitions", repetitions},
                   {"iterations", fit.minimum.counts.iterations},
                   {"is_certified", fit.minimum.is_converged() && is_complete},
                   {"reason", fit.minimum.reason},
                   {"projected_gradient", fit.minimum.certificate.projected_gradient},
                   {"edm", fit.minimum.certificate.edm},
                   {"peak_MB", static_cast<double>(usage.ru_maxrss) * 1024e-6}});
}

}  // namespace

int main(int argc, char** argv) {
  return benchmarks::contend(argc, argv, "BINS SAMPLES SHARED PER_BIN SHARE REPETITIONS covariance|uncertainties", [&] {
    benchmarks::SyntheticSize size;
    size.bins = std::strtoul(argv[1], nullptr, 10);
    size.samples = std::strtoul(argv[2], nullptr, 10);
    size.shared_parameters = std::strtoul(argv[3], nullptr, 10);
    size.per_bin_parameters = std::strtoul(argv[4], nullptr, 10);
    size.share = std::strtod(argv[5], nullptr);
    run(size, std::max(1, std::atoi(argv[6])), std::string_view(argv[7]) == "covariance");
  });
}
