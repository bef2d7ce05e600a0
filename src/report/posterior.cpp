// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/report/posterior.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "relume/report/json.hpp"
#include "relume/report/table.hpp"

namespace relume::report {

using infer::Posterior;
using infer::PosteriorChain;
using infer::PosteriorNumber;
using infer::PosteriorParameter;
using model::Likelihood;
using spec::Json;
using spec::JsonArray;
using spec::JsonObject;

namespace {

/// JSON has no NaN: what too few draws do not tell.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

void add(JsonObject& object, const std::string& name, const PosteriorNumber& n) {
  object.emplace_back(name, number(n.value));
  object.emplace_back(name + "_error", number(n.error));
}

JsonObject parameter_to_json(const PosteriorParameter& p, const Likelihood& likelihood) {
  JsonObject object;
  object.emplace_back("parameter", likelihood.parameters()[p.parameter.index].name);
  object.emplace_back("prior", p.prior);
  add(object, "mean", p.mean);
  object.emplace_back("sd", number(p.sd));
  add(object, "median", p.median);
  add(object, "lower", p.lower);
  add(object, "upper", p.upper);
  object.emplace_back("shortest", JsonArray{number(p.shortest_lower), number(p.shortest_upper)});
  object.emplace_back("r_hat", number(p.r_hat));
  object.emplace_back("ess_bulk", number(p.bulk_ess));
  object.emplace_back("ess_tail", number(p.tail_ess));
  return object;
}

JsonObject chain_to_json(const PosteriorChain& c) {
  JsonObject object;
  object.emplace_back("step_size", c.step_size);
  object.emplace_back("acceptance", c.acceptance);
  object.emplace_back("bfmi", number(c.bfmi));
  object.emplace_back("gradients_per_draw", c.mean_leapfrogs);
  object.emplace_back("n_divergent", c.n_divergent);
  object.emplace_back("n_at_edge", c.n_at_edge);
  object.emplace_back("n_cut", c.n_cut);
  return object;
}

/// A list per chain.
template <class At>
JsonArray by_chain(const Posterior& p, At&& at) {
  JsonArray chains;
  for (std::size_t c = 0; c < p.chains.size(); ++c) {
    JsonArray values;
    values.reserve(p.n_samples);
    for (std::size_t i = 0; i < p.n_samples; ++i) values.emplace_back(at(c, i));
    chains.emplace_back(std::move(values));
  }
  return chains;
}

std::string with_error(const PosteriorNumber& n) {
  return fmt::format("{} +- {}", format_number(n.value), std::isfinite(n.error) ? fmt::format("{:.1g}", n.error) : "-");
}

}  // namespace

JsonObject to_json(const Posterior& posterior, const Likelihood& likelihood, Draws draws) {
  const auto poi = likelihood.poi();
  JsonArray parameters, chains;
  for (const PosteriorParameter& p : posterior.parameters) parameters.emplace_back(parameter_to_json(p, likelihood));
  for (const PosteriorChain& c : posterior.chains) chains.emplace_back(chain_to_json(c));
  JsonObject object;
  object.emplace_back("poi", poi ? Json(likelihood.parameters()[poi->index].name) : Json(nullptr));
  object.emplace_back("level", posterior.level);
  const auto& limit = posterior.upper_limit;
  object.emplace_back("upper_limit", limit ? number(limit->value) : Json(nullptr));
  object.emplace_back("upper_limit_error", limit ? number(limit->error) : Json(nullptr));
  object.emplace_back("parameters", std::move(parameters));
  object.emplace_back("chains", std::move(chains));
  object.emplace_back("n_samples", posterior.n_samples);
  object.emplace_back("n_warmup", posterior.n_warmup);
  object.emplace_back("seed", posterior.seed);
  object.emplace_back("status", infer::to_string(posterior.status));
  object.emplace_back("reason", posterior.reason);
  object.emplace_back("notes", to_json(posterior.notes));
  object.emplace_back("seconds", posterior.seconds);
  object.emplace_back("sampling_seconds", posterior.sampling_seconds);
  if (draws == Draws::left_out) return object;
  JsonObject values;
  for (std::size_t k = 0; k < posterior.parameters.size(); ++k) {
    values.emplace_back(likelihood.parameters()[posterior.parameters[k].parameter.index].name,
                        by_chain(posterior, [&](std::size_t c, std::size_t i) { return posterior.draw(c, i, k); }));
  }
  object.emplace_back("draws", std::move(values));
  const auto of_draws = [&](const auto& list) {
    return by_chain(posterior, [&](std::size_t c, std::size_t i) { return list[c * posterior.n_samples + i]; });
  };
  JsonObject stats;
  stats.emplace_back("lp", of_draws(posterior.stats.log_density));
  stats.emplace_back("energy", of_draws(posterior.stats.energy));
  stats.emplace_back("acceptance_rate", of_draws(posterior.stats.acceptance));
  object.emplace_back("sample_stats", std::move(stats));
  return object;
}

std::string to_table(const Posterior& posterior, const Likelihood& likelihood) {
  Table head;
  const auto status = infer::to_string(posterior.status);
  head.add(
      {"status", posterior.reason.empty() ? std::string(status) : fmt::format("{}: {}", status, posterior.reason)});
  if (posterior.parameters.empty()) return head.text() + format_notes(posterior.notes);
  double gradients = 0.0;
  for (const PosteriorChain& c : posterior.chains) {
    gradients += c.mean_leapfrogs / static_cast<double>(posterior.chains.size());
  }
  head.add({"draws", fmt::format("{} chains of {}, after {} each of warm-up; {:.1f} gradients per draw",
                                 posterior.chains.size(), posterior.n_samples, posterior.n_warmup, gradients)});
  if (posterior.upper_limit) {
    head.add({"upper limit",
              fmt::format("{} < {} with probability {:g}", likelihood.parameters()[likelihood.poi()->index].name,
                          with_error(*posterior.upper_limit), posterior.level)});
  }
  const auto percent = [](double level) { return fmt::format("{:g} %", 100.0 * level); };
  const double tail = 0.5 * (1.0 - posterior.level);
  Table table(
      {"parameter", "mean", "sd", "median", percent(tail), percent(1.0 - tail), "R-hat", "bulk ESS", "tail ESS"});
  Table priors({"parameter", "prior"});
  for (const PosteriorParameter& p : posterior.parameters) {
    const std::string& name = likelihood.parameters()[p.parameter.index].name;
    table.add({name, with_error(p.mean), format_number(p.sd), format_number(p.median.value),
               format_number(p.lower.value), format_number(p.upper.value), fmt::format("{:.4f}", p.r_hat),
               fmt::format("{:.0f}", p.bulk_ess), fmt::format("{:.0f}", p.tail_ess)});
    priors.add({name, p.prior});
  }
  return head.text() + '\n' + table.text() + '\n' + priors.text() + format_notes(posterior.notes);
}

}  // namespace relume::report
