// SPDX-FileCopyrightText: relume authors
// SPDX-License-Identifier: BSD-3-Clause
#include "relume/report/goodness.hpp"

#include <cmath>

#include <fmt/format.h>

#include "relume/report/json.hpp"
#include "relume/report/table.hpp"
#include "report/result_ending.hpp"

namespace relume::report {

using infer::BinResidual;
using infer::ChannelStrength;
using infer::Compatibility;
using infer::Goodness;
using model::Likelihood;
using spec::Json;
using spec::JsonArray;
using spec::JsonObject;

namespace {

Json toys_to_json(const Goodness& g, ToyValues values) {
  if (g.toys.empty()) return nullptr;
  JsonObject toys;
  toys.emplace_back("n_toys", g.toys.size());
  toys.emplace_back("n_failed", g.n_failed);
  toys.emplace_back("seed", g.seed);
  toys.emplace_back("p_value", g.p_toys ? Json(g.p_toys->value) : Json(nullptr));
  toys.emplace_back("p_value_uncertainty", g.p_toys ? Json(g.p_toys->uncertainty) : Json(nullptr));
  toys.emplace_back("failures", to_json(g.failures));
  if (values == ToyValues::kept) {
    JsonArray list;
    for (const double t : g.toys) list.push_back(or_null(t, true));
    toys.emplace_back("t", std::move(list));
  }
  return toys;
}

JsonObject bin_to_json(const BinResidual& bin, const std::string& channel, std::size_t index) {
  JsonObject object;
  object.emplace_back("channel", channel);
  object.emplace_back("bin", index);
  object.emplace_back("observed", bin.observed);
  object.emplace_back("expected", bin.expected);
  object.emplace_back("uncertainty", or_null(bin.uncertainty));
  object.emplace_back("t", bin.t);
  object.emplace_back("residual", or_null(bin.residual));
  object.emplace_back("pull", or_null(bin.pull));
  return object;
}

/// Calls `visit(block name, index of the channel, bin in the channel, bin in all)` for each bin of the main data.
template <class Visit>
void for_each_bin(const Likelihood& likelihood, Visit&& visit) {
  std::size_t channel = 0, bin = 0;
  for (const model::DataBlock& block : likelihood.data_blocks()) {
    if (block.is_auxiliary) continue;
    for (std::size_t i = 0; i < block.size; ++i) visit(block.name, channel, i, bin++);
    ++channel;
  }
}

}  // namespace

JsonObject to_json(const Goodness& g, const Likelihood& likelihood, ToyValues values) {
  JsonArray channels, bins;
  if (!g.bins.empty()) {
    for_each_bin(likelihood, [&](const std::string& name, std::size_t channel, std::size_t i, std::size_t bin) {
      if (g.bins[bin].is_masked) return;
      bins.emplace_back(bin_to_json(g.bins[bin], name, i));
      if (i > 0) return;
      JsonObject entry;
      entry.emplace_back("name", name);
      entry.emplace_back("t", g.channels[channel].t);
      entry.emplace_back("n_bins", g.channels[channel].n_bins);
      channels.emplace_back(std::move(entry));
    });
  }
  const bool has_fit = !g.x.empty();
  JsonObject degrees;
  degrees.emplace_back("bins", g.n_bins);
  degrees.emplace_back("constraints", g.n_constraints);
  degrees.emplace_back("parameters", g.n_parameters);
  degrees.emplace_back("flat", g.n_flat);
  JsonObject object;
  object.emplace_back("t", or_null(g.t, has_fit));
  object.emplace_back("t_constraints", or_null(g.t_constraints, has_fit));
  object.emplace_back("degrees_of_freedom", has_fit ? Json(g.degrees) : Json(nullptr));
  object.emplace_back("counted", std::move(degrees));
  object.emplace_back("p_value", or_null(g.p_value));
  object.emplace_back("toys", toys_to_json(g, values));
  object.emplace_back("channels", std::move(channels));
  object.emplace_back("bins", std::move(bins));
  object.emplace_back("twice_nll", or_null(g.twice_nll, has_fit));
  add_ending(object, g);
  return object;
}

JsonObject to_json(const Compatibility& c, const Likelihood& separate, const std::string& parameter) {
  JsonArray channels;
  for (const ChannelStrength& channel : c.is_usable() ? c.channels : std::vector<ChannelStrength>{}) {
    JsonObject entry;
    entry.emplace_back("channel", channel.channel);
    entry.emplace_back("parameter", separate.parameters()[channel.parameter.index].name);
    entry.emplace_back("best", channel.best);
    entry.emplace_back("uncertainty", or_null(channel.uncertainty));
    channels.emplace_back(std::move(entry));
  }
  JsonObject object;
  object.emplace_back("parameter", parameter);
  object.emplace_back("best", or_null(c.best, c.is_usable()));
  object.emplace_back("uncertainty", or_null(c.uncertainty));
  object.emplace_back("channels", std::move(channels));
  object.emplace_back("t", or_null(c.t, c.is_usable()));
  object.emplace_back("degrees_of_freedom", c.is_usable() ? Json(c.degrees) : Json(nullptr));
  object.emplace_back("p_value", or_null(c.p_value));
  add_ending(object, c);
  return object;
}

std::string to_table(const Goodness& g, const Likelihood& likelihood) {
  Table head;
  head.add({"status", status_text(g)});
  if (g.x.empty()) return head.text() + format_notes(g.notes);
  head.add({"t", fmt::format("{:.6g} with {} degrees of freedom", g.t, g.degrees)});
  head.add(
      {"counted", fmt::format("{} bins + {} constraints - {} parameters{}", g.n_bins, g.n_constraints, g.n_parameters,
                              g.n_flat > 0 ? fmt::format(" + {} flat directions", g.n_flat) : "")});
  head.add({"p-value", fmt::format("{} (chi-squared)", format_number(g.p_value))});
  if (g.p_toys) {
    head.add({"", fmt::format("{:.4g} +- {:.1g} ({} toys)", g.p_toys->value, g.p_toys->uncertainty,
                              g.toys.size() - g.n_failed)});
  }
  Table channels({"channel", "t", "bins"});
  Table bins({"channel", "bin", "observed", "expected", "+-", "residual", "pull"});
  for_each_bin(likelihood, [&](const std::string& name, std::size_t channel, std::size_t i, std::size_t bin) {
    if (g.bins[bin].is_masked) return;
    if (i == 0) {
      channels.add({name, format_number(g.channels[channel].t), fmt::format("{}", g.channels[channel].n_bins)});
    }
    const BinResidual& b = g.bins[bin];
    const auto short_number = [](const std::optional<double>& x) {
      return x ? fmt::format("{:.2f}", *x) : std::string("-");
    };
    bins.add({name, fmt::format("{}", i), format_number(b.observed), format_number(b.expected),
              b.uncertainty ? fmt::format("{:.3g}", *b.uncertainty) : "-", short_number(b.residual),
              short_number(b.pull)});
  });
  channels.add({"constraints", format_number(g.t_constraints), ""});
  return head.text() + '\n' + channels.text() + '\n' + bins.text() + format_notes(g.notes);
}

std::string to_table(const Compatibility& c, const Likelihood& separate, const std::string& parameter) {
  Table head;
  head.add({"status", status_text(c)});
  if (!c.is_usable()) return head.text() + format_notes(c.notes);
  const auto with_uncertainty = [](double best, const std::optional<double>& uncertainty) {
    return fmt::format("{} +- {}", format_number(best), uncertainty ? fmt::format("{:.3g}", *uncertainty) : "-");
  };
  head.add({"t", fmt::format("{:.6g} with {} degrees of freedom", c.t, c.degrees)});
  head.add({"p-value", format_number(c.p_value)});
  head.add({parameter, with_uncertainty(c.best, c.uncertainty)});
  for (const ChannelStrength& channel : c.channels) {
    head.add(
        {separate.parameters()[channel.parameter.index].name, with_uncertainty(channel.best, channel.uncertainty)});
  }
  return head.text() + format_notes(c.notes);
}

}  // namespace relume::report
