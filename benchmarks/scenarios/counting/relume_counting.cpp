// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Limits of many counting experiments: relume_counting POINTS SECONDS
// POINTS: one per line, observed, background, uncertainty, signal. Times are of the whole batch, with the band.
#include <cstdlib>
#include <fstream>

#include "contender.hpp"
#include "relume/reinterpret/counting.hpp"

namespace {

using namespace relume;

void run(const char* file, double budget) {
  benchmarks::Stopwatch watch;
  std::vector<reinterpret::CountingPoint> points;
  std::ifstream stream(file);
  for (reinterpret::CountingPoint p; stream >> p.observed >> p.background >> p.uncertainty >> p.signal;) {
    points.push_back(p);
  }
  benchmarks::say({{"event", "ready"}, {"load_s", watch.lap().cpu}, {"compile_s", 0.0}, {"points", points.size()}});
  watch.lap();
  const auto limits = reinterpret::counting_limits(points, {.asimov = infer::Asimov::a_priori});
  const benchmarks::Elapsed once = watch.lap();
  spec::JsonArray observed, expected;
  for (const auto& observed_limits = reinterpret::counting_limits(points); const auto& limit : observed_limits) {
    observed.emplace_back(limit.observed.value_or(-1.0));
  }
  for (const auto& limit : limits) {
    spec::JsonArray band;
    for (const auto& value : limit.expected) band.emplace_back(value.value_or(-1.0));
    expected.emplace_back(std::move(band));
  }
  benchmarks::say({{"event", "answer"},
                   {"seconds", once.cpu},
                   {"wall_s", once.wall},
                   {"observed", std::move(observed)},
                   {"expected", std::move(expected)}});
  constexpr std::size_t n = 100;  // the clock costs as much as a point
  benchmarks::say_repeats(benchmarks::repeat(
      budget, [&] { reinterpret::counting_limits(points); }, n));
}

}  // namespace

int main(int argc, char** argv) {
  return benchmarks::contend(argc, argv, "POINTS SECONDS", [&] { run(argv[1], std::strtod(argv[2], nullptr)); });
}
