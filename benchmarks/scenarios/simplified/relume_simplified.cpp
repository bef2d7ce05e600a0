// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The limit of a simplified likelihood with its band: relume_simplified LIKELIHOOD SIGNAL SECONDS
#include <cstdlib>

#include "contender.hpp"
#include "relume/edit/as_workspace.hpp"
#include "relume/edit/signal.hpp"
#include "relume/formats/input.hpp"
#include "relume/formats/publication_json.hpp"
#include "relume/formats/signal_json.hpp"
#include "relume/infer/hypotest.hpp"
#include "relume/model/histfactory.hpp"

namespace {

using namespace relume;
using benchmarks::expect;

void run(const char* likelihood_file, const char* signal_file, double budget) {
  benchmarks::Stopwatch watch;
  const spec::Publication publication =
      expect(formats::read_likelihood(expect(formats::read_input(likelihood_file)), likelihood_file));
  const spec::Signal signal = expect(formats::read_signal(expect(formats::read_input(signal_file)), signal_file));
  const benchmarks::Elapsed load = watch.lap();
  const auto converted = expect(edit::as_workspace(std::get<spec::SimplifiedLikelihood>(publication.value)));
  const benchmarks::Elapsed convert = watch.lap();
  const model::Compiled model = expect(model::compile(expect(edit::add_signal(converted.workspace, signal))));
  benchmarks::say({{"event", "ready"},
                   {"load_s", load.cpu},
                   {"convert_s", convert.cpu},
                   {"compile_s", watch.lap().cpu},
                   {"parameters", model.likelihood->parameters().size()}});
  watch.lap();
  const infer::Limit limit = infer::upper_limit(*model.likelihood, model.observed);
  const benchmarks::Elapsed once = watch.lap();
  if (!limit.is_usable()) {
    return benchmarks::say({{"event", "failed"}, {"seconds", once.cpu}, {"reason", limit.reason}});
  }
  spec::JsonArray band;
  for (const auto& value : limit.expected) band.emplace_back(*value);
  benchmarks::say({{"event", "answer"},
                   {"seconds", once.cpu},
                   {"wall_s", once.wall},
                   {"observed", *limit.observed},
                   {"expected", std::move(band)},
                   {"mu_hat", limit.mu_hat},
                   {"n_fits", limit.n_fits}});
  const auto times = benchmarks::repeat(budget, [&] { infer::upper_limit(*model.likelihood, model.observed); });
  // What the peers are asked: the observed limit alone.
  const infer::LimitOptions alone{.expected = false};
  const auto times_alone =
      benchmarks::repeat(budget, [&] { infer::upper_limit(*model.likelihood, model.observed, alone); });
  const infer::Limit observed_alone = infer::upper_limit(*model.likelihood, model.observed, alone);
  benchmarks::say({{"event", "observed_alone"},
                   {"observed", *observed_alone.observed},
                   {"seconds", benchmarks::cpu_seconds(times_alone)}});
  benchmarks::say_repeats(times);
}

}  // namespace

int main(int argc, char** argv) {
  return benchmarks::contend(argc, argv, "LIKELIHOOD SIGNAL SECONDS",
                             [&] { run(argv[1], argv[2], std::strtod(argv[3], nullptr)); });
}
