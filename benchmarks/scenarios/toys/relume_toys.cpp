// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Toys of a workspace at signal strength 1: relume_toys WORKSPACE TOYS_PER_HYPOTHESIS, in one thread.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "relume/formats/input.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "relume/infer/toys.hpp"
#include "relume/model/histfactory.hpp"
#include "timing.hpp"

namespace {

using namespace relume;

void run(const char* file, std::size_t n_toys) {
  benchmarks::Stopwatch watch;
  const spec::Workspace workspace =
      benchmarks::expect(formats::read_workspace(benchmarks::expect(formats::read_input(file)), file));
  const benchmarks::Elapsed load = watch.lap();
  const model::Compiled compiled = benchmarks::expect(model::compile(workspace));
  const benchmarks::Elapsed compile = watch.lap();
  benchmarks::say({{"event", "ready"}, {"load_s", load.cpu}, {"compile_s", compile.cpu}});
  const infer::ToyTest test = infer::toy_test(*compiled.likelihood, compiled.observed, 1.0, {.n_toys = n_toys});
  const benchmarks::Elapsed toys = watch.lap();
  if (!test.is_usable()) {
    benchmarks::say({{"event", "failed"}, {"seconds", toys.cpu}, {"reason", test.reason}});
    return;
  }
  benchmarks::say({{"event", "answer"},
                   {"seconds", toys.cpu},
                   {"wall_s", toys.wall},
                   {"toys", 2 * n_toys},
                   {"failed", test.tested.n_failed + test.alternative.n_failed},
                   {"clsb", test.observed.clsb.value},
                   {"clb", test.observed.clb.value}});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s WORKSPACE TOYS_PER_HYPOTHESIS\n", argv[0]);
    return 1;
  }
  try {
    run(argv[1], std::strtoul(argv[2], nullptr, 10));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return 0;
}
