// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Questions about every parameter of a model: relume_impacts impacts|minos|scan WORKSPACE SECONDS
// impacts: four refits of every nuisance parameter (and two with the datum of its constraint moved). minos: the
// intervals of all parameters. scan: the profile likelihood at 21 values of the parameter of interest, from 0 to 2.
#include <cstdlib>
#include <functional>

#include "contender.hpp"
#include "relume/infer/impacts.hpp"
#include "relume/infer/intervals.hpp"
#include "relume/report/impacts.hpp"
#include "relume/report/intervals.hpp"

namespace {

using namespace relume;

spec::JsonObject answer(std::string_view question, const model::Compiled& model) {
  const model::Likelihood& likelihood = *model.likelihood;
  if (question == "impacts") return report::to_json(infer::impacts(likelihood, model.observed), likelihood);
  if (question == "scan") {
    std::vector<double> values;
    for (int i = 0; i <= 20; ++i) values.push_back(0.1 * i);
    return report::to_json(infer::scan(likelihood, model.observed, *likelihood.poi(), values), likelihood);
  }
  if (question != "minos") throw std::invalid_argument("QUESTION is impacts, minos or scan");
  std::vector<ParamId> parameters;
  for (std::size_t i = 0; i < likelihood.parameters().size(); ++i) {
    if (!likelihood.parameters()[i].is_fixed) parameters.push_back({i});
  }
  return report::to_json(infer::intervals(likelihood, model.observed, parameters), likelihood);
}

void run(std::string_view question, const char* file, double budget) {
  const model::Compiled model = benchmarks::read_model(file);
  benchmarks::Stopwatch watch;
  spec::JsonObject first = answer(question, model);
  const benchmarks::Elapsed once = watch.lap();
  benchmarks::say({{"event", "answer"}, {"seconds", once.cpu}, {"wall_s", once.wall}, {"document", std::move(first)}});
  benchmarks::say_repeats(benchmarks::repeat(budget, [&] { answer(question, model); }));
}

}  // namespace

int main(int argc, char** argv) {
  return benchmarks::contend(argc, argv, "QUESTION WORKSPACE SECONDS",
                             [&] { run(argv[1], argv[2], std::strtod(argv[3], nullptr)); });
}
