// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Signals swapped on one background: relume_signals WORKSPACE PATCHSET SECONDS
// The background is read once. For each point of the patchset its patch is applied, the model compiled and the CLs of
// mu = 1 computed with its expected band, as `relume cls --patchset` does on one thread; passes repeat for about
// SECONDS. A second series starts every point from one background-only fit (infer::TestOptions::start).
#include <cstdlib>

#include "contender.hpp"
#include "relume/formats/input.hpp"
#include "relume/formats/json_patch.hpp"
#include "relume/formats/pyhf_json.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/model/histfactory.hpp"

namespace {

using namespace relume;
using benchmarks::expect;

struct Pass {
  benchmarks::Elapsed patch, compile, test;
  benchmarks::Elapsed total() const {
    benchmarks::Elapsed sum = patch;
    sum += compile;
    return sum += test;
  }
};

struct Answer {
  double cls = 0.0;
  bool is_usable = false;
};

/// A background-only fit of one signal's model: the start for all others. `model.likelihood` is null where there is
/// none.
struct Start {
  model::Compiled model;
  std::vector<double> point;
};

Pass run_pass(const spec::Workspace& background, const spec::PatchSet& patchset, const Start& start,
              std::vector<Answer>& answers, std::size_t& n_parameters) {
  Pass pass;
  benchmarks::Stopwatch watch;
  answers.clear();
  for (const spec::Patch& patch : patchset.patches) {
    watch.lap();
    const spec::Workspace workspace = expect(formats::apply_patch(background, patch.operations, patch.name));
    pass.patch += watch.lap();
    const model::Compiled compiled = expect(model::compile(workspace));
    pass.compile += watch.lap();
    Answer answer;
    if (compiled.likelihood->poi()) {
      infer::TestOptions options;
      if (start.model.likelihood) {
        options.start = infer::carry_point(*start.model.likelihood, start.point, *compiled.likelihood);
      }
      const infer::HypoTest test = infer::hypotest(*compiled.likelihood, compiled.observed, 1.0, options);
      answer = {test.observed.cls, test.is_usable()};
    }
    pass.test += watch.lap();
    answers.push_back(answer);
    n_parameters = compiled.likelihood->parameters().size();
  }
  return pass;
}

Start background_fit(const spec::Workspace& background, const spec::PatchSet& patchset) {
  for (const spec::Patch& patch : patchset.patches) {
    model::Compiled compiled =
        expect(model::compile(expect(formats::apply_patch(background, patch.operations, patch.name))));
    if (!compiled.likelihood->poi()) continue;
    infer::FitOptions options;
    options.fixed = {{*compiled.likelihood->poi(), 0.0}};
    options.uncertainties = false;
    infer::FitResult fit = infer::fit(*compiled.likelihood, compiled.observed, options);
    return {std::move(compiled), std::move(fit.minimum.x)};
  }
  return {};
}

spec::JsonObject series(const char* name, const spec::Workspace& background, const spec::PatchSet& patchset,
                        const Start& start, double budget) {
  std::vector<Answer> answers;
  std::vector<benchmarks::Elapsed> totals;
  Pass best;
  std::size_t n_parameters = 0;
  const benchmarks::Stopwatch total;
  while (totals.empty() || total.elapsed().wall < budget) {
    const Pass pass = run_pass(background, patchset, start, answers, n_parameters);
    totals.push_back(pass.total());
    if (totals.size() == 1 || pass.total().cpu < best.total().cpu) best = pass;
  }
  spec::JsonObject cls;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    cls.emplace_back(patchset.patches[i].name, answers[i].is_usable ? spec::Json(answers[i].cls) : spec::Json(nullptr));
  }
  const double n = static_cast<double>(answers.size());
  return {{"event", "series"},
          {"series", name},
          {"parameters", n_parameters},
          {"points", answers.size()},
          {"pass_seconds", benchmarks::cpu_seconds(totals)},
          {"pass_wall_s", benchmarks::wall_seconds(totals)},
          {"patch_s", best.patch.cpu / n},
          {"compile_s", best.compile.cpu / n},
          {"test_s", best.test.cpu / n},
          {"cls", std::move(cls)}};
}

void run(const char* workspace_file, const char* patchset_file, double budget) {
  const spec::Workspace background =
      expect(formats::read_workspace(expect(formats::read_input(workspace_file)), workspace_file));
  const spec::PatchSet patchset =
      expect(formats::read_patchset(expect(formats::read_input(patchset_file)), patchset_file));
  benchmarks::say(series("each from its initial values", background, patchset, {}, budget));
  benchmarks::say(series("warm start", background, patchset, background_fit(background, patchset), budget));
}

}  // namespace

int main(int argc, char** argv) {
  return benchmarks::contend(argc, argv, "WORKSPACE PATCHSET SECONDS",
                             [&] { run(argv[1], argv[2], std::strtod(argv[3], nullptr)); });
}
