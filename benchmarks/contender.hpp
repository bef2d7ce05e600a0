// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What programs under harness/contender.py have in common: one JSON object per line on standard output.
//
//   int main(int argc, char** argv) {
//     return benchmarks::contend(argc, argv, "WORKSPACE SECONDS", [&] { run(argv[1], std::strtod(argv[2], nullptr));
//     });
//   }
#pragma once

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "relume/base/error.hpp"
#include "relume/formats/input.hpp"
#include "relume/formats/json.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "relume/model/histfactory.hpp"
#include "timing.hpp"

namespace relume::benchmarks {

/// Written at once: a contender that is stopped later has still said what it found.
inline void say(const spec::JsonObject& line) {
  std::puts(formats::write_json(line, {.indent = 0}).c_str());
  std::fflush(stdout);
}

inline spec::JsonArray cpu_seconds(const std::vector<Elapsed>& times) {
  spec::JsonArray values;
  for (const Elapsed& time : times) values.emplace_back(time.cpu);
  return values;
}
inline spec::JsonArray wall_seconds(const std::vector<Elapsed>& times) {
  spec::JsonArray values;
  for (const Elapsed& time : times) values.emplace_back(time.wall);
  return values;
}

/// Ends the program: input that the harness prepared is expected to be good.
template <class T>
T expect(Result<T> result) {
  if (!result) throw Exception(result.errors());
  return *std::move(result);
}

/// The model of a workspace; says when it is ready and what that took.
inline model::Compiled read_model(const char* file) {
  Stopwatch watch;
  const spec::Workspace workspace = expect(formats::read_workspace(expect(formats::read_input(file)), file));
  const Elapsed load = watch.lap();
  model::Compiled compiled = expect(model::compile(workspace));
  say({{"event", "ready"},
       {"load_s", load.cpu},
       {"compile_s", watch.lap().cpu},
       {"parameters", compiled.likelihood->parameters().size()}});
  return compiled;
}

/// Times of one `task` each, for about `budget` seconds of wall time but three times at least. `batch` tasks are timed
/// together: for those that are as short as reading the clock.
template <class Task>
std::vector<Elapsed> repeat(double budget, Task task, std::size_t batch = 1) {
  constexpr std::size_t fewest = 3, most = 2000;
  std::vector<Elapsed> times;
  const Stopwatch total;
  Stopwatch watch;
  while (times.size() < fewest || (total.elapsed().wall < budget && times.size() < most)) {
    watch.lap();
    for (std::size_t k = 0; k < batch; ++k) task();
    times.push_back(watch.lap() / static_cast<double>(batch));
  }
  return times;
}

inline void say_repeats(const std::vector<Elapsed>& times) {
  say({{"event", "repeats"}, {"seconds", cpu_seconds(times)}, {"wall_s", wall_seconds(times)}});
}

/// Runs the body of main where there are as many arguments as words in `usage`. Returns the exit code: 1 when there are
/// not, 2 when something is thrown.
template <class Body>
int contend(int argc, char** argv, std::string_view usage, Body body) {
  if (argc != 2 + std::count(usage.begin(), usage.end(), ' ')) {
    std::fprintf(stderr, "usage: %s %s\n", argv[0], std::string(usage).c_str());
    return 1;
  }
  try {
    body();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return 0;
}

}  // namespace relume::benchmarks
