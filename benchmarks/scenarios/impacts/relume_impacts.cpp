// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Questions about every parameter of a model: relume_impacts impacts|minos|scan WORKSPACE SECONDS
// impacts: four refits of every nuisance parameter (and two with the datum of its constraint moved). minos: the
// intervals of all parameters. scan: the profile likelihood at 21 values of the parameter of interest, from 0 to 2.
#include <cstdlib>
#include <exception>
#include <functional>

#include "relume/formats/input.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "relume/infer/impacts.hpp"
#include "relume/infer/intervals.hpp"
#include "relume/model/histfactory.hpp"
#include "relume/report/impacts.hpp"
#include "relume/report/intervals.hpp"
#include "timing.hpp"

namespace {

using namespace relume;
using benchmarks::expect;

spec::JsonObject answer(std::string_view question, const model::Compiled& model) {
  const model::Likelihood& likelihood = *model.likelihood;
  if (question == "impacts") return report::to_json(infer::impacts(likelihood, model.observed), likelihood);
  if (question == "scan") {
    std::vector<double> values;
    for (int i = 0; i <= 20; ++i) values.push_back(0.1 * i);
    return report::to_json(infer::scan(likelihood, model.observed, *likelihood.poi(), values), likelihood);
  }
  std::vector<ParamId> parameters;
  for (std::size_t i = 0; i < likelihood.parameters().size(); ++i) {
    if (!likelihood.parameters()[i].is_fixed) parameters.push_back({i});
  }
  return report::to_json(infer::intervals(likelihood, model.observed, parameters), likelihood);
}

void run(std::string_view question, const char* file, double budget) {
  benchmarks::Stopwatch watch;
  const spec::Workspace workspace = expect(formats::read_workspace(expect(formats::read_input(file)), file));
  const benchmarks::Elapsed load = watch.lap();
  const model::Compiled model = expect(model::compile(workspace));
  const benchmarks::Elapsed compile = watch.lap();
  benchmarks::say({{"event", "ready"},
                   {"load_s", load.cpu},
                   {"compile_s", compile.cpu},
                   {"parameters", model.likelihood->parameters().size()}});
  watch.lap();
  spec::JsonObject first = answer(question, model);
  const benchmarks::Elapsed once = watch.lap();
  benchmarks::say({{"event", "answer"}, {"seconds", once.cpu}, {"wall_s", once.wall}, {"document", std::move(first)}});
  std::vector<benchmarks::Elapsed> times;
  const benchmarks::Stopwatch total;
  while (times.size() < 3 || total.elapsed().wall < budget) {
    watch.lap();
    answer(question, model);
    times.push_back(watch.lap());
  }
  benchmarks::say(
      {{"event", "repeats"}, {"seconds", benchmarks::cpu_seconds(times)}, {"wall_s", benchmarks::wall_seconds(times)}});
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view question = argc == 4 ? argv[1] : "";
  if (question != "impacts" && question != "minos" && question != "scan") {
    std::fprintf(stderr, "usage: %s impacts|minos|scan WORKSPACE SECONDS\n", argv[0]);
    return 1;
  }
  try {
    run(question, argv[2], std::strtod(argv[3], nullptr));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return 0;
}
