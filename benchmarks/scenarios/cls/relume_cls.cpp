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

void run(const char* file, double budget) {
  benchmarks::Stopwatch watch;
  const std::string bytes = expect(formats::read_input(file));
  const spec::Workspace workspace = expect(formats::read_workspace(bytes, file));
  const double load = watch.lap();
  const model::Compiled compiled = expect(model::compile(workspace));
  const double compile = watch.lap();
  benchmarks::say({{"event", "ready"},
                   {"load_s", load},
                   {"compile_s", compile},
                   {"parameters", compiled.likelihood->parameters().size()}});
  watch.lap();
  const infer::HypoTest test = infer::hypotest(*compiled.likelihood, compiled.observed, 1.0);
  const double first = watch.lap();
  if (!test.is_usable()) {
    benchmarks::say({{"event", "failed"}, {"seconds", first}, {"reason", test.reason}});
    return;
  }
  spec::JsonArray band;
  for (const infer::PValues& p : test.expected) band.emplace_back(p.cls);
  benchmarks::say({{"event", "answer"}, {"seconds", first}, {"cls", test.observed.cls}, {"band", std::move(band)}});

  std::vector<double> times;
  const benchmarks::Stopwatch total;
  while (times.empty() || (total.seconds() < budget && times.size() < max_repetitions)) {
    watch.lap();
    const infer::HypoTest again = infer::hypotest(*compiled.likelihood, compiled.observed, 1.0);
    times.push_back(watch.lap());
    if (again.observed.cls != test.observed.cls) throw std::runtime_error("a repetition gave another answer");
  }
  benchmarks::say({{"event", "repeats"}, {"seconds", benchmarks::to_array(times)}});
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
