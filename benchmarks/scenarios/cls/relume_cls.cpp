// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Asymptotic CLs at mu = 1 with expected band, model in memory: relume_cls WORKSPACE SECONDS
// Reads and compiles once, then repeats the test for about SECONDS. Contenders speak the protocol of
// harness/contender.py.
#include <cstdlib>

#include "contender.hpp"
#include "relume/infer/hypotest.hpp"

namespace {

using namespace relume;

/// Tests are timed in batches of about this length, so that reading the clock costs nothing.
constexpr double batch_seconds = 1e-3;

void run(const char* file, double budget) {
  const model::Compiled compiled = benchmarks::read_model(file);
  benchmarks::Stopwatch watch;
  const infer::HypoTest test = infer::hypotest(*compiled.likelihood, compiled.observed, 1.0);
  const benchmarks::Elapsed first = watch.lap();
  if (!test.is_usable()) {
    benchmarks::say({{"event", "failed"}, {"seconds", first.cpu}, {"reason", test.reason}});
    return;
  }
  spec::JsonArray band;
  for (const infer::PValues& p : test.expected) band.emplace_back(p.cls);
  benchmarks::say({{"event", "answer"},
                   {"seconds", first.cpu},
                   {"wall_s", first.wall},
                   {"cls", test.observed.cls},
                   {"band", std::move(band)}});

  const auto batch = static_cast<std::size_t>(batch_seconds / first.cpu) + 1;
  const auto again = [&] {
    const double cls = infer::hypotest(*compiled.likelihood, compiled.observed, 1.0).observed.cls;
    if (cls != test.observed.cls) throw std::runtime_error("a repetition gave another answer");
  };
  benchmarks::say_repeats(benchmarks::repeat(budget, again, batch));
}

}  // namespace

int main(int argc, char** argv) {
  return benchmarks::contend(argc, argv, "WORKSPACE SECONDS", [&] { run(argv[1], std::strtod(argv[2], nullptr)); });
}
