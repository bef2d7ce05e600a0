// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Bayesian posteriors.
#include "relume/infer/posterior.hpp"

#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "hypothesis_test.hpp"
#include "interrupt.hpp"
#include "model_input.hpp"
#include "output.hpp"
#include "picture.hpp"
#include "progress.hpp"
#include "relume/report/parameters.hpp"
#include "relume/report/posterior.hpp"

namespace relume::cli {
namespace {

/// --prior NAME=PRIOR, all problems at once.
std::vector<infer::Prior> priors(const Arguments& arguments, const model::Likelihood& likelihood) {
  std::vector<infer::Prior> list;
  Errors errors;
  for (const std::string& text : arguments.all(options::prior)) {
    const std::size_t sign = text.rfind('=');
    if (sign == std::string::npos) throw UsageError(fmt::format("--prior needs NAME=PRIOR, not '{}'", text));
    const auto id = report::find_parameter(likelihood, text.substr(0, sign));
    const auto prior = infer::prior_from_string(id ? *id : ParamId{}, std::string_view(text).substr(sign + 1));
    const std::size_t n_before = errors.size();
    if (!id) errors.insert(errors.end(), id.errors().begin(), id.errors().end());
    if (!prior) errors.insert(errors.end(), prior.errors().begin(), prior.errors().end());
    for (std::size_t k = n_before; k < errors.size(); ++k) errors[k].where = "--prior " + text;
    if (prior) list.push_back(*prior);
  }
  if (!errors.empty()) throw Exception(std::move(errors));
  return list;
}

infer::Posterior sample(const Model& model, infer::PosteriorOptions options) {
  std::atomic<std::size_t> n_done = 0;
  options.n_done = &n_done;
  ProgressBar progress(options.n_chains * (options.n_samples + options.n_warmup), "draws");
  const std::jthread watch([&](const std::stop_token& end) {
    while (!end.stop_requested()) {
      progress.set(n_done.load(std::memory_order_relaxed));
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  return infer::posterior(model.likelihood(), model.observed(), options);
}

}  // namespace

int run_posterior(const Arguments& arguments) {
  check_picture(arguments, "posterior");
  Input input = read_input(arguments, PatchsetUse::one_point);
  const Model model = build(std::move(input.publication), model_settings(arguments)).value();
  infer::PosteriorOptions options;
  options.fixed = model.fixed;
  options.priors = priors(arguments, model.likelihood());
  options.n_chains = static_cast<std::size_t>(arguments.integer(options::chains));
  options.n_samples = static_cast<std::size_t>(arguments.integer(options::samples));
  options.n_warmup = static_cast<std::size_t>(arguments.integer(options::warmup));
  options.seed = static_cast<std::uint64_t>(arguments.integer(options::draws_seed));
  options.threads = static_cast<int>(arguments.integer(options::jobs));
  options.level = arguments.number(options::posterior_level);
  options.target_acceptance = arguments.number(options::target_acceptance);
  options.stop = &catch_interrupts();
  infer::Posterior posterior = sample(model, options);
  std::vector<std::string>& notes = posterior.notes;
  notes.insert(notes.begin(), model.compiled.notices.begin(), model.compiled.notices.end());
  notes.insert(notes.begin(), input.notes.begin(), input.notes.end());
  const auto document = [&](bool with_draws) {
    return report::to_json(posterior, model.likelihood(), with_draws ? report::Draws::kept : report::Draws::left_out);
  };
  write_result(arguments, options::format, document(arguments.given(options::draws_values)),
               [&] { return report::to_table(posterior, model.likelihood()); });
  const int code = exit_code_of(posterior.status);
  return arguments.given(options::plot) ? draw_picture(arguments, "posterior", document(true), code) : code;
}

}  // namespace relume::cli
