// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Toys of a workspace at signal strength 1: relume_toys WORKSPACE TOYS_PER_HYPOTHESIS, in one thread.
#include <cstdlib>

#include "contender.hpp"
#include "relume/infer/toys.hpp"

namespace {

using namespace relume;

void run(const char* file, std::size_t n_toys) {
  const model::Compiled compiled = benchmarks::read_model(file);
  benchmarks::Stopwatch watch;
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
  return benchmarks::contend(argc, argv, "WORKSPACE TOYS_PER_HYPOTHESIS",
                             [&] { run(argv[1], std::strtoul(argv[2], nullptr, 10)); });
}
