// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Asymptotic CLs at mu = 1 with expected band, model in memory: relume_cls WORKSPACE SECONDS
// Reads and compiles once, then repeats the test for about SECONDS. Contenders speak the protocol of
// harness/contender.py.
#include <cstdlib>
#include <exception>

#include "relume/formats/input.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/model/histfactory.hpp"
#include "timing.hpp"

namespace {

using namespace relume;
using benchmarks::expect;

constexpr std::size_t max_repetitions = 2000;
/// Tests are timed in batches of about this length, so that reading the clock costs nothing.
constexpr double batch_seconds = 1e-3;

void run(const char* file, double budget) {
  benchmarks::Stopwatch watch;
  const std::string bytes = expect(formats::read_input(file));
  const spec::Workspace workspace = expect(formats::read_workspace(bytes, file));
  const benchmarks::Elapsed load = watch.lap();
  const model::Compiled compiled = expect(model::compile(workspace));
  const benchmarks::Elapsed compile = watch.lap();
  benchmarks::say({{"event", "ready"}, {"load_s", load.cpu}, {"compile_s", compile.cpu}});
  watch.lap();
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
  std::vector<benchmarks::Elapsed> times;
  const benchmarks::Stopwatch total;
  while (times.empty() || (total.elapsed().wall < budget && times.size() < max_repetitions)) {
    watch.lap();
    for (std::size_t k = 0; k < batch; ++k) {
      const infer::HypoTest again = infer::hypotest(*compiled.likelihood, compiled.observed, 1.0);
      if (again.observed.cls != test.observed.cls) throw std::runtime_error("a repetition gave another answer");
    }
    times.push_back(watch.lap() / static_cast<double>(batch));
  }
  benchmarks::say(
      {{"event", "repeats"}, {"seconds", benchmarks::cpu_seconds(times)}, {"wall_s", benchmarks::wall_seconds(times)}});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s WORKSPACE SECONDS\n", argv[0]);
    return 1;
  }
  try {
    run(argv[1], std::strtod(argv[2], nullptr));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return 0;
}
